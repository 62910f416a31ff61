"""Flows whose exact velocity and pressure are known, and how far an answer is from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy import cos, pi, sin

from models.base import Array
from models.fem.domain.build import mesh_of
from models.fem.flow.space import taylor_hood
from models.fem.flow.task import FlowResult, FlowTask

Exact = Callable[..., Sequence[Array]]


def errors(task: FlowTask, result: FlowResult, exact: Exact) -> Array:
    """(2,): of u and of p in L²; exact(*coordinates) is (u, v, ..., p)."""
    space = taylor_hood(mesh_of(task), task.cell_kind)
    *velocity, pressure = exact(*space.velocity.global_coordinates())
    u = np.asarray(space.velocity.interpolate(result.velocity.ravel()))
    p = np.asarray(space.pressure.interpolate(result.pressure))
    dx = space.velocity.dx
    return np.sqrt([np.sum((u - np.stack(velocity)) ** 2 * dx), np.sum((p - pressure) ** 2 * dx)])


# Curls of sin² sin² and of nothing, whose forces are f = −Δu + ∇p for μ = 1.
PLANE_FORCE = (
    "-2*pi**3*sin(2*pi*y)*(2*cos(2*pi*x) - 1) + pi*cos(pi*x)*sin(pi*y),"
    "2*pi**3*sin(2*pi*x)*(2*cos(2*pi*y) - 1) + pi*sin(pi*x)*cos(pi*y)"
)
SPACE_FORCE = "pi**2*sin(pi*y) + pi*cos(pi*x), pi**2*sin(pi*z), pi**2*sin(pi*x)"
SPACE_VELOCITY = "sin(pi*y), sin(pi*z), sin(pi*x)"


def plane(x: Array, y: Array) -> Sequence[Array]:
    u = pi * sin(pi * x) ** 2 * sin(2 * pi * y)
    v = -pi * sin(2 * pi * x) * sin(pi * y) ** 2
    return u, v, sin(pi * x) * sin(pi * y) - 4 / pi**2


def space(x: Array, y: Array, z: Array) -> Sequence[Array]:
    return sin(pi * y), sin(pi * z), sin(pi * x), sin(pi * x) - 2 / pi


# Kovasznay 1948, Proc. Camb. Phil. Soc. 44, 58: behind a grid, ρ = 1, at Reynolds number 1/μ = 40; x is shifted by 1/2.
DECAY = 20 - math.sqrt(400 + 4 * pi**2)


def kovasznay(x: Array, y: Array) -> Sequence[Array]:
    damping = np.exp(DECAY * (x - 0.5))
    mean = (np.exp(2 * DECAY) - np.exp(-DECAY)) / (2 * DECAY) / 1.5  # of damping², over (0, 1.5)
    u = 1 - damping * cos(2 * pi * y)
    v = DECAY / (2 * pi) * damping * sin(2 * pi * y)
    return u, v, (mean - damping**2) / 2


KOVASZNAY_VELOCITY = f"1 - exp({DECAY}*(x - 0.5))*cos(2*pi*y), {DECAY / (2 * pi)}*exp({DECAY}*(x - 0.5))*sin(2*pi*y)"
