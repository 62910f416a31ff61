"""A shard's head: by least squares where there is much to learn from, the public one where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.operators.pairs import Pairs
from models.operators.private.head_fit import head_fit
from tests.unit.models.operators.tiny_operator import Tiny, functions, pairs, plain_scaling

OPERATOR = Tiny(width=12)
FIT = head_fit(OPERATOR, plain_scaling(), ridge=1e-6, largest=10.0)


def test_a_shard_without_records_answers_as_the_public_operator() -> None:
    asked = functions(1, seed=3)
    with torch.no_grad():
        assert torch.equal(FIT(pairs(0))(asked), OPERATOR(asked))


def test_a_large_shard_is_fitted_as_by_least_squares() -> None:
    data = pairs(40)
    with torch.no_grad():
        features = OPERATOR.features(functions(40)).double().numpy().reshape(-1, 12)
        columns = np.concatenate((features, np.ones((len(features), 1))), axis=1)
        head = np.linalg.lstsq(columns, data.targets.reshape(-1), rcond=None)[0]
        asked = functions(1, seed=3)
        at = np.concatenate((OPERATOR.features(asked)[0].double().numpy(), np.ones((25, 1))), axis=1)
        assert np.allclose(FIT(data)(asked)[0, :, 0].numpy(), at @ head, atol=2e-3)


def test_a_heavy_ridge_stays_with_the_public_head() -> None:
    stubborn = head_fit(OPERATOR, plain_scaling(), ridge=1e9, largest=10.0)
    asked = functions(1, seed=3)
    with torch.no_grad():
        assert torch.allclose(stubborn(pairs(5))(asked), OPERATOR(asked), atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_nonsense_is_moved_inside_and_never_refused(value: float) -> None:
    data = pairs(4)
    targets = np.where(data.targets > 0, np.float32(value), data.targets)
    broken: Pairs = replace(data, inputs=np.full_like(data.inputs, value), targets=targets)
    with torch.no_grad():
        assert torch.isfinite(FIT(broken)(functions(1))).all()


def test_settings_that_make_no_sense_are_an_error() -> None:
    for ridge, largest in ((0.0, 1.0), (1.0, 0.0), (float("nan"), 1.0)):
        with pytest.raises(ValueError, match="above 0"):
            head_fit(OPERATOR, plain_scaling(), ridge, largest)
