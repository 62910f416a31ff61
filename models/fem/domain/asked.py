"""What a task asks of its answer: the functional J = cotangent·u + integrals and, where gradients are wanted, dJ/du."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from skfem import Mesh

from models.base import Array
from models.fem.domain.functional import Component, Functional, functional
from models.fem.domain.integrals import Integral, Vocabulary

_NOTHING: Mapping[str, Array] = {}


class Integrated(Protocol):
    """A task with integrals, of a field of its degree."""

    @property
    def degree(self) -> int: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    def read_integrals(self) -> tuple[Integral, ...]: ...


class Differentiated(Integrated, Protocol):
    @property
    def derivatives(self) -> bool: ...


@dataclass(frozen=True, eq=False)
class Asked:
    """Made by `asked`."""

    value: Array | None  # (1,): J; None where nothing is asked
    cotangent: Array | None  # dJ/du, of the shape of u; None where no gradient is wanted
    explicit: Mapping[str, Array] = field(default_factory=dict)  # (cells,): dJ by coefficients that integrals speak of

    def with_explicit(self, gradients: Mapping[str, Array]) -> dict[str, Array]:
        """Gradients by the adjoint, called k_gradient and so on, with what the integrals themselves say of k added."""
        return {
            name: gradient + self.explicit.get(name.removesuffix("_gradient"), 0.0)
            for name, gradient in gradients.items()
        }


def value(task: Integrated, mesh: Mesh, u: Array, coefficients: Mapping[str, Array] = _NOTHING) -> Array | None:
    """(1,): the integrals of u (points,) or (points, numbers); None where there are none."""
    integrals = task.read_integrals()
    return np.array([_integrated(task, integrals, mesh, u, coefficients).value]) if integrals else None


def asked(
    task: Differentiated,
    mesh: Mesh,
    u: Array,
    cotangent: Array | None,
    coefficients: Mapping[str, Array] = _NOTHING,
) -> Asked:
    """Of u (points,) or (points, numbers), whose cotangent has its shape; coefficients one value, or one per cell.

    Raises `Refusal` UNKNOWN_BOUNDARY or NOT_FINITE.
    """
    integrals = task.read_integrals()
    product = 0.0 if cotangent is None else float(np.sum(cotangent * u))
    if not integrals:
        return Asked(None if cotangent is None else np.array([product]), cotangent)
    found = _integrated(task, integrals, mesh, u, coefficients)
    total = np.array([product + found.value])
    if cotangent is None and not task.derivatives:
        return Asked(total, None)
    slope = np.stack([found.slopes[name] for name in task.vocabulary.numbers], axis=-1).reshape(u.shape)
    return Asked(total, slope if cotangent is None else slope + cotangent, found.by_coefficient)


def _integrated(
    task: Integrated, integrals: tuple[Integral, ...], mesh: Mesh, u: Array, coefficients: Mapping[str, Array]
) -> Functional:
    columns = u.reshape(len(u), -1).T
    components = [
        Component(name, task.degree, column) for name, column in zip(task.vocabulary.numbers, columns, strict=True)
    ]
    spread = {name: np.broadcast_to(np.ravel(given), (mesh.nelements,)) for name, given in coefficients.items()}
    return functional(integrals, mesh, components, spread)
