"""An operator with all that says how sure it is, to and from one artefact.

Beside the operator's and the scaling's own tensors an artefact has "uncertainty.…", those of its method and of the
temperature; "calibration.NUMBER.…", one conformal interval each; "calibration.flag.…", where a distance that is its
method's is left out; "elsewhere.NUMBER.grid" and "elsewhere.NUMBER.NUMBER.…", intervals on other grids. Its
"samples.training" and "samples.calibration" are digests of what it was fitted on, so that nobody calibrates on what was
learnt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
import torch
from torch import Tensor

from models.base import Array, Refusal
from models.operators.artefact import Card, pack, part, under, unpack
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.restored import restored, tensors_of
from models.operators.scaling import Scaling
from models.operators.uncertainty.catalog import METHODS, load
from models.operators.uncertainty.conformal import Conformal, Kind, refuse_overlap
from models.operators.uncertainty.flag import Flag
from models.operators.uncertainty.method import Method
from models.operators.uncertainty.residuals import fitting_residual, residual_of
from models.operators.uncertainty.temperature import Tempered

# A request's level is answered by the next of these that is not below it.
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
KINDS: tuple[Kind, ...] = ("pointwise", "band")
_DISTANCE = "distance."
_FITTED = 0.5  # the part of the calibration set that the method learns from; the rest is for temperature and intervals


@dataclass(frozen=True, eq=False)
class Calibrated:
    """`method` and `flag` are None of an operator that says nothing of how sure it is."""

    card: Card
    operator: Operator
    scaling: Scaling
    method: Tempered | None = None
    intervals: tuple[Conformal, ...] = ()
    flag: Flag | None = None
    training: frozenset[str] = frozenset()  # digests of the samples that it was trained on
    calibration: frozenset[str] = frozenset()  # and of those that tell how sure it is
    grid: tuple[int, ...] = ()  # of the samples that the intervals were fitted on
    elsewhere: Mapping[tuple[int, ...], tuple[Conformal, ...]] = field(default_factory=dict)  # intervals on other grids

    @property
    def grids(self) -> frozenset[tuple[int, ...]]:
        """On these intervals hold as they say."""
        return frozenset({self.grid, *self.elsewhere})

    def interval(self, kind: Kind, level: float, grid: tuple[int, ...] | None = None) -> Conformal | None:
        """The narrowest that holds at `level` on `grid`, and on another than `grids` what would hold on the
        operator's own; None where there is none."""
        among = self.intervals if grid is None else self.elsewhere.get(grid, self.intervals)
        fit = [each for each in among if each.kind == kind and each.level >= level - 1e-9]
        return min(fit, key=lambda each: each.level, default=None)

    def packed(self) -> bytes:
        """Raises `Refusal` UNREADABLE_ARTEFACT for numbers that are not finite."""
        arrays = tensors_of(self.operator, self.scaling)
        if self.method is not None:
            arrays |= under("uncertainty", _arrays({**self.method.method.tensors(), **self.method.tensors()}))
        for number, interval in enumerate(self.intervals):
            arrays |= under(f"calibration.{number}", _arrays(interval.tensors()))
        for number, (grid, intervals) in enumerate(self.elsewhere.items()):
            arrays[f"elsewhere.{number}.grid"] = np.array(grid, np.int64)
            for place, interval in enumerate(intervals):
                arrays |= under(f"elsewhere.{number}.{place}", _arrays(interval.tensors()))
        if self.flag is not None:
            arrays |= under("calibration.flag", _own(_arrays(self.flag.tensors()), part(arrays, "uncertainty")))
        samples = {"samples.training": self.training, "samples.calibration": self.calibration}
        arrays["samples.grid"] = np.array(self.grid, np.int64)
        return pack(self.card, arrays | {name: _rows(each) for name, each in samples.items()})


