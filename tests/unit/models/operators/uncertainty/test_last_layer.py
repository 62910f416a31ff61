"""Laplace of the head, beside Bayesian linear regression done in other ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from models.operators.uncertainty.forward import forward, functions
from models.operators.uncertainty.laplace.evidence import Beliefs, Curvature, likeliest, log_evidence
from models.operators.uncertainty.laplace.last_layer import LastLayer
from tests.unit.models.operators.uncertainty.toys import fitted, lines, regression

PRIOR, NOISE = 0.7, 0.02
EXACT = 1e-6


def test_it_is_exact_bayesian_linear_regression() -> None:
    """By the Gaussian process with kernel φᵀφ'/λ: nothing of weights or of eigenvalues."""
    training = lines(20, seed=1)
    operator, between = fitted(training, ridge=PRIOR * NOISE)
    rows, wanted = regression(operator, between, training)
    method = LastLayer.fit(operator, between, training, beliefs=Beliefs(PRIOR, NOISE))
    asked = functions(operator, lines(3, seed=2))
    basis = forward(operator, between, asked).basis.flatten(0, 1)
    inner = rows @ rows.T / PRIOR + NOISE * torch.eye(len(rows)).double()
    across = basis @ rows.T / PRIOR
    mean = across @ torch.linalg.solve(inner, wanted)
    covariance = basis @ basis.T / PRIOR - across @ torch.linalg.solve(inner, across.T)

    found = method.predict(asked)
    noise = NOISE * forward(operator, between, asked).free.repeat(3)
    assert torch.allclose(found.mean.flatten() / 3, mean.flatten(), atol=EXACT)
    assert torch.allclose((found.deviation.flatten() / 3) ** 2, covariance.diagonal() + noise, rtol=EXACT, atol=1e-12)

    points = torch.tensor([3, 11, 12, 20])
    between_points = method.covariance(asked, points)[1, 0] / 9
    whole = covariance.reshape(3, 24, 3, 24)[1, :, 1][points][:, points]
    assert torch.allclose(between_points, whole, rtol=EXACT, atol=1e-12)


def test_nothing_is_uncertain_where_the_boundary_conditions_hold() -> None:
    training = lines(20, seed=1)
    found = LastLayer.fit(*fitted(training), training).predict(functions(fitted(training)[0], lines(3, seed=2)))
    assert torch.all(found.deviation[:, [0, -1]] == 0) and torch.all(found.mean[:, [0, -1]] == 0)
    assert torch.all(found.deviation[:, 1:-1] > 0)


def test_samples_are_functions_with_the_covariance() -> None:
    training = lines(20, seed=1)
    operator, between = fitted(training)
    method = LastLayer.fit(operator, between, training)
    asked = functions(operator, lines(1, seed=2))
    drawn = method.samples(asked, 20_000, torch.Generator().manual_seed(0))[:, 0, :, 0]
    points = torch.arange(1, 23, 4)
    covariance = method.covariance(asked, points)[0, 0]
    # The standard error of a covariance of 20,000 is 1 % of the variances.
    assert torch.allclose(torch.cov(drawn[:, points].T), covariance, atol=0.05 * float(covariance.diagonal().max()))
    assert torch.allclose(drawn.mean(dim=0), operator_answer(method, asked), atol=0.05 * float(drawn.std(dim=0).max()))


def operator_answer(method: LastLayer, asked: object) -> torch.Tensor:
    return method.predict(asked).mean[0, :, 0]  # type: ignore[arg-type]


def test_the_fixed_point_is_the_top_of_the_evidence() -> None:
    curvature = Curvature(torch.logspace(-2, 4, 9).double(), torch.arange(1, 10).double(), 3.0, 40.0, 900.0, 500)
    found = likeliest(curvature)
    best = minimize(
        lambda log: -log_evidence(curvature, Beliefs(*np.exp(log))), [0.0, 0.0], method="Nelder-Mead", tol=1e-10
    )
    assert (found.precision, found.noise) == pytest.approx(tuple(np.exp(best.x)), rel=1e-4)


def test_the_evidence_of_a_linear_model_is_the_density_of_its_data() -> None:
    training = lines(6, seed=1)
    operator, between = fitted(training, width=4, ridge=PRIOR * NOISE)
    rows, wanted = regression(operator, between, training)
    covariance = rows @ rows.T / PRIOR + NOISE * torch.eye(len(rows)).double()
    exact = torch.distributions.MultivariateNormal(torch.zeros(len(rows)).double(), covariance).log_prob(wanted[:, 0])
    weights = torch.cat([operator.head.weight[0], operator.head.bias]).detach()
    curvature = Curvature(
        torch.linalg.eigvalsh(rows.T @ rows),
        torch.ones(5).double(),
        float(weights.square().sum()),
        float((wanted[:, 0] - rows @ weights).square().sum()),
        float(wanted.square().sum()),
        len(rows),
    )
    assert log_evidence(curvature, Beliefs(PRIOR, NOISE)) == pytest.approx(float(exact), rel=EXACT)


def test_the_noise_that_was_put_in_is_found_for_each_channel() -> None:
    training = lines(200, seed=1, channels=2, noise=0.0)
    rng = np.random.default_rng(5)
    ends = 4 * training.positions * (1 - training.positions)
    operator, between = fitted(training, width=40)
    clean = forward(operator, between, functions(operator, training)).answer.numpy()
    noise = rng.standard_normal(clean.shape) * np.array([0.05, 0.2])
    noisy = type(training)(training.inputs, (3 * (clean + noise * (ends > 0))).astype(np.float32), training.positions)
    found = LastLayer.fit(operator, between, noisy).noise
    assert found.sqrt().tolist() == pytest.approx([0.05, 0.2], rel=0.03)
