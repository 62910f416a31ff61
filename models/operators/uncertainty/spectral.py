"""How far a function is from those that were trained on: the Mahalanobis distance of its low-frequency features.

The features of the last layer are fields. Their first cosine coefficients over the box, standardised, are a vector z
per function. Along the leading principal directions of the training set z is measured in spreads, across them by how
much the training set itself leaves across:

    d² = ½ (mean of (score/spread)² + |rest|²/mean of |rest|² over the training set),

near 1 in distribution (Mahalanobis 1936; Lee et al. 2018, arXiv:1807.03888, for the features of a network; the rest
is what Tipping & Bishop 1999, J. R. Stat. Soc. B 61, 611-622, call noise). Coefficients are integrals over the box,
which a finer grid does not move.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, seen

_MODES = {1: 8, 2: 6, 3: 4}  # along each axis
# Logarithms of distance and error of Darcy at 22², by an FNO with 1000 training functions, correlate 0.79 with 64,
# 128 and 256 directions. Without the rest 64 directions do much worse than 256 (0.56 and 0.66, of another network).
_DIRECTIONS = 64
_PER_DIRECTION = 4  # training functions: with fewer a direction's spread is mostly chance
_MOST_FUNCTIONS = 2000  # of the training set, the first ones: their Gram matrix is decomposed
# Spread along a direction, of the largest: what is below is taken for the rest, and the rest for no less. It is above
# what a coarse grid does to an integral.
_NEGLIGIBLE = 0.01
_GREGORY = (3 / 8, 7 / 6, 23 / 24)  # of the first points, and backwards of the last
_TRAPEZOIDAL = (1 / 2,)
_GRIDS = 64  # sides whose matrices are kept, of some kilobytes
_CONSTANT = 1e-6  # deviation of a feature, of the largest: round-off


@dataclass(frozen=True, eq=False)
class SpectralDistance:
    modes: int
    box: Tensor  # (2, dim): lowest and highest position of the training set
    mean: Tensor  # (coefficients,)
    scale: Tensor  # (coefficients,): what they are divided by, one number for each feature
    directions: Tensor  # (coefficients, directions), orthonormal
    spreads: Tensor  # (directions,)
    rest: Tensor  # the mean of |rest|²

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
        return cls(modes, box, *(each.to(box) for each in _principal(vectors.double(), operator.head.in_features)))

    @classmethod
    def restore(cls, tensors: dict[str, Tensor]) -> SpectralDistance:
        return cls(int(tensors["modes"]), *(tensors[name] for name in _TENSORS))

    def tensors(self) -> dict[str, Tensor]:
        return {"modes": torch.tensor(self.modes)} | {name: getattr(self, name) for name in _TENSORS}

    def of(self, passed: Pass) -> Tensor:
        """(batch,), > 0. A head and a flag that were fitted to the same functions share what it costs."""
        if self._digest not in passed.kept:
            passed.kept[self._digest] = self._of(passed)
        return passed.kept[self._digest]

    @cached_property
    def _digest(self) -> str:
        """Two distances are the same where these are."""
        tensors = (each.cpu().contiguous().numpy().tobytes() for each in self.tensors().values())
        return sha256(b"".join(tensors)).hexdigest()

    def _of(self, passed: Pass) -> Tensor:
        standard = (_coefficients(passed, self.modes, self.box) - self.mean) / self.scale
        scores = standard @ self.directions
        rest = (standard.square().sum(dim=1) - scores.square().sum(dim=1)).clamp_min(0.0)  # directions are orthonormal
        square = ((scores / self.spreads).square().mean(dim=1) + rest / self.rest) / 2
        return square.clamp_min(torch.finfo(square.dtype).tiny).sqrt()


_TENSORS = ("box", "mean", "scale", "directions", "spreads", "rest")


def _coefficients(passed: Pass, modes: int, box: Tensor) -> Tensor:
    """(batch, modes^dim · width), the first axis' frequency the slowest."""
    where, features = passed.inputs, passed.features
    if not where.grid:
        inside = ((where.positions - box[0]) / (box[1] - box[0])).double().cpu().numpy()
        weighted = torch.from_numpy(_products(inside, modes) / len(inside)).to(features)
        return torch.einsum("pk,bpw->bkw", weighted, features).flatten(1)
    left = features
    nodes = where.positions.reshape(*where.grid, -1)
    for axis, count in enumerate(where.grid):  # one axis after the other: far fewer products than all at once
        along = nodes.movedim(axis, 0).reshape(count, -1, len(where.grid))[:, 0, axis].double().cpu().numpy()
        low, high = box[:, axis].tolist()
        integrals = _integrals(along.tobytes(), low, high, modes, features.dtype, features.device)
        left = integrals @ left.reshape(len(features) * modes**axis, count, -1)
    return left.reshape(len(features), -1)


def _products(inside: Array, modes: int) -> Array:
    """(points, modes^dim) of (points, dim)."""
    found = np.ones((len(inside), 1))
    for along in inside.T:
        found = (found[:, :, None] * _cosines(along, modes)[:, None, :]).reshape(len(inside), -1)
    return found


def _cosines(along: Array, modes: int) -> Array:
    """(points, modes) of points from 0 to 1."""
    return np.asarray(np.cos(np.pi * np.outer(along, np.arange(modes))))


@lru_cache(maxsize=_GRIDS)
def _integrals(along: bytes, low: float, high: float, modes: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(modes, nodes): what takes values at the nodes of one side, double precision, to their first coefficients."""
    nodes = np.frombuffer(along)
    weighted = _cosines((nodes - low) / (high - low), modes) * _weights(len(nodes))[:, None]
    return torch.from_numpy(weighted.T.copy()).to(device, dtype)


def _weights(count: int) -> Array:
    """Of the nodes of a side of length 1: of Gregory's rule, the trapezoidal one with the error of its ends taken out
    to third order (Davis & Rabinowitz 1984, Methods of Numerical Integration, section 2.9)."""
    weights = np.ones(count)
    ends = np.array(_GREGORY if count >= 2 * len(_GREGORY) else _TRAPEZOIDAL)
    weights[: len(ends)] = ends
    weights[-len(ends) :] = ends[::-1]
    return weights / (count - 1)


def _principal(vectors: Tensor, width: int) -> tuple[Tensor, ...]:
    """Mean, scale, directions, spreads and rest. Features are brought to one scale, which in a network means nothing;
    their coefficients are not, or high ones, which a grid knows least, would count as much as low ones."""
    count = len(vectors)
    mean = vectors.mean(dim=0)
    of_features = vectors.var(dim=0).reshape(-1, width).mean(dim=0).sqrt()
    scale = torch.where(of_features > _CONSTANT * of_features.max(), of_features, torch.inf).repeat(len(mean) // width)
    standard = (vectors - mean) / scale
    squares, rows = torch.linalg.eigh(standard @ standard.T)  # as many as functions, which are fewer than coefficients
    wanted = min(_DIRECTIONS, count // _PER_DIRECTION)
    squares, rows = squares.flip(0)[:wanted], rows.flip(1)[:, :wanted]
    kept = squares > _NEGLIGIBLE**2 * squares[0]
    squares, rows = squares[kept], rows[:, kept]
    rest = (standard.square().sum() - squares.sum()).clamp_min(_NEGLIGIBLE**2 * squares[0]) / (count - 1)
    return mean, scale, standard.T @ rows / squares.sqrt(), (squares / (count - 1)).sqrt(), rest