def unpacked(content: bytes, device: str = "cpu") -> Calibrated:
    """Raises `Refusal` UNREADABLE_ARTEFACT."""
    card, arrays = unpack(content)
    _check_size(card, arrays)
    operator, scaling = restored(card, arrays, device)
    bare = Calibrated(card, operator, scaling, training=_digests(arrays, "training"))
    if not card.uncertainty:
        return bare
    try:
        return _with_doubt(bare, arrays, device)
    except (KeyError, IndexError, RuntimeError, ValueError):
        raise Refusal("UNREADABLE_ARTEFACT", f"has no {card.uncertainty} that could be restored", "artefact") from None


def _with_doubt(bare: Calibrated, arrays: Mapping[str, Array], device: str) -> Calibrated:
    learnt = _tensors(part(arrays, "uncertainty"), device)
    method: Method = load(bare.card.uncertainty).restore(bare.operator, bare.scaling, learnt)
    others = (part(arrays, f"elsewhere.{each}") for each in _numbers(part(arrays, "elsewhere")))
    return replace(
        bare,
        method=Tempered.restore(method, learnt),
        intervals=_intervals(part(arrays, "calibration")),
        flag=_flag(bare, _tensors(part(arrays, "calibration.flag"), device), learnt),
        calibration=_digests(arrays, "calibration"),
        grid=_grid(bare.card, arrays),
        elsewhere={tuple(each["grid"].tolist()): _intervals(each) for each in others},
    )


def _flag(bare: Calibrated, tensors: Mapping[str, Tensor], learnt: Mapping[str, Tensor]) -> Flag | None:
    if not tensors:
        return None
    residual = residual_of(bare.card) if tensors["thresholds"].shape[1] == 2 else None
    shared = {name: each for name, each in learnt.items() if name.startswith(_DISTANCE)}
    return Flag.restore(bare.operator, bare.scaling, {**shared, **tensors}, residual)


def _own(flag: Mapping[str, Array], learnt: Mapping[str, Array]) -> dict[str, Array]:
    """Without the distance where it is the method's: most of what both have."""
    names = [name for name in flag if name.startswith(_DISTANCE)]
    is_shared = all(name in learnt and np.array_equal(flag[name], learnt[name]) for name in names)
    return {name: each for name, each in flag.items() if not (is_shared and name in names)}


def _intervals(arrays: Mapping[str, Array]) -> tuple[Conformal, ...]:
    found = (Conformal.restore(_tensors(part(arrays, each), "cpu")) for each in _numbers(arrays))
    return tuple(replace(each, level=round(each.level, 6)) for each in found)


def _numbers(arrays: Mapping[str, Array]) -> list[str]:
    """That names begin with, in order."""
    return sorted({name.partition(".")[0] for name in arrays} - {"flag", "grid"}, key=int)


def calibrate(
    trained: Calibrated,
    training: Pairs,
    calibration: Pairs,
    method: str,
    *,
    others: tuple[Operator, ...] = (),
    elsewhere: Sequence[Pairs] = (),
) -> Calibrated:
    """With a method fitted on a half of `calibration`, and intervals and a flag on the other. `elsewhere` are the same
    functions on other grids, in the same order: of each of these the second half fits intervals and flag there.

    Raises `Refusal`: UNKNOWN_CHOICE, CALIBRATION_OVERLAPS, WRONG_SIZE where there are too few samples.
    """
    if method not in METHODS:
        raise Refusal("UNKNOWN_CHOICE", f"is {method!r}; choose one of {', '.join(METHODS)}", "uncertainty")
    several = int(_FITTED * len(calibration))
    first, rest = calibration.of(slice(0, several)), calibration.of(slice(several, None))
    rests = [each.of(slice(several, None)) for each in elsewhere]
    try:
        fitted = load(method).fit(
            trained.operator, trained.scaling, training, first, seed=trained.card.seed, others=others
        )
        residual = fitting_residual(trained.card, rest.grid, len(rest))
        flag = Flag.fit(trained.operator, trained.scaling, training, rest, *rests, residual=residual)
    except ValueError as error:
        raise Refusal("WRONG_SIZE", str(error), "calibration") from None
    doubting = replace(
        trained,
        card=msgspec.structs.replace(trained.card, uncertainty=method),
        method=Tempered(fitted, torch.ones(()).to(trained.operator.head.weight)),
        flag=flag,
        training=training.digests(),
        calibration=first.digests(),
    )
    return recalibrate(doubting, rest, *rests)


