"""The Darcy operator that comes with the system: how it is made, and that it is what its card says."""

from __future__ import annotations

from itertools import count

import msgspec
import numpy as np
import pytest

from models.operators.artefact import unpack
from models.operators.calibrated import Calibrated, unpacked
from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.pretrained.darcy import Sets, calibrated, made
from models.operators.pretrained.recipe import DARCY
from models.operators.restored import restored
from models.operators.training.errors import relative_errors
from models.operators.uncertainty.forward import functions
from ops.pretrained import FOLDER

SMALL = msgspec.structs.replace(
    DARCY,
    architecture=FNO(modes=(3, 3), width=4, layers=1, lifting=4, mixing=0, projection=4, period=1.25),
    epochs=2,
)
FEW = Sets(divisions=8, training=16, validation=4, calibration=200, test=3, elsewhere=(6,), tested=(4, 8))
TOLD = ("relative_l2", "coverage_90", "far", "nll", "crps", "ece")


def artefact() -> bytes:
    clock = count()
    steps = made(lambda: float(next(clock)), "1.2.3", SMALL, FEW)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            content: bytes = end.value
            return content


def test_it_is_made_whole_and_again_the_same() -> None:
    content = artefact()
    assert artefact() == content
    found = unpacked(content)
    assert found.card.metrics.keys() == {
        *("validation_error", "training_cpu_s", "epochs"),
        *(f"{name}_{side}" for name in TOLD for side in (5, 9)),
    }
    assert (found.card.code_version, found.card.least_points, found.card.most_points) == ("1.2.3", 5, 9)
    assert found.training == FEW.made("training").digests()
    assert not found.training & found.calibration
    errors = relative_errors(found.operator, found.scaling, FEW.made("test"))
    assert float(errors.mean()) == pytest.approx(found.card.metrics["relative_l2_9"], rel=1e-4)
    assert found.interval("pointwise", 0.9) is not None
    assert found.grids == {(9, 9), (7, 7)}
    assert found.flag is not None and found.flag.residual is not None
    # Calibrated anew from what is shipped it is what training gave.
    card, tensors = unpack(content)
    assert calibrated(Calibrated(card, *restored(card, tensors)), FEW) == content


def test_no_set_has_a_sample_of_another() -> None:
    digests = [FEW.made(name).digests() for name in ("training", "validation", "calibration", "test")]
    assert len(frozenset.union(*digests)) == sum(map(len, digests))


def test_the_one_that_is_shipped_answers_as_its_card_says() -> None:
    content = (FOLDER / "darcy.safetensors").read_bytes()
    assert len(content) <= 2 * 2**20
    card, _ = unpack(content)
    assert card.architecture == DARCY.architecture
    assert card.metrics["relative_l2_43"] <= 0.012
    assert (
        card.metrics["relative_l2_127"] <= card.metrics["relative_l2_22"]
    )  # finer than any grid that it was trained on
    for side in (22, 43, 64):  # those that it was calibrated on
        assert 0.88 <= card.metrics[f"coverage_90_{side}"] <= 0.93
    fresh = darcy(30, 42, seed=77)
    found = unpacked(content)
    assert not found.training & fresh.digests()
    errors = relative_errors(found.operator, found.scaling, fresh).numpy()
    slack = 4 * errors.std() / np.sqrt(len(errors))
    assert abs(errors.mean() - card.metrics["relative_l2_43"]) < slack


def test_the_one_that_is_shipped_tells_what_it_has_never_seen() -> None:
    """Ten times finer is what features hardly see, and Darcy's residual does."""
    found = unpacked((FOLDER / "darcy.safetensors").read_bytes())
    assert found.flag is not None
    for divisions in (21, 42):
        near, fine = (functions(found.operator, darcy(24, divisions, seed=78, rate=rate)) for rate in (3.0, 30.0))
        assert bool(found.flag.far(found.flag.score(fine)).all())
        assert float(found.flag.far(found.flag.score(near)).float().mean()) < 0.2
