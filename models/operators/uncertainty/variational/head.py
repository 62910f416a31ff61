"""Mean-field variational inference of the head, whose best approximation is known.

The head is linear with Gaussian noise of variance s, so the evidence lower bound over q = Π N(m_k, v_k) is, with
G = ΦᵀΦ and a prior of precision λ,

    −N/2 log(2πs) − (|y − Φm|² + Σ_k G_kk v_k)/(2s) + ½ Σ_k (1 + log(λv_k) − λ(v_k + m_k²)).

It is greatest where m is the posterior mean and 1/v_k = G_kk/s + λ; λ and s follow by setting its derivatives to 0. Its
gradients need no draws, so none are made; `weights` makes them where the bound is not known. Deviations are those of
Laplace without the correlations of weights: too small along some functions and too large along others.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, seen
from models.operators.uncertainty.method import Method

_ITERATIONS = 500
_STILL = 1e-9  # relative change of s and λ at which the iteration ends
_SMALLEST = 1e-12  # of a mean square: round-off of double precision


@final
class VariationalHead(Method):
    """`mean`, `variance` (channels, width + 1) of the weights, the bias last; `noise` (channels,) is s."""

    def __init__(self, operator: Operator, scaling: Scaling, mean: Tensor, variance: Tensor, noise: Tensor) -> None:
        super().__init__(operator, scaling)
        self.mean = mean
        self.variance = variance
        self.noise = noise

    @classmethod
    def fit(
        cls,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs | None = None,
        *,
        seed: int = 0,
        others: tuple[Operator, ...] = (),
    ) -> VariationalHead:
        """By what it was trained on. Nothing is drawn, and the calibration is not used."""
        gram, moment, squares, values = _sums(operator, scaling, training)
        found = [_optimum(gram, m, float(y), values) for m, y in zip(moment.T, squares, strict=True)]
        mean, variance, noise = (torch.stack(part).to(operator.head.weight) for part in zip(*found, strict=True))
        return cls(operator, scaling, mean, variance, noise)

    @classmethod
    def restore(cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> VariationalHead:
        return cls(operator, scaling, tensors["mean"], tensors["variance"], tensors["noise"])

    def tensors(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "variance": self.variance, "noise": self.noise}

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        basis = passed.basis
        variance = basis.square() @ self.variance.T + passed.free[:, None] * self.noise
        return basis @ self.mean.T, variance.sqrt()


def _optimum(gram: Tensor, moment: Tensor, squares: float, values: int) -> tuple[Tensor, Tensor, Tensor]:
    """m, v and s of one channel, from G, Φᵀy and |y|²."""
    diagonal, one = gram.diagonal(), torch.eye(len(gram)).to(gram)
    noise, prior = torch.tensor(squares / values).to(gram), torch.ones(()).to(gram)
    for _ in range(_ITERATIONS):
        before = noise, prior
        mean = torch.linalg.solve(gram + noise * prior * one, moment)
        variance = 1 / (diagonal / noise + prior)
        missed = (squares - 2 * mean @ moment + mean @ gram @ mean).clamp_min(_SMALLEST * squares)
        noise = (missed + diagonal @ variance) / values
        prior = len(mean) / (variance + mean.square()).sum()
        if abs(noise - before[0]) <= _STILL * noise and abs(prior - before[1]) <= _STILL * prior:
            break
    return mean, variance, noise


def _sums(operator: Operator, scaling: Scaling, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor, int]:
    """G, and per channel Φᵀy (width + 1, channels) and |y|², in double precision; and N."""
    width, channels = operator.head.in_features + 1, operator.head.out_features
    gram = torch.zeros(width, width, dtype=torch.float64, device=operator.head.weight.device)
    moment, squares, values = gram.new_zeros(width, channels), gram.new_zeros(channels), 0
    for each in seen(operator, scaling, pairs):
        rows, wanted = each.basis.double().flatten(0, 1), each.wanted.double().flatten(0, 1)
        gram, moment, squares = gram + rows.T @ rows, moment + rows.T @ wanted, squares + wanted.square().sum(dim=0)
        values += len(rows)
    return gram, moment, squares, values