def recalibrate(doubting: Calibrated, fresh: Pairs, *elsewhere: Pairs) -> Calibrated:
    """With temperature and intervals fitted anew, on samples that nothing of it has seen; the flag stays. Intervals on
    other grids are those of `elsewhere` only, with the temperature of `fresh`: a factor that all scores have in common,
    and that no order of functions changes, takes nothing from a conformal interval.

    Raises `Refusal`: NOT_CALIBRATED of an operator without a method, CALIBRATION_OVERLAPS, WRONG_SIZE.
    """
    if doubting.method is None:
        raise Refusal("NOT_CALIBRATED", "says nothing of how sure it is; train it with an uncertainty", "operator")
    used = doubting.training | doubting.calibration
    for pairs in (fresh, *elsewhere):
        refuse_overlap(pairs, used)
    method = Tempered.fit(doubting.method.method, fresh)
    return replace(
        doubting,
        method=method,
        intervals=_fitted(method, fresh, used),
        calibration=doubting.calibration.union(fresh.digests(), *(pairs.digests() for pairs in elsewhere)),
        grid=fresh.grid,
        elsewhere={pairs.grid: _fitted(method, pairs, used) for pairs in elsewhere},
    )


def _fitted(method: Tempered, fresh: Pairs, used: Set[str]) -> tuple[Conformal, ...]:
    """Without those of which so few functions tell nothing."""
    found = (Conformal.fit(method, fresh, level, used=used, kind=kind) for kind in KINDS for level in LEVELS)
    return tuple(each for each in found if math.isfinite(each.factor))


def _check_size(card: Card, arrays: Mapping[str, Array]) -> None:
    """A card may claim any width: what it claims is not built before its weights are seen to be that large.

    Raises `Refusal` UNREADABLE_ARTEFACT.
    """
    with torch.device("meta"):
        claimed = {name: _real(each).shape for name, each in card.architecture.build(0).state_dict().items()}
    held = part(arrays, "operator")
    if claimed.keys() != held.keys() or any(tuple(claimed[name]) != held[name].shape for name in held):
        raise Refusal("UNREADABLE_ARTEFACT", "holds weights that are not of its card's architecture", "artefact")


def _real(tensor: Tensor) -> Tensor:
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, Array]:
    """As an artefact takes them: in single precision, and without what is infinite, which says that there is none."""
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
    single = {name: each.astype(np.float32) if each.dtype == np.float64 else each for name, each in arrays.items()}
    return {name: each for name, each in single.items() if each.dtype.kind != "f" or np.isfinite(each).all()}


def _tensors(arrays: Mapping[str, Array], device: str) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array.copy()).to(device) for name, array in arrays.items()}


def _grid(card: Card, arrays: Mapping[str, Array]) -> tuple[int, ...]:
    """Where it is not told, the finest of the training."""
    if "samples.grid" in arrays:
        return tuple(arrays["samples.grid"].tolist())
    return (card.most_points,) * 2 if card.most_points else ()


def _rows(digests: frozenset[str]) -> Array:
    """(samples, 32) uint8, sorted: digests of samples, as an artefact holds them."""
    return np.frombuffer(b"".join(bytes.fromhex(each) for each in sorted(digests)), np.uint8).reshape(-1, 32)


def _digests(arrays: Mapping[str, Array], name: str) -> frozenset[str]:
    return frozenset(row.tobytes().hex() for row in arrays.get(f"samples.{name}", ()))
