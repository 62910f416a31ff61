"""Laplace of all weights, with the leading directions of the curvature.

The curvature is the generalised Gauss-Newton matrix G = Σ JᵀJ over the training set. Its leading eigenvectors U come
from products with J and Jᵀ alone, by randomised subspace iteration (Halko, Martinsson & Tropp 2011, arXiv:0909.4061,
algorithm 4.4); all other directions share what is left of the trace evenly. With as many directions as weights that is
G itself. The posterior precision is then d_k/s + λ along U and d/s + λ elsewhere, λ and s by the marginal likelihood.

An answer's variance is the diagonal of J Σ Jᵀ, by pushing draws of the weights through J: a function-valued Gaussian
(Magnani et al. 2025, arXiv:2406.05072). It takes some passes for each draw, so it is for studies, not for serving.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, Seen, forward, in_units, seen
from models.operators.uncertainty.laplace.evidence import Beliefs, Curvature, likeliest
from models.operators.uncertainty.linearised import Linearised
from models.operators.uncertainty.method import Method

_RANK = 20
_BESIDE = 8  # directions that are iterated with and let go: the last ones wanted converge by them
_ITERATIONS = 3
_FUNCTIONS = 64  # of the training set, standing for all of it
_DRAWS = 16  # a deviation from so many is right to 1/√(2·16) = 18 %, which no calibration would notice on average
_TENSORS = ("directions", "precisions", "rest", "noise", "seed")


@final
class LowRank(Method):
    """`directions` (rank, weights) are U; `precisions` (rank,) along them, `rest` elsewhere; `noise` s; `seed` of the
    draws."""

    def __init__(
        self,
        operator: Operator,
        scaling: Scaling,
        directions: Tensor,
        precisions: Tensor,
        rest: Tensor,
        noise: Tensor,
        seed: Tensor,
        *,
        draws: int = _DRAWS,
    ) -> None:
        super().__init__(operator, scaling)
        self.directions = directions
        self.precisions = precisions
        self.rest = rest
        self.noise = noise
        self.seed = seed
        self._network = Linearised(operator)
        self._draws = self._drawn(draws, torch.Generator().manual_seed(int(seed)))

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
        rank: int = _RANK,
        beliefs: Beliefs | None = None,
        draws: int = _DRAWS,
    ) -> LowRank:
        """By what it was trained on; `beliefs` by the marginal likelihood where they are not given. The calibration is
        not used."""
        some = training.of(slice(0, _FUNCTIONS))
        known = [*seen(operator, scaling, some)]
        share = len(training) / len(some)
        network = Linearised(operator)
        eigenvalues, directions, rest = _leading(
            lambda directions: _curve(network, known, directions),
            network.weights,
            rank,
            torch.Generator().manual_seed(seed),
        )
        spectrum = share * torch.cat([eigenvalues, rest[None]])
        counts = torch.ones_like(spectrum)
        counts[-1] = len(network.weights) - len(eigenvalues)
        found = beliefs or likeliest(
            Curvature(
                spectrum,
                counts,
                float(network.weights.double().square().sum()),
                share * sum(float(each.error.double().square().sum()) for each in known),
                share * sum(float(each.wanted.double().square().sum()) for each in known),
                round(share * sum(each.wanted.numel() for each in known)),
            )
        )
        precisions = (spectrum / found.noise + found.precision).to(directions)
        noise = torch.tensor(found.noise).to(directions)
        return cls(
            operator, scaling, directions, precisions[:-1], precisions[-1], noise, torch.tensor(seed), draws=draws
        )

    @classmethod
    def restore(cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> LowRank:
        return cls(operator, scaling, *(tensors[name] for name in _TENSORS))

    def tensors(self) -> dict[str, Tensor]:
        return {name: getattr(self, name) for name in _TENSORS}

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        moves = self._network.push(passed.inputs, self._draws)
        variance = (passed.shape * moves).square().mean(dim=0) + passed.free[:, None] * self.noise
        return passed.answer, variance.sqrt()

    def covariance(self, raw: Functions, points: Tensor) -> Tensor:
        """(batch, channels, k, k): between the answers at the k points of these indices, without the noise; in the
        units of the problem, squared. Exact for the posterior: one backward pass for each of them."""
        passed = forward(self.operator, self.scaling, raw)
        rows = self._rows(passed, points)
        along = rows @ self.directions.T
        variances = 1 / self.precisions - 1 / self.rest
        between = rows @ rows.mT / self.rest + (along * variances) @ along.mT
        return between * self.scaling.output_scale.square()[:, None, None]

    def samples(self, raw: Functions, count: int, generator: torch.Generator) -> Tensor:
        """(count, batch, points, channels): likely functions, without the noise, in the units of the problem."""
        passed = forward(self.operator, self.scaling, raw)
        moves = self._network.push(passed.inputs, self._drawn(count, generator))
        answers = passed.answer + passed.shape * moves
        return in_units(self.scaling, answers, answers).mean

    def _rows(self, passed: Pass, points: Tensor) -> Tensor:
        """(batch, channels, k, weights): the derivatives of the standardised answers there."""
        batch, _, channels = passed.output.shape
        places = torch.cartesian_prod(torch.arange(batch), points.cpu(), torch.arange(channels))
        ones = torch.zeros(len(places), *passed.output.shape).to(passed.output)
        ones[(torch.arange(len(places)), *places.T)] = 1.0
        rows = self._network.pull(passed.inputs, passed.shape * ones)
        return rows.reshape(batch, len(points), channels, -1).transpose(1, 2)

    def _drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """(count, weights): moves of the weights with the posterior covariance."""
        normal = torch.randn(count, self.directions.shape[1], generator=generator).to(self.directions)
        along = normal @ self.directions.T
        return normal / self.rest.sqrt() + along * (1 / self.precisions.sqrt() - 1 / self.rest.sqrt()) @ self.directions


def _curve(network: Linearised, known: list[Seen], directions: Tensor) -> Tensor:
    """G v of each v (count, weights), for standardised answers."""
    squares = known[0].passed.shape.square()
    curved = torch.zeros_like(directions)
    for each in known:
        inputs = each.passed.inputs
        curved += network.pull(inputs, squares * network.push(inputs, directions))
    return curved


def _leading(
    curve: Callable[[Tensor], Tensor], like: Tensor, rank: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """The greatest eigenvalues, descending and in double precision, their eigenvectors as rows, and the mean of all
    other eigenvalues, by an estimate of the trace (Hutchinson 1990)."""
    size = len(like)
    several = min(rank + _BESIDE, size)
    start = torch.randn(several, size, generator=generator).to(like)
    images = curve(start)
    trace = (start * images).sum(dim=1).double().mean()
    for _ in range(_ITERATIONS):
        basis = torch.linalg.qr(images.T).Q.T
        images = curve(basis)
    inner = (basis @ images.T).double()
    found, rotation = torch.linalg.eigh((inner + inner.T) / 2)
    kept = min(rank, several)
    eigenvalues = found.flip(0)[:kept].clamp_min(0.0)
    directions = rotation.flip(1)[:, :kept].T.to(like) @ basis
    rest = ((trace - eigenvalues.sum()) / max(size - kept, 1)).clamp_min(0.0)
    return eigenvalues, directions, rest
