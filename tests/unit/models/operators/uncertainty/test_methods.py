"""What every method of the catalogue keeps to, and what is theirs alone."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from models.base import Array
from models.operators.operator import Prediction
from models.operators.pairs import Pairs
from models.operators.uncertainty import catalog, metrics
from models.operators.uncertainty.ensemble import Ensemble
from models.operators.uncertainty.flag import Flag, Thresholds
from models.operators.uncertainty.forward import forward, functions
from models.operators.uncertainty.laplace.last_layer import LastLayer
from models.operators.uncertainty.method import Method
from models.operators.uncertainty.spectral import SpectralDistance
from models.operators.uncertainty.temperature import Tempered
from models.operators.uncertainty.variance_head import VarianceHead
from tests.unit.models.operators.uncertainty.toys import Waves, fitted, lines, scaling

TRAINING, CALIBRATION, NEW = (lines(count, seed) for seed, count in enumerate((80, 60, 200), start=1))
OPERATOR, BETWEEN = fitted(TRAINING)
OTHERS = tuple(fitted(TRAINING, seed=seed)[0] for seed in (1, 2))
NEAR = functions(OPERATOR, NEW)
MANY = lines(400, seed=8)


@pytest.fixture(scope="module", params=sorted(catalog.METHODS))
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def fitting(name: str) -> tuple[Method, bool]:
    """The method, and whether the operator and the global draws were left as they were."""
    weights, draws = copy.deepcopy(OPERATOR.state_dict()), torch.random.get_rng_state()
    found = catalog.load(name).fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION, seed=3, others=OTHERS)
    same = all(torch.equal(each, weights[key]) for key, each in OPERATOR.state_dict().items())
    no_slopes = all(each.grad is None for each in OPERATOR.parameters())
    return found, same and no_slopes and torch.equal(torch.random.get_rng_state(), draws)


@pytest.fixture(scope="module")
def method(fitting: tuple[Method, bool]) -> Method:
    return fitting[0]


def arrays(prediction: Prediction, pairs: Pairs) -> tuple[Array, Array, Array]:
    return prediction.mean.numpy(), prediction.deviation.numpy(), pairs.targets


def test_uncertain_exactly_where_the_operator_has_a_say(method: Method) -> None:
    found = method.predict(NEAR)
    assert found.mean.shape == found.deviation.shape == (200, 24, 1)
    assert torch.all(found.deviation[:, 1:-1] > 0) and torch.all(torch.isfinite(found.deviation))
    assert torch.all(found.deviation[:, [0, -1]] == 0) and torch.all(found.mean[:, [0, -1]] == 0)


def test_the_same_again_from_tensors(name: str, method: Method) -> None:
    again = catalog.load(name).restore(OPERATOR, BETWEEN, method.tensors())
    for before, after in zip(arrays(method.predict(NEAR), NEW), arrays(again.predict(NEAR), NEW), strict=True):
        assert np.array_equal(before, after)


def test_fitting_leaves_the_operator_and_the_global_draws_as_they_were(fitting: tuple[Method, bool]) -> None:
    assert fitting[1]


def test_calibrated_in_distribution_after_its_temperature(method: Method) -> None:
    """The scores of 200 functions, whose errors are nearly Gaussian; a missed factor of 1.3 would be 0.05."""
    found = metrics.assess(*arrays(Tempered.fit(method, CALIBRATION).predict(NEAR), NEW), scale=3.0)
    assert found.ece < 0.04 and 0.86 < found.coverage < 0.94


def test_the_temperature_is_the_likeliest(method: Method) -> None:
    found = float(Tempered.fit(method, CALIBRATION).temperature)
    mean, deviation, target = arrays(method.predict(functions(OPERATOR, CALIBRATION)), CALIBRATION)
    free = deviation > 0

    def loss(temperature: float) -> float:
        return metrics.negative_log_likelihood(mean[free], temperature * deviation[free], target[free])

    assert found == pytest.approx(minimize_scalar(loss, bounds=(0.1, 10), method="bounded").x, rel=1e-3)


def test_an_unknown_method_is_none() -> None:
    with pytest.raises(KeyError, match="tarot"):
        catalog.load("tarot")


@pytest.fixture(scope="module")
def head() -> VarianceHead:
    return VarianceHead.fit(OPERATOR, BETWEEN, TRAINING, MANY, seed=0)


def test_the_variance_head_finds_where_errors_are_large(head: VarianceHead) -> None:
    found = head.predict(NEAR)
    errors = (torch.tensor(NEW.targets) - found.mean).square().mean(dim=0).sqrt()[1:-1, 0].log()
    deviations = found.deviation.square().mean(dim=0).sqrt()[1:-1, 0].log()
    assert float(torch.corrcoef(torch.stack([errors.double(), deviations]))[0, 1]) > 0.6
    constant = Tempered.fit(LastLayer.fit(OPERATOR, BETWEEN, TRAINING), MANY)
    better, worse = (metrics.assess(*arrays(each.predict(NEAR), NEW), scale=3.0) for each in (head, constant))
    assert better.nll < worse.nll and better.crps < worse.crps


def test_the_variance_head_grows_with_the_distance_and_not_with_the_grid(head: VarianceHead) -> None:
    near, fine, far = (
        float(head.predict(functions(OPERATOR, lines(50, 9, points=points, size=size))).deviation.mean())
        for points, size in ((24, 1.0), (93, 1.0), (24, 4.0))
    )
    assert fine == pytest.approx(near, rel=0.2) and far > 1.3 * near
    assert float(head.power) > 0


def test_a_handful_of_functions_calibrates_no_variance_head() -> None:
    with pytest.raises(ValueError, match="take 10"):
        VarianceHead.fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION.of(slice(0, 9)), seed=0)


def test_an_ensemble_is_the_mixture_of_its_members() -> None:
    method = Ensemble.fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION, others=OTHERS)
    members = [forward(each, BETWEEN, NEAR).answer for each in (OPERATOR, *OTHERS)]
    mean, deviation = method.believe(forward(OPERATOR, BETWEEN, NEAR))
    between = torch.stack(members).var(dim=0)
    assert torch.allclose(mean, torch.stack(members).mean(dim=0))
    assert torch.allclose(deviation[:, 1:-1].square(), (between + method.noise)[:, 1:-1])
    with pytest.raises(ValueError, match="two members"):
        Ensemble.fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION)


def test_far_functions_are_flagged_and_near_ones_hardly_ever() -> None:
    flag = Flag.fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION)
    far = flag.score(functions(OPERATOR, lines(100, 9, size=6.0)))
    near = flag.score(NEAR)
    assert metrics.auroc(near.numpy(), far.numpy()) > 0.9
    # At most 2 % on average over calibration sets; of this one within three standard errors.
    assert flag.far(near).double().mean() < 0.02 + 3 * (0.02 / 60 + 0.02 / 200) ** 0.5
    assert bool(flag.far(torch.tensor([float("nan")]))) and not bool(flag.far(torch.tensor([1.0])))


def test_a_residual_flags_what_the_features_do_not_see() -> None:
    """One that is large where the mean of the input is above 1 says so of functions of the ordinary kind."""

    def residual(raw: object, answer: torch.Tensor) -> torch.Tensor:
        mean = raw.values.mean(dim=(1, 2))  # type: ignore[attr-defined]
        return answer.new_tensor(0.1).expand(len(answer)) + 5.0 * (mean > 3.0)

    calibration = lines(120, seed=8)
    plain, watched = (Flag.fit(OPERATOR, BETWEEN, TRAINING, calibration, residual=each) for each in (None, residual))
    raised = functions(OPERATOR, NEW)
    above = type(raised)(raised.values + 100.0, raised.positions, raised.grid)
    assert bool(watched.far(watched.score(above)).all())
    assert torch.all(watched.score(NEAR) <= 1.0 + plain.score(NEAR))
    again = Flag.restore(OPERATOR, BETWEEN, watched.tensors(), residual)
    assert torch.equal(again.score(NEAR), watched.score(NEAR))


def test_a_grid_without_a_threshold_has_that_of_the_next_finer_one() -> None:
    flag = Flag.fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION)
    (own,) = flag.thresholds.values()
    assert own == flag.thresholds[CALIBRATION.grid]
    half = {(2 * side,): Thresholds(side * own.distance) for side in (5, 500)}
    several = Flag(OPERATOR, BETWEEN, flag.distance, half)
    twice, thousandth = flag.score(NEAR) / several.score(NEAR), 5 if len(NEAR.positions) <= 10 else 500
    assert torch.allclose(twice, torch.full_like(twice, thousandth))


def test_a_threshold_takes_as_many_functions_as_its_level_says() -> None:
    with pytest.raises(ValueError, match="one in 50"):
        Flag.fit(OPERATOR, BETWEEN, TRAINING, CALIBRATION.of(slice(0, 48)))


def test_single_precision_operators_are_taken_too() -> None:
    operator = Waves(dtype=torch.float32)
    distance = SpectralDistance.fit(operator, scaling(dtype=torch.float32), TRAINING)
    assert distance.directions.dtype == torch.float32
