"""How far a function is from those that were trained on: the Mahalanobis distance of its low-frequency features.

The features of the last layer are fields. Their first cosine coefficients over the box, standardised, are a vector per
function; the distance is the root mean square of its scores along the leading principal directions of the training
set, each divided by its own spread there, so that it is near 1 in distribution (Mahalanobis 1936; Lee et al. 2018,
arXiv:1807.03888, for the features of a network). Coefficients are integrals over the box, so that a grid's resolution does
not move them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, seen

# Along each axis. More directions and more modes tell errors apart better, until the training set is too small for
# them: log distance and log error of Darcy at 22² correlate 0.38 with 16 directions, 0.56 with 64, 0.66 with 256.
_MODES = {1: 16, 2: 6, 3: 4}
_DIRECTIONS = 256
_PER_DIRECTION = 4  # training functions: with fewer a direction's spread is mostly chance
_MOST_FUNCTIONS = 2000  # of the training set, the first ones: their Gram matrix is decomposed
_NEGLIGIBLE = 1e-6  # spread along a direction, of the largest


@dataclass(frozen=True, eq=False)
class SpectralDistance:
    modes: int
    box: Tensor  # (2, dim): lowest and highest position of the training set
    mean: Tensor  # (coefficients,)
    whiten: Tensor  # (coefficients, directions): to scores of unit variance over the training set

    @classmethod
    def fit(cls, operator: Operator, scaling: Scaling, training: Pairs) -> SpectralDistance:
        """Raises ValueError for fewer than 8 functions: they span no directions to speak of."""
        if len(training) < 2 * _PER_DIRECTION:
            raise ValueError(f"{len(training)} functions say nothing of how functions vary; take 8 or many more")
        positions = torch.as_tensor(training.positions).to(operator.head.weight)
        modes = _MODES[positions.shape[1]]
        box = torch.stack([positions.amin(dim=0), positions.amax(dim=0)])
        some = training.of(slice(0, _MOST_FUNCTIONS))
        vectors = torch.cat([_coefficients(each.passed, modes, box) for each in seen(operator, scaling, some)])
        mean, whiten = _principal(vectors.double())
        return cls(modes, box, mean.to(box), whiten.to(box))

    @classmethod
    def restore(cls, tensors: dict[str, Tensor]) -> SpectralDistance:
        return cls(int(tensors["modes"]), tensors["box"], tensors["mean"], tensors["whiten"])

    def tensors(self) -> dict[str, Tensor]:
        return {"modes": torch.tensor(self.modes), "box": self.box, "mean": self.mean, "whiten": self.whiten}

    def of(self, passed: Pass) -> Tensor:
        """(batch,), > 0."""
        scores = (_coefficients(passed, self.modes, self.box) - self.mean) @ self.whiten
        return scores.square().mean(dim=1).sqrt().clamp_min(torch.finfo(scores.dtype).tiny)


def _coefficients(passed: Pass, modes: int, box: Tensor) -> Tensor:
    """(batch, modes^dim · width)."""
    cosines = _cosines(passed.inputs, modes, box)
    return torch.einsum("pk,bpw->bkw", cosines, passed.features).flatten(1)


def _cosines(where: Functions, modes: int, box: Tensor) -> Tensor:
    """(points, modes^dim), times the weights of the points, which sum to 1."""
    inside = (where.positions - box[0]) / (box[1] - box[0])
    frequencies = torch.pi * torch.arange(modes, dtype=inside.dtype, device=inside.device)
    cosines = _weights(where)[:, None]
    for axis in range(inside.shape[1]):
        along = torch.cos(inside[:, axis : axis + 1] * frequencies)
        cosines = (cosines[:, :, None] * along[:, None, :]).flatten(1)
    return cosines


def _weights(where: Functions) -> Tensor:
    """(points,): of the trapezoidal rule on a grid; on scattered points all alike."""
    like = where.positions
    if not where.grid:
        return torch.full((len(like),), 1 / len(like), dtype=like.dtype, device=like.device)
    weights = torch.ones(1, dtype=like.dtype, device=like.device)
    for count in where.grid:
        along = torch.ones(count, dtype=like.dtype, device=like.device)
        along[[0, -1]] = 0.5
        weights = (weights[:, None] * along).flatten()
    return weights / prod(count - 1 for count in where.grid)


def _principal(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """The mean, and what takes a vector to its scores; coefficients are brought to one scale first, as no width of
    the network means anything."""
    count = len(vectors)
    mean, scale = vectors.mean(dim=0), vectors.std(dim=0)
    scale = torch.where(scale > _NEGLIGIBLE * scale.max(), scale, torch.inf)
    standard = (vectors - mean) / scale
    squares, rows = torch.linalg.eigh(standard @ standard.T)  # as many as functions, which are fewer than coefficients
    wanted = min(_DIRECTIONS, count // _PER_DIRECTION)
    squares, rows = squares.flip(0)[:wanted], rows.flip(1)[:, :wanted]
    kept = squares > _NEGLIGIBLE**2 * squares[0]
    squares, rows = squares[kept], rows[:, kept]
    directions = standard.T @ rows / squares.sqrt()
    return mean, directions / scale[:, None] / (squares / (count - 1)).sqrt()
