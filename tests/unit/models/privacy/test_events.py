"""Events are data that never change meaning."""

from __future__ import annotations

import subprocess
import sys

import pytest

from models.privacy.errors import OtherRelation, OtherUnit, UnknownEvent
from models.privacy.events import Event, decode, encode
from models.privacy.kinds import (
    Composed,
    DiscreteGaussian,
    Exponential,
    Gaussian,
    Mechanism,
    NoisyHistogram,
    ReportNoisyMax,
    SelfComposed,
    SubsampledGaussian,
    Zcdp,
)
from models.privacy.neighbours import Adjacency, Unit

# Ledgers hold such bytes. If a line here has to change, the change is wrong: add a kind.
STORED: list[tuple[Mechanism, bytes]] = [
    (Gaussian(1.5), b'{"kind":"gaussian","noise_multiplier":1.5}'),
    (DiscreteGaussian(4, 9.0), b'{"kind":"discrete-gaussian","squared_sensitivity":4,"variance":9.0}'),
    (NoisyHistogram(2, 9.0), b'{"kind":"noisy-histogram","records":2,"variance":9.0}'),
    (Exponential(0.1), b'{"kind":"exponential","bounded_range":0.1}'),
    (ReportNoisyMax(0.1), b'{"kind":"report-noisy-max-exponential","epsilon":0.1}'),
    (
        SubsampledGaussian(0.01, 1.1, 1000),
        b'{"kind":"poisson-subsampled-gaussian","rate":0.01,"noise_multiplier":1.1,"steps":1000}',
    ),
    (Zcdp(0.25), b'{"kind":"zcdp","bound":0.25}'),
    (
        Composed((Gaussian(2.0), Zcdp(0.25))),
        b'{"kind":"composed","parts":[{"kind":"gaussian","noise_multiplier":2.0},{"kind":"zcdp","bound":0.25}]}',
    ),
    (
        SelfComposed(Exponential(0.1), 7),
        b'{"kind":"self-composed","part":{"kind":"exponential","bounded_range":0.1},"count":7}',
    ),
]
EVERY = pytest.mark.parametrize(("mechanism", "stored"), STORED, ids=[type(kind).__name__ for kind, _ in STORED])


def test_every_kind_is_pinned() -> None:
    assert {type(kind) for kind, _ in STORED} == set(Mechanism.__args__)  # type: ignore[attr-defined]


@EVERY
def test_stored_bytes_never_change(mechanism: Mechanism, stored: bytes) -> None:
    whole = b'{"mechanism":' + stored + b',"unit":"patient","adjacency":"add-remove"}'
    event = Event(mechanism, Unit.PATIENT, Adjacency.ADD_REMOVE)
    assert encode(event) == whole
    assert decode(whole) == event


@pytest.mark.parametrize(
    ("unit", "adjacency", "stored"),
    [
        (Unit.RECORD, Adjacency.REPLACE, b'"unit":"record","adjacency":"replace"}'),
        (Unit.CLIENT, Adjacency.ADD_REMOVE, b'"unit":"client","adjacency":"add-remove"}'),
    ],
)
def test_stored_units_and_relations_never_change(unit: Unit, adjacency: Adjacency, stored: bytes) -> None:
    assert encode(Event(Gaussian(1.5), unit, adjacency)).endswith(stored)


def test_equal_events_are_stored_alike_and_hash_alike() -> None:
    assert encode(Event(Gaussian(2), Unit.RECORD, Adjacency.REPLACE)) == encode(
        Event(Gaussian(2.0), Unit.RECORD, Adjacency.REPLACE)
    )
    assert hash(Composed((Gaussian(2), Zcdp(1)))) == hash(Composed((Gaussian(2.0), Zcdp(1.0))))


