"""Derivatives by Taylor's test and differences, over every kind of cell, filter, projection and objective."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.fem.elasticity.problem import mesh_of
from models.fem.optimize.design import Design
from models.fem.optimize.posed import design
from models.fem.optimize.projection import project
from models.fem.optimize.topology_task import TopologyTask
from tests.unit.models.fem.optimize.bodies import bracket, half_beam, on_simplices, random_design

OUTPUT: dict[str, Any] = {
    "output_points": np.array([0, 3]),
    "output_axes": np.array([1, 1]),
    "output_values": np.array([0.4, -1.0]),
    "spring_points": np.array([3]),
    "spring_axes": np.array([1]),
    "spring_values": np.array([0.7]),
}
PULLED: dict[str, Any] = {
    "poisson_ratio": np.zeros(1),
    "young_modulus": np.array([2.0]),
    "force_points": np.array([4, 9]),
    "force_axes": np.array([0, 0]),
    "force_values": np.array([1.5, 1.5]),
}
TASKS: dict[str, TopologyTask] = {
    "squares": bracket((6, 4), filter_radius=0.3),
    "squares, Helmholtz": bracket((6, 4), filter_radius=0.6, filter="helmholtz", plane="strain"),
    "squares, passive": bracket((6, 4), solid_cells=np.array([0, 5]), void_cells=np.array([13]), filter_radius=0.3),
    "cubes": bracket((3, 2, 2), filter_radius=0.6),
    "output": bracket((3, 3), **OUTPUT),
    "P1": on_simplices("distorted square", 1, filter_radius=0.3),
    "P2": on_simplices("distorted square", 2, filter_radius=0.3, filter="helmholtz"),
    "P1 in space": on_simplices("distorted box", 1),
    "P2 in space": on_simplices("distorted box", 2, filter_radius=0.5, filter="helmholtz"),
}


def posed(name: str) -> Design:
    TASKS[name].check()
    return design(TASKS[name])


@pytest.mark.parametrize("sharpness", (0.0, 4.0))
@pytest.mark.parametrize("name", TASKS)
def test_what_the_gradient_leaves_is_of_second_order(name: str, sharpness: float) -> None:
    goal = posed(name)
    x, direction = random_design(len(goal.active)), random_design(len(goal.active), seed=1) - 0.5
    here = goal.at(x, sharpness)
    rest = []
    for size in (1e-2, 5e-3, 2.5e-3):
        there = goal.at(x + size * direction, sharpness)
        rest.append(abs(there.objective - here.objective - size * float(here.slope @ direction)))
    rates = np.log2(np.array(rest[:-1]) / rest[1:])
    np.testing.assert_allclose(rates, 2, atol=0.15)


@pytest.mark.parametrize("name", ("squares, passive", "output", "P2"))
def test_the_gradients_are_those_of_central_differences(name: str) -> None:
    goal = posed(name)
    x, direction = random_design(len(goal.active)), random_design(len(goal.active), seed=1) - 0.5
    here = goal.at(x, 3.0)
    ahead, behind = (goal.at(x + size * direction, 3.0) for size in (1e-5, -1e-5))
    assert (ahead.objective - behind.objective) / 2e-5 == pytest.approx(here.slope @ direction, rel=1e-6)
    assert (ahead.volume - behind.volume) / 2e-5 == pytest.approx(here.volume_slope @ direction, rel=1e-8)


def test_more_material_is_never_more_compliant() -> None:
    goal = posed("squares")
    assert (goal.at(random_design(len(goal.active)), 0.0).slope <= 0).all()


def test_passive_cells_are_what_they_are_said_to_be() -> None:
    goal = posed("squares, passive")
    found = goal.at(random_design(len(goal.active)), 2.0)
    np.testing.assert_array_equal(found.density[[0, 5, 13]], [1, 1, 0])


def test_the_compliance_of_full_material_is_the_work_of_the_load() -> None:
    """A bar of squares under an even pull, ν = 0: u = F L / (E A) at its end."""
    assert design(half_beam(4, 1, **PULLED)).at(np.ones(4), 0.0).objective == pytest.approx(3.0 * 3.0 * 4 / 2)


def test_a_spring_takes_its_part_of_the_force() -> None:
    """The bar of stiffness E A / L = 1/2 beside springs of 1/2: half of the displacement."""
    springs = {
        "spring_points": np.array([4, 9]),
        "spring_axes": np.array([0, 0]),
        "spring_values": np.array([0.25, 0.25]),
    }
    assert design(half_beam(4, 1, **PULLED, **springs)).at(np.ones(4), 0.0).objective == pytest.approx(3.0 * 3.0)


@pytest.mark.parametrize("sharpness", (0.0, 1.0, 16.0))
def test_the_projection_keeps_its_ends_and_its_middle_and_rises(sharpness: float) -> None:
    at = np.array([0.0, 0.5, 1.0])
    np.testing.assert_allclose(project(at, sharpness)[0], at, atol=1e-15)
    density = np.linspace(0, 1, 21)
    projected, slope = project(density, sharpness)
    assert (np.diff(projected) > 0).all()
    step = 1e-6
    differences = (project(density + step, sharpness)[0] - project(density - step, sharpness)[0]) / (2 * step)
    np.testing.assert_allclose(slope, differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("divisions", "error"), [((4, 3), 1e-12), ((2, 3, 2), 0.02)])
def test_a_traction_pulls_bricks_as_a_bar(divisions: tuple[int, ...], error: float) -> None:
    """All of the side x = 1 under an even pull, ν = 0: F² L / (E A). In space a facet loads as a triangle does, whose
    shares of corners are not those of a trilinear cube; their sum is right."""
    d = len(divisions)
    mesh = mesh_of(bracket(divisions).elastic())
    side = mesh.facets[(mesh.nodes[mesh.facets][:, :, 0] == 1).all(axis=1)]
    traction = np.tile(3.0 * np.eye(d)[0], (len(side), 1))
    nothing = {"force_points": None, "force_axes": None, "force_values": None, "poisson_ratio": np.zeros(1)}
    goal = design(bracket(divisions, traction_facets=side, traction_values=traction, **nothing))
    np.testing.assert_allclose(goal.load.reshape(-1, d).sum(axis=0), 3.0 * np.eye(d)[0], atol=1e-14)
    assert goal.at(np.ones(len(goal.active)), 0.0).objective == pytest.approx(3.0 * 3.0 / 2.0, rel=error)
