"""Laplace of all weights, beside the dense matrices that it stands for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import jacrev

from models.operators.fno.config import FNO
from models.operators.operator import Functions, Operator
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import forward, functions
from models.operators.uncertainty.laplace.evidence import Beliefs
from models.operators.uncertainty.laplace.low_rank import LowRank
from models.operators.uncertainty.linearised import Linearised
from tests.unit.models.operators.uncertainty.toys import fitted, lines, scaling

BELIEFS = Beliefs(precision=0.5, noise=0.01)


def jacobian(operator: Operator, between: Scaling, asked: Functions) -> Tensor:
    """(values, weights) of the standardised answers."""
    network = Linearised(operator)
    inputs = between.inputs(asked)
    found = jacrev(lambda weights: network.output(weights, inputs))(network.weights)
    return (between.shape(asked.positions)[..., None] * found).flatten(0, 2).detach()


def test_with_all_directions_it_is_the_dense_posterior() -> None:
    training = lines(12, seed=1)
    operator, between = fitted(training, width=4)
    method = LowRank.fit(operator, between, training, rank=100, beliefs=BELIEFS)
    rows = jacobian(operator, between, functions(operator, training))
    posterior = torch.linalg.inv(rows.T @ rows / BELIEFS.noise + BELIEFS.precision * torch.eye(rows.shape[1]))
    asked = functions(operator, lines(2, seed=2))
    new = jacobian(operator, between, asked).reshape(2, 24, -1)
    points = torch.tensor([1, 7, 20])
    dense = new[:, points] @ posterior @ new[:, points].mT
    assert torch.allclose(method.covariance(asked, points)[:, 0], 9 * dense, rtol=1e-6, atol=1e-12)


def test_draws_have_the_covariance() -> None:
    training = lines(12, seed=1)
    operator, between = fitted(training, width=4)
    method = LowRank.fit(operator, between, training, rank=6, beliefs=BELIEFS, draws=2000)
    asked = functions(operator, lines(1, seed=2))
    points = torch.arange(1, 23, 5)
    exact = method.covariance(asked, points)[0, 0]
    deviation = method.predict(asked).deviation[0, points, 0]
    # The relative standard error of a deviation from 2000 draws is 1.6 %.
    assert torch.allclose(deviation, (exact.diagonal() + 9 * BELIEFS.noise).sqrt(), rtol=0.07)
    drawn = method.samples(asked, 2000, torch.Generator().manual_seed(3))[:, 0, points, 0]
    assert torch.allclose(torch.cov(drawn.T), exact, atol=0.1 * float(exact.diagonal().max()))


def test_leading_directions_are_those_of_the_dense_curvature() -> None:
    training = lines(12, seed=1)
    operator, between = fitted(training, width=6)
    method = LowRank.fit(operator, between, training, rank=5, beliefs=BELIEFS)
    rows = jacobian(operator, between, functions(operator, training))
    eigenvalues = torch.linalg.eigvalsh(rows.T @ rows).flip(0)
    found = (method.precisions - BELIEFS.precision) * BELIEFS.noise
    assert torch.allclose(found, eigenvalues[:5], rtol=1e-3)
    rest = (float(method.rest) - BELIEFS.precision) * BELIEFS.noise
    assert rest >= 0 and rest == pytest.approx(float(eigenvalues[5:].mean()), abs=float(eigenvalues[0]) * 0.5)


def test_it_says_the_same_of_a_fourier_operator_every_time() -> None:
    training = lines(8, seed=1)
    operator = FNO(modes=(5,), width=4, layers=2, lifting=4, mixing=2, projection=6).build(0)
    between = scaling(dtype=torch.float32)
    method = LowRank.fit(operator, between, training, rank=4, seed=7)
    asked = functions(operator, lines(2, seed=2))
    found, again = (each.predict(asked) for each in (method, LowRank.restore(operator, between, method.tensors())))
    assert torch.equal(found.deviation, again.deviation)
    assert torch.all(found.deviation[:, 1:-1] > 0) and torch.all(found.deviation[:, [0, -1]] == 0)
    plain = between.answer(forward(operator, between, asked).output, asked.positions)
    assert torch.allclose(found.mean, plain, rtol=1e-6)
