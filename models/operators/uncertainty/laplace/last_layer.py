"""Laplace of the head alone. It is linear, so this is Bayesian linear regression, exact, whatever the features are.

The posterior covariance of a channel's weights (the bias is the last of them) is (ΦᵀΦ/s + λ)⁻¹. All channels share the
features, so one eigendecomposition ΦᵀΦ = V diag(d) Vᵀ serves them all. The mean is the trained head.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, forward, in_units, seen
from models.operators.uncertainty.laplace.evidence import Beliefs, Curvature, likeliest
from models.operators.uncertainty.method import Method


@final
class LastLayer(Method):
    """`directions` (width + 1, width + 1) are V; `variances` (width + 1, channels) those of the weights along them;
    `noise` (channels,) is s."""

    def __init__(
        self, operator: Operator, scaling: Scaling, directions: Tensor, variances: Tensor, noise: Tensor
    ) -> None:
        super().__init__(operator, scaling)
        self.directions = directions
        self.variances = variances
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
        beliefs: Beliefs | None = None,
    ) -> LastLayer:
        """By what it was trained on; `beliefs` by the marginal likelihood, for each channel, where they are not given.
        Nothing is drawn, and the calibration is not used."""
        gram, errors, wanted, values = _sums(operator, scaling, training)
        found, directions = torch.linalg.eigh(gram)
        eigenvalues = found.clamp_min(0.0)
        weights = torch.cat([operator.head.weight, operator.head.bias[:, None]], dim=1).detach().double()
        once = torch.ones_like(eigenvalues)
        each = [
            beliefs or likeliest(Curvature(eigenvalues, once, float(w.square().sum()), float(r), float(t), values))
            for w, r, t in zip(weights, errors, wanted, strict=True)
        ]
        variances = torch.stack([1 / (eigenvalues / b.noise + b.precision) for b in each], dim=1)
        noise = variances.new_tensor([b.noise for b in each])
        like = operator.head.weight
        return cls(operator, scaling, directions.to(like), variances.to(like), noise.to(like))

    @classmethod
    def restore(cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> LastLayer:
        return cls(operator, scaling, tensors["directions"], tensors["variances"], tensors["noise"])

    def tensors(self) -> dict[str, Tensor]:
        return {"directions": self.directions, "variances": self.variances, "noise": self.noise}

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        along = passed.basis @ self.directions
        variance = along.square() @ self.variances + passed.free[:, None] * self.noise
        return passed.answer, variance.sqrt()

    def covariance(self, raw: Functions, points: Tensor) -> Tensor:
        """(batch, channels, k, k): between the answers at the k points of these indices, without the noise; in the
        units of the problem, squared."""
        along = forward(self.operator, self.scaling, raw).basis[:, points] @ self.directions
        between = torch.einsum("bid,dc,bjd->bcij", along, self.variances, along)
        return between * self.scaling.output_scale.square()[:, None, None]

    def samples(self, raw: Functions, count: int, generator: torch.Generator) -> Tensor:
        """(count, batch, points, channels): likely functions, without the noise, in the units of the problem. One draw
        of the weights makes a whole function, and the same one on whatever points."""
        passed = forward(self.operator, self.scaling, raw)
        draws = torch.randn((count, *self.variances.shape), generator=generator, device=generator.device)
        weights = self.directions @ (draws.to(self.variances) * self.variances.sqrt())
        answers = passed.answer + torch.einsum("bpw,swc->sbpc", passed.basis, weights)
        return in_units(self.scaling, answers, answers).mean


def _sums(operator: Operator, scaling: Scaling, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor, int]:
    """ΦᵀΦ, and per channel the squared errors and the squares of what was wanted; in double precision."""
    width, channels = operator.head.in_features + 1, operator.head.out_features
    gram = torch.zeros(width, width, dtype=torch.float64, device=operator.head.weight.device)
    errors, wanted = gram.new_zeros(channels), gram.new_zeros(channels)
    values = 0
    for each in seen(operator, scaling, pairs):
        rows = each.basis.double().flatten(0, 1)
        gram += rows.T @ rows
        errors += each.error.double().square().sum(dim=(0, 1))
        wanted += each.wanted.double().square().sum(dim=(0, 1))
        values += len(rows)
    return gram, errors, wanted, values
