"""What a task asks of a flow: J = cotangents · (u, p, F) + integrals, and the cotangent of the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.base import Array
from models.fem.domain.functional import Component, Functional, functional
from models.fem.flow.adjoint import Cotangent, Gradient, cotangent, of_state
from models.fem.flow.problem import Flow
from models.fem.flow.task import FlowTask, GradientFlowTask


@dataclass(frozen=True, eq=False)
class Asked:
    """Made by `asked`."""

    value: Array | None  # (1,): J; None where nothing is asked
    cotangent: Cotangent | None  # None where no gradient is wanted
    by_viscosity: Array | float = field(default=0.0)  # (cells,): dJ as far as integrals speak of it themselves

    def viscosity_gradient(self, found: Gradient | None) -> Array | None:
        return None if found is None else found.viscosity + self.by_viscosity


def integrals(task: FlowTask, flow: Flow, velocity: Array, pressure: Array) -> Functional | None:
    """Of the fields (points, d) and (nodes,); None where none are sent."""
    wanted = task.read_integrals()
    if not wanted:
        return None
    *axes, p = task.vocabulary.numbers
    components = [Component(name, 2, column) for name, column in zip(axes, velocity.T, strict=True)]
    cells = flow.space.mesh.nelements
    coefficients: Mapping[str, Array] = {"viscosity": np.broadcast_to(task.viscosity, (cells,))}
    return functional(wanted, flow.space.mesh, [*components, Component(p, 1, pressure)], coefficients)


def asked(task: GradientFlowTask, flow: Flow, velocity: Array, pressure: Array, force: Array | None) -> Asked:
    """`force` (d,) is that on the body. Raises `Refusal` UNKNOWN_BOUNDARY, WRONG_SIZE or NOT_FINITE."""
    found = integrals(task, flow, velocity, pressure)
    sent = (
        (task.velocity_cotangent, velocity),
        (task.pressure_cotangent, pressure),
        (task.force_cotangent, force),
    )
    products = [float(np.sum(slope * given)) for slope, given in sent if slope is not None and given is not None]
    if found is None:
        value = np.array([sum(products)]) if task.has_cotangent else None
        return Asked(value, cotangent(task, flow) if task.has_cotangent else None)
    total = np.array([found.value + sum(products)])
    if not (task.has_cotangent or task.derivatives):
        return Asked(total, None)
    *axes, p = task.vocabulary.numbers
    more = of_state(flow, np.stack([found.slopes[name] for name in axes], axis=1), found.slopes[p])
    return Asked(total, cotangent(task, flow) + more, found.by_coefficient["viscosity"])
