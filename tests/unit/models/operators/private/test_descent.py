"""DP-SGD: who takes part, what noise there is, what it costs, and that it learns."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from autodp.mechanism_zoo import GaussianMechanism
from autodp.transformer_zoo import AmplificationBySampling
from scipy.stats import chi2, norm

from models.base import Refusal
from models.operators.pairs import Pairs
from models.operators.private.descent import sampled, train
from models.operators.private.gradient import by_record, flat, trained
from models.operators.private.plan import PrivateTraining
from models.privacy.conversion import epsilon_of, offset_nearly
from models.privacy.draws import Draws
from models.privacy.events import Event
from models.privacy.kinds import SubsampledGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.random_bits import RandomBits
from tests.unit.models.operators.tiny_operator import Tiny, functions, pairs, plain_scaling

LOUD = PrivateTraining(rate=0.5, noise_multiplier=2.0, steps=3, units=20)


class Seeded:
    """Draws that are the same in each run, fresh ones for each step."""

    def __init__(self, seed: int) -> None:
        self._seeds = iter(range(1000 * seed, 1000 * seed + 1000))

    def __call__(self) -> Draws:
        return RandomBits(random.Random(next(self._seeds)).randbytes)


def run(operator: Tiny, data: list[Pairs], plan: PrivateTraining, seed: int = 1) -> Event:
    steps = train(operator, plain_scaling(), data, plan, draws=Seeded(seed))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            event: Event = end.value
            return event


def test_the_event_is_that_of_as_many_sampled_gaussians_whatever_the_data_are() -> None:
    expected = Event(SubsampledGaussian(0.5, 2.0, 3), Unit.RECORD, Adjacency.ADD_REMOVE)
    for data in (by_record(pairs(20)), by_record(pairs(1)), []):
        assert run(Tiny(), data, LOUD) == expected == LOUD.event()


@pytest.mark.parametrize(("rate", "multiplier", "steps"), [(0.01, 1.0, 1000), (0.05, 0.8, 200)])
def test_epsilon_is_that_of_autodp(rate: float, multiplier: float, steps: int) -> None:
    """Their curve at whole orders, added up and converted here; ours takes the best of all orders."""
    event = PrivateTraining(rate=rate, noise_multiplier=multiplier, steps=steps, units=1e4).event()
    sampling = AmplificationBySampling(PoissonSampling=True)
    theirs = sampling(GaussianMechanism(sigma=multiplier), rate, improved_bound_flag=True)
    delta = 1e-6
    epsilon = min(steps * theirs.RenyiDP(order) + offset_nearly(order, delta) for order in range(2, 40))
    ours = epsilon_of(event.under(Unit.RECORD, Adjacency.ADD_REMOVE), delta)
    assert 0.98 * epsilon <= ours <= epsilon * (1 + 1e-9)


def test_each_unit_takes_part_with_the_rate_and_by_itself() -> None:
    """4 standard deviations of 2000 draws of 10 units; pairs of units take part together as often as chance says."""
    data, rate = by_record(pairs(10)), 0.3
    draws = Seeded(1)()
    places = {id(unit): place for place, unit in enumerate(data)}
    took = np.zeros((2000, 10))
    for one in took:
        one[[places[id(unit)] for unit in sampled(data, rate, draws)]] = 1
    assert np.abs(took.mean(axis=0) - rate).max() < 4 * np.sqrt(rate * (1 - rate) / 2000)
    together = (took.T @ took / 2000)[np.triu_indices(10, 1)]
    assert np.abs(together - rate**2).max() < 4 * np.sqrt(rate**2 * (1 - rate**2) / 2000)
    assert took.sum(axis=1).std() == pytest.approx(np.sqrt(10 * rate * (1 - rate)), rel=0.1)


def test_the_noise_is_the_multiplier_times_the_norm_in_every_weight() -> None:
    """Adam's first moment after one step is a tenth of the noisy mean: with no data, of noise alone."""
    plan = PrivateTraining(rate=0.5, noise_multiplier=3.0, steps=1, units=10, clip=0.25)
    drawn = []
    for seed in range(12):
        (step,) = train(Tiny(), plain_scaling(), [], plan, draws=Seeded(seed))
        drawn.append(step.state["first"] / 0.1 * 0.5 * 10 / (3.0 * 0.25))
    noise = np.concatenate(drawn)
    assert chi2.sf(np.sum(noise**2), len(noise)) > 1e-4 and chi2.cdf(np.sum(noise**2), len(noise)) > 1e-4
    assert abs(noise.mean()) < 4 / np.sqrt(len(noise))
    assert np.abs(np.sort(norm.cdf(noise)) - np.linspace(0, 1, len(noise))).max() < 2 / np.sqrt(len(noise))


def test_it_learns_where_epsilon_is_large() -> None:
    """ε is about 5 per 1000 units; by chance alone the error would stay near where it began."""
    operator, test = Tiny(), pairs(50, seed=7)
    plan = PrivateTraining(rate=0.25, noise_multiplier=0.5, steps=60, units=60, learning_rate=0.06)

    def error() -> float:
        answer = operator(functions(50, seed=7)).detach().numpy()
        return float(np.mean(np.linalg.norm(answer - test.targets, axis=1) / np.linalg.norm(test.targets, axis=1)))

    before = error()
    run(operator, by_record(pairs(60)), plan)
    assert error() < before / 2


def test_training_goes_on_from_a_checkpoint_and_ends_after_as_many_steps() -> None:
    steps = train(Tiny(), plain_scaling(), by_record(pairs(5)), LOUD, draws=Seeded(1))
    first = next(steps)
    operator = Tiny(seed=3)
    rest = list(train(operator, plain_scaling(), by_record(pairs(5)), LOUD, first.state, Seeded(2)))
    assert [step.progress.step for step in rest] == [2, 3]
    assert rest[-1].progress.fraction == 1.0
    assert np.allclose(flat(trained(operator)), rest[-1].state["weights"], atol=1e-6)


def test_progress_tells_of_steps_alone() -> None:
    def told(data: list[Pairs]) -> Iterator[object]:
        return (step.progress for step in train(Tiny(), plain_scaling(), data, LOUD, draws=Seeded(1)))

    assert list(told(by_record(pairs(8)))) == list(told([]))


def test_noise_that_is_not_priced_on_its_lattice_is_refused_before_anything_is_read() -> None:
    plan = PrivateTraining(rate=0.5, noise_multiplier=0.01, steps=1, units=10)
    many = Tiny(width=20_000)
    with pytest.raises(Refusal) as refused:
        next(train(many, plain_scaling(), by_record(pairs(1)), plan))
    assert refused.value.reason == "GRID_TOO_COARSE"


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"noise_multiplier": 0.0}, {"steps": 0}, {"units": 0.0}, {"clip": float("nan")}]
)
def test_settings_that_make_no_sense_are_an_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PrivateTraining(**{"rate": 0.5, "noise_multiplier": 1.0, "steps": 1, "units": 10.0, **wrong})  # type: ignore[arg-type]


def test_the_variance_is_never_below_what_is_charged() -> None:
    for multiplier in (0.3, 1.1, 7.77, 123.4):
        plan = PrivateTraining(rate=0.5, noise_multiplier=multiplier, steps=1, units=10)
        grid = plan.grid(1000)
        assert plan.variance(grid) / grid.norm**2 >= multiplier**2
        assert grid.norm * grid.spacing == plan.clip
