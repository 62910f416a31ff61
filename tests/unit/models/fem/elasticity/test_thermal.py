"""Thermal strain against exact solutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.base import Array
from models.fem.elasticity.task import ElasticityTask
from models.fem.simplicial import Simplicial
from tests.unit.models.fem.elasticity.bodies import (
    BODIES,
    boundary_facets,
    given_on_boundary,
    held,
    solved,
    task_on,
)

E, NU, ALPHA, RISE = 2.0, 0.3, 1e-3, 40.0
both_degrees = pytest.mark.parametrize("degree", (1, 2))
kinds = pytest.mark.parametrize(
    ("name", "plane"),
    [
        ("distorted square", "strain"),
        ("distorted square", "stress"),
        ("distorted two holes", "strain"),
        ("distorted box", "strain"),
    ],
)


def heated(mesh: Simplicial, degree: int, plane: str, **fields: Any) -> ElasticityTask:
    given = {"expansion": np.array([ALPHA]), "temperature": np.array([RISE]), **fields}
    return task_on(mesh, degree, plane=plane, **given)


def just_held(mesh: Simplicial, degree: int, u: Array) -> dict[str, Array]:
    """Rigid motions stopped at one facet, where the exact displacement u (points, d) is given."""
    points = mesh.facet_points(degree)[boundary_facets(mesh)[0]]
    return held(points, u[points])


@kinds
@both_degrees
def test_a_free_body_expands_without_stress_but_across_the_plane(name: str, plane: str, degree: int) -> None:
    mesh = BODIES[name]
    in_plane_strain = plane == "strain" and mesh.nodes.shape[1] == 2
    exact = ALPHA * RISE * (1 + NU if in_plane_strain else 1) * mesh.points(degree)
    result = solved(heated(mesh, degree, plane, **just_held(mesh, degree, exact)))
    np.testing.assert_allclose(result.displacement, exact, atol=1e-12)
    across = -E * ALPHA * RISE if in_plane_strain else 0.0
    np.testing.assert_allclose(result.stress, np.broadcast_to([0, 0, across, 0, 0, 0], result.stress.shape), atol=1e-12)
    np.testing.assert_allclose(result.reaction, 0, atol=1e-12)
    np.testing.assert_allclose(result.strain_energy, across**2 / (2 * E) * mesh.volumes, atol=1e-14)


@kinds
@both_degrees
def test_a_body_that_is_held_all_around_is_under_pressure(name: str, plane: str, degree: int) -> None:
    mesh = BODIES[name]
    result = solved(heated(mesh, degree, plane, **given_on_boundary(mesh, degree, np.zeros_like)))
    pressure = E * ALPHA * RISE / (1 - NU if plane == "stress" else 1 - 2 * NU)
    across = 0.0 if plane == "stress" else -pressure
    six = [-pressure, -pressure, across, 0, 0, 0]
    np.testing.assert_allclose(result.displacement, 0, atol=1e-13)
    np.testing.assert_allclose(result.stress, np.broadcast_to(six, result.stress.shape), atol=1e-12)
    np.testing.assert_allclose(result.imbalance, 0, atol=1e-12)


@pytest.mark.parametrize(("name", "plane"), [("distorted square", "stress"), ("distorted box", "strain")])
def test_a_linear_temperature_bends_a_free_body_without_stress(name: str, plane: str) -> None:
    """ε = α (c·x) I is compatible: u = α ((c·x) x − |x|² c / 2), which quadratic elements hold."""
    mesh = BODIES[name]
    c = np.array([3.0, -2.0, 1.0])[: mesh.nodes.shape[1]]
    x = mesh.points(2)
    exact = ALPHA * ((x @ c)[:, None] * x - np.sum(x**2, axis=1)[:, None] * c / 2)
    task = heated(mesh, 2, plane, temperature=mesh.nodes @ c, **just_held(mesh, 2, exact))
    result = solved(task)
    np.testing.assert_allclose(result.displacement, exact, atol=1e-13)
    np.testing.assert_allclose(result.stress, 0, atol=1e-13)
    np.testing.assert_allclose(result.strain_energy, 0, atol=1e-20)


@both_degrees
def test_temperatures_of_cells_are_added(degree: int) -> None:
    mesh = BODIES["distorted box"]
    around = given_on_boundary(mesh, degree, np.zeros_like)
    parts = heated(mesh, degree, "strain", cell_temperature=np.full(len(mesh.cells), RISE), **around)
    whole = heated(mesh, degree, "strain", temperature=np.full(len(mesh.nodes), 2 * RISE), **around)
    np.testing.assert_allclose(solved(parts).stress, solved(whole).stress, rtol=1e-12, atol=1e-13)


def test_without_expansion_a_temperature_does_nothing() -> None:
    mesh = BODIES["square"]
    result = solved(task_on(mesh, 1, temperature=np.array([RISE]), **given_on_boundary(mesh, 1, np.zeros_like)))
    assert not result.stress.any()
