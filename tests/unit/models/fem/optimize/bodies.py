"""Bodies to design, and the half of a beam that the literature compares on."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.base import Array
from models.fem.optimize.topology import TopologySolver
from models.fem.optimize.topology_task import TopologyResult, TopologyTask
from tests.unit.models.fem.elasticity.bodies import BODIES, boundary_facets, boundary_points


def half_beam(nx: int, ny: int, **more: Any) -> TopologyTask:
    """The right half of the MBB beam in unit squares: symmetric on the left, a roller at the lower right, a unit force
    down at the upper left."""
    left = (nx + 1) * np.arange(ny + 1)
    fields: dict[str, Any] = {
        "divisions": np.array([nx, ny]),
        "lengths": np.array([nx, ny], dtype=np.float64),
        "young_modulus": np.ones(1),
        "poisson_ratio": np.array([0.3]),
        "force_points": left[-1:],
        "force_axes": np.array([1]),
        "force_values": np.array([-1.0]),
        "fixed_points": np.append(left, nx),
        "fixed_axes": np.append(np.zeros(ny + 1, dtype=np.int64), 1),
    }
    return TopologyTask(**{**fields, **more})


def bracket(divisions: tuple[int, ...], **more: Any) -> TopologyTask:
    """A block held at x = 0 and pulled over all of the opposite side, along the last axis."""
    d = len(divisions)
    at = np.indices([count + 1 for count in divisions[::-1]]).reshape(d, -1)[::-1]
    left = np.flatnonzero(at[0] == 0)
    right = np.flatnonzero(at[0] == divisions[0])
    fields: dict[str, Any] = {
        "divisions": np.array(divisions),
        "young_modulus": np.array([2.0]),
        "poisson_ratio": np.array([0.3]),
        "force_points": right,
        "force_axes": np.full(len(right), d - 1),
        "force_values": np.linspace(0.5, 1.0, len(right)),
        "fixed_points": np.repeat(left, d),
        "fixed_axes": np.tile(np.arange(d), len(left)),
    }
    return TopologyTask(**{**fields, **more})


def on_simplices(name: str, degree: int, **more: Any) -> TopologyTask:
    """One of the bodies, held on the boundary where x is small and under a traction where it is large."""
    mesh = BODIES[name]
    d = mesh.nodes.shape[1]
    middle = float(np.median(mesh.nodes[:, 0]))
    held = boundary_points(mesh, degree, lambda x: x[:, 0] < middle / 2)
    pulled = boundary_facets(mesh, lambda x: x[:, 0] > middle)
    fields: dict[str, Any] = {
        "nodes": mesh.nodes,
        "cells": mesh.cells,
        "degree": degree,
        "young_modulus": np.linspace(1.0, 2.0, len(mesh.cells)),
        "poisson_ratio": np.array([0.3]),
        "traction_facets": mesh.facets[pulled],
        "traction_values": np.tile(np.arange(1.0, d + 1), (len(pulled), 1)),
        "fixed_points": np.repeat(held, d),
        "fixed_axes": np.tile(np.arange(d), len(held)),
    }
    return TopologyTask(**{**fields, **more})


def found(task: TopologyTask) -> TopologyResult:
    [result] = TopologySolver("cpu").run([task])
    assert isinstance(result, TopologyResult), result
    return result


def random_design(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(0.2, 0.8, count)
