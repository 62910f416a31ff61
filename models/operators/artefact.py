"""An operator as one file: its tensors and its card, in safetensors, which holds numbers and nothing that could run.

Arrays are by dotted name: "operator.…" the weights, "scaling.…", "uncertainty.…", "calibration.…", and "samples.…"
(samples, 32) uint8, the digests of the samples that were trained and calibrated on. The same operator is the same
bytes. Light: no PyTorch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.base import Array, Refusal
from models.operators.architecture import Architecture
from models.operators.pairs import Pairs

MOST_BYTES = 1 << 30
# float64 is left out: what is computed with is float32, and the file would be twice as large for nothing.
_DTYPES = ("float32", "float16", "uint8", "int64", "bool")


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator is, and where it comes from."""

    name: str
    problem: str  # such as "darcy"
    architecture: Architecture
    clamped: Literal["none", "all"] = "none"  # see `scaling.Scaling`
    uncertainty: str = ""  # the method that its "uncertainty." tensors belong to; empty: none
    data_digest: str = ""  # SHA-256 of all samples that it was trained on, hexadecimal
    seed: int = 0  # of its training
    metrics: dict[str, float] = {}  # finite, measured when it was made
    code_version: str = ""
    least_points: int = 0  # along an axis of the grids that it was trained on; 0: scattered points
    most_points: int = 0


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In the one entry of the metadata: safetensors orders several at random."""

    card: Card
    digest: str  # SHA-256 of the card and of all tensors, hexadecimal


def pack(card: Card, tensors: Mapping[str, Array]) -> bytes:
    """Raises `Refusal` UNREADABLE_ARTEFACT where `unpack` would."""
    _check(card, tensors)
    held = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
    head = msgspec.json.encode(_Head(card, _digest(card, held)), order="sorted")
    return save(held, {"faraday": head.decode()})


def unpack(content: bytes) -> tuple[Card, dict[str, Array]]:
    """Raises `Refusal` UNREADABLE_ARTEFACT: no safetensors file, no card or one with an unknown field, a digest that is
    not that of its content, or numbers that are not finite."""
    if len(content) > MOST_BYTES:
        raise _unreadable(f"has {len(content)} bytes, and {MOST_BYTES} is the most")
    try:
        tensors = load(content)
        head = msgspec.json.decode(_metadata(content), type=_Head)
    except (SafetensorError, KeyError) as error:  # KeyError: a dtype that NumPy does not have
        raise _unreadable(f"is no safetensors file of ours: {error}") from None
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
        raise _unreadable(f"has no card: {error}") from None
    if _digest(head.card, tensors) != head.digest:
        raise _unreadable("is not what was packed: its digest is another")
    _check(head.card, tensors)
    return head.card, tensors


def part(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Those under "prefix.", by the rest of their names."""
    begin = f"{prefix}."
    return {name.removeprefix(begin): array for name, array in tensors.items() if name.startswith(begin)}


def under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The inverse of `part`."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def data_digest(pairs: Pairs) -> str:
    """SHA-256 of inputs, targets, points and grid, hexadecimal."""
    total = hashlib.sha256(repr(pairs.grid).encode())
    for array in (pairs.positions, pairs.inputs, pairs.targets):
        total.update(repr(array.shape).encode() + np.ascontiguousarray(array, "<f4").tobytes())
    return total.hexdigest()


def _metadata(content: bytes) -> bytes:
    """The metadata's entry, of a file that `load` has read already: its size is sound."""
    size = int.from_bytes(content[:8], "little")
    told = msgspec.json.decode(content[8 : 8 + size], type=dict[str, dict[str, object]])
    entry = told.get("__metadata__", {}).get("faraday")
    if not isinstance(entry, str):
        raise ValueError("there is no entry 'faraday' in its metadata")
    return entry.encode()


def _digest(card: Card, tensors: Mapping[str, Array]) -> str:
    total = hashlib.sha256(msgspec.json.encode(card, order="sorted"))
    for name in sorted(tensors):
        array = tensors[name]
        total.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _check(card: Card, tensors: Mapping[str, Array]) -> None:
    if not all(np.isfinite(value) for value in card.metrics.values()):
        raise _unreadable("has a metric that is not finite")
    for name, array in tensors.items():
        if array.dtype.name not in _DTYPES:
            raise _unreadable(f"holds {name} of {array.dtype.name}; {', '.join(_DTYPES)} are taken", name)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise _unreadable(f"holds {name} with NaN or Inf", name)


def _unreadable(message: str, tensor: str = "") -> Refusal:
    return Refusal("UNREADABLE_ARTEFACT", message, "artefact", {"tensor": tensor} if tensor else None)