@pytest.mark.parametrize(
    "mechanism",
    [
        b'{"kind":"laplace","scale":1.0}',
        b'{"kind":"gaussian"}',
        b'{"kind":"gaussian","noise_multiplier":1.0,"clipped":true}',
        b'{"kind":"gaussian","noise_multiplier":-1.0}',
        b'{"kind":"gaussian","noise_multiplier":1e400}',
        b'{"kind":"self-composed","part":{"kind":"zcdp","bound":1.0},"count":0}',
        b'{"kind":"composed","parts":[]}',
        b"null",
    ],
)
def test_what_is_not_known_is_refused(mechanism: bytes) -> None:
    with pytest.raises(UnknownEvent):
        decode(b'{"mechanism":' + mechanism + b',"unit":"patient","adjacency":"add-remove"}')


def test_bytes_that_are_no_event_are_refused() -> None:
    deep = b'{"kind":"self-composed","count":1,"part":' * 20_000
    for stored in (b"", b"{", b"\xff", b'{"mechanism":{"kind":"zcdp","bound":1.0}}', b'{"mechanism":' + deep):
        with pytest.raises(UnknownEvent):
            decode(stored)


@EVERY
def test_another_unit_is_refused(mechanism: Mechanism, stored: bytes) -> None:
    event = Event(mechanism, Unit.RECORD, Adjacency.ADD_REMOVE)
    with pytest.raises(OtherUnit, match="protects a record, the account a patient"):
        event.under(Unit.PATIENT, Adjacency.ADD_REMOVE)
    assert event.under(Unit.RECORD, Adjacency.ADD_REMOVE) == mechanism


def test_a_replacement_costs_four_times_in_rho() -> None:
    for mechanism, _ in STORED:
        if isinstance(mechanism, NoisyHistogram | SubsampledGaussian):
            continue
        event = Event(mechanism, Unit.PATIENT, Adjacency.ADD_REMOVE)
        assert float(event.under(Unit.PATIENT, Adjacency.REPLACE).rho() / mechanism.rho()) == 4.0


def test_a_histogram_under_replacement_costs_twice_since_one_record_goes_and_one_comes() -> None:
    event = Event(NoisyHistogram(1, 9.0), Unit.RECORD, Adjacency.ADD_REMOVE)
    assert event.under(Unit.RECORD, Adjacency.REPLACE) == DiscreteGaussian(2, 9.0)


def test_poisson_sampling_is_refused_under_replacement_at_any_depth() -> None:
    sampled = SubsampledGaussian(0.01, 1.1, 10)
    for mechanism in (sampled, SelfComposed(sampled, 3), Composed((Zcdp(1.0), sampled))):
        with pytest.raises(OtherRelation):
            Event(mechanism, Unit.RECORD, Adjacency.ADD_REMOVE).under(Unit.RECORD, Adjacency.REPLACE)
        with pytest.raises(ValueError, match="not stated for replace"):
            Event(mechanism, Unit.RECORD, Adjacency.REPLACE)


def test_replacement_says_nothing_of_presence() -> None:
    with pytest.raises(OtherRelation, match="hides who is present"):
        Event(Gaussian(1.0), Unit.RECORD, Adjacency.REPLACE).under(Unit.RECORD, Adjacency.ADD_REMOVE)


def test_a_conversion_that_leaves_the_range_is_refused() -> None:
    with pytest.raises(OtherRelation, match="noise_multiplier"):
        Event(Gaussian(1e-3), Unit.RECORD, Adjacency.ADD_REMOVE).under(Unit.RECORD, Adjacency.REPLACE)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, 0.0, True])
def test_parameters_out_of_range_are_refused(bad: float) -> None:
    for make in (Gaussian, Exponential, ReportNoisyMax, Zcdp):
        with pytest.raises(ValueError, match="not between"):
            make(bad)
    with pytest.raises(ValueError, match="variance"):
        DiscreteGaussian(1, bad)
    with pytest.raises(ValueError, match="squared_sensitivity"):
        DiscreteGaussian(bad, 1.0)  # type: ignore[arg-type]


def test_naming_an_event_imports_no_scipy() -> None:
    """Every router worker and every command does."""
    program = "import sys, models.privacy.events; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
