"""Mean-field variational inference: the head's optimum, and what draws find."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.operators.operator import Functions, Operator
from models.operators.uncertainty.forward import functions
from models.operators.uncertainty.laplace.evidence import Beliefs
from models.operators.uncertainty.laplace.last_layer import LastLayer
from models.operators.uncertainty.variational.head import VariationalHead
from models.operators.uncertainty.variational.weights import VariationalWeights
from tests.unit.models.operators.uncertainty.toys import fitted, lines, regression, scaling


class Straight(Operator):
    """Its head is all that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, 1, dtype=torch.float64)
        nn.init.constant_(self.head.weight, 0.1)
        nn.init.zeros_(self.head.bias)

    def features(self, inputs: Functions) -> Tensor:
        x = inputs.positions.expand_as(inputs.values)
        return torch.cat([inputs.values, torch.sin(5 * x), torch.cos(5 * x) * inputs.values], dim=-1)


def lower_bound(method: VariationalHead, rows: Tensor, wanted: Tensor, prior: float) -> Tensor:
    """Of one channel, by drawing nothing: term by term from the definition."""
    mean, variance, noise = method.mean[0], method.variance[0], method.noise[0]
    expected = torch.distributions.Normal(rows @ mean, noise.sqrt()).log_prob(wanted[:, 0]).sum()
    expected = expected - (rows.square() @ variance).sum() / (2 * noise)
    q = torch.distributions.Normal(mean, variance.sqrt())
    p = torch.distributions.Normal(torch.zeros_like(mean), torch.full_like(mean, prior**-0.5))
    return expected - torch.distributions.kl_divergence(q, p).sum()


def test_the_head_is_where_the_lower_bound_is_stationary() -> None:
    training = lines(20, seed=1)
    operator, between = fitted(training, width=4)
    found = VariationalHead.fit(operator, between, training)
    rows, wanted = regression(operator, between, training)
    prior = float(len(found.mean[0]) / (found.variance[0] + found.mean[0] ** 2).sum())
    parts = [each.clone().requires_grad_() for each in (found.mean, found.variance, found.noise)]
    bound = lower_bound(VariationalHead(operator, between, *parts), rows, wanted, prior)
    slopes = torch.autograd.grad(bound, parts)
    for part, slope in zip(parts, slopes, strict=True):
        assert torch.all((part * slope).abs() < 1e-4)  # relative to a bound of about a thousand


def test_mean_field_keeps_precisions_and_loses_correlations() -> None:
    """The mean-field variances of a Gaussian are the inverse diagonal of its precision, at most its marginal ones."""
    training = lines(20, seed=1)
    operator, between = fitted(training, width=4)
    found = VariationalHead.fit(operator, between, training)
    noise = float(found.noise)
    prior = float(len(found.mean[0]) / (found.variance[0] + found.mean[0] ** 2).sum())
    whole = LastLayer.fit(operator, between, training, beliefs=Beliefs(prior, noise))
    marginal = whole.directions.square() @ whole.variances[:, 0]
    assert torch.all(found.variance[0] <= marginal * (1 + 1e-6))


def test_draws_find_what_is_known_of_a_head() -> None:
    training = lines(40, seed=1)
    operator, between = Straight(), scaling()
    exact = VariationalHead.fit(operator, between, training)
    found = VariationalWeights.fit(operator, between, training, seed=0, steps=800, mean_rate=3e-2)
    assert torch.allclose(found.mean, exact.mean[0], atol=3 * float(exact.variance.max().sqrt()))
    assert torch.allclose(found.deviation.square(), exact.variance[0], rtol=0.25)
    assert torch.allclose(found.noise, exact.noise[0], rtol=0.05)


def test_all_weights_say_the_same_again_and_nothing_at_the_ends() -> None:
    training = lines(20, seed=1)
    operator, between = fitted(training, width=6)
    method = VariationalWeights.fit(operator, between, training, seed=0, steps=20)
    asked = functions(operator, lines(2, seed=2))
    found, again = (
        each.predict(asked) for each in (method, VariationalWeights.restore(operator, between, method.tensors()))
    )
    assert torch.equal(found.deviation, again.deviation) and torch.equal(found.mean, again.mean)
    assert torch.all(found.deviation[:, 1:-1] > 0) and torch.all(found.deviation[:, [0, -1]] == 0)
