"""A mesh of two parts of which only one is held, posed to every problem of the catalogue that takes a mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.base import Array, Refusal, Result
from models.catalog import CATALOG
from models.fem.mesh import unit_square

ONE = np.ones(1)


def two_squares(count: int) -> tuple[Array, Array]:
    """Two unit squares, a gap of 1 between them, the first on the left."""
    square = unit_square(count, count)
    nodes = np.vstack((square.nodes, square.nodes + np.array([2.0, 0.0])))
    return nodes, np.vstack((square.cells, square.cells + len(square.nodes)))


NODES, CELLS = two_squares(3)
LEFT = np.array([0, 4, 8, 12])  # nodes on x = 0
LEFT_EDGES = np.stack((LEFT[:-1], LEFT[1:]), axis=1)
CORNERS = (LEFT[:-1, None] + np.arange(3)).ravel()  # lower left ones of the first square's bricks
BRICKS = np.concatenate([start + CORNERS[:, None] + (0, 1, 5, 4) for start in (0, 16)])


def on_a_domain(conditions: str, **more: Any) -> dict[str, Any]:
    return {
        "shape": "own",
        "nodes": NODES,
        "cells": CELLS,
        "boundary_facets": LEFT_EDGES,
        "boundary_labels": np.zeros(len(LEFT_EDGES), np.int64),
        "boundary_names": "left",
        "conditions": conditions,
        "divisions": None,
        "lengths": None,
        "cell_kind": "triangle",
        "degree": 1,
        **more,
    }


def by_points(**more: Any) -> dict[str, Any]:
    values = {"dirichlet_points": LEFT, "dirichlet_values": np.zeros(4)}
    return {"nodes": NODES, "cells": CELLS, "conductivity": ONE, "source": ONE, **values, **more}


MEASURED = {
    "measured_points": np.array([5, 21]),
    "measured_values": np.ones(2),
    "measured_deviations": ONE,
}
HELD = {
    "fixed_points": np.repeat(LEFT, 2),
    "fixed_axes": np.tile([0, 1], 4),
    "degree": 1,
}
ELASTIC = {"nodes": NODES, "cells": CELLS, "young_modulus": ONE, "poisson_ratio": 0.3 * ONE}
POSED: dict[str, dict[str, Any]] = {
    "fem.elasticity": {**ELASTIC, **HELD, "fixed_values": np.zeros(8), "body_force": np.ones((1, 2))},
    "fem.elasticity.bricks": on_a_domain(
        "left: u = 0, 0",
        cells=BRICKS,
        cell_kind="quadrilateral",
        young_modulus=ONE,
        poisson_ratio=0.3 * ONE,
        force="0, 1",
    ),
    "fem.elasticity.topology": {
        **ELASTIC,
        **HELD,
        "force_points": np.array([7]),
        "force_axes": np.array([1]),
        "force_values": ONE,
    },
    "fem.diffusion": by_points(),
    "fem.diffusion.adaptive": by_points(tolerance=0.1),
    "fem.diffusion.certify": by_points(field=np.zeros(len(NODES))),
    "fem.diffusion.goal": by_points(goal_density=ONE),
    "fem.diffusion.gradient": by_points(cotangent=np.ones(len(NODES))),
    "fem.diffusion.inverse": by_points(**MEASURED),
    "fem.diffusion.identify": by_points(**MEASURED, lowest_conductivity=0.1 * ONE, highest_conductivity=10 * ONE),
    "fem.form": on_a_domain("left: u = 0"),
    "fem.hyperelasticity": on_a_domain("left: u = 0, 0", young_modulus=ONE, poisson_ratio=0.3 * ONE, force="0, 1"),
    "fem.transport": on_a_domain("left: u = 0", diffusivity=ONE, source="1"),
    "fem.nonlinear_diffusion": on_a_domain("left: u = 0", conductivity=ONE, source="1", exponent=3.0),
    "fem.navier_stokes": on_a_domain("left: u = 0, 0", viscosity=ONE),
    "fem.stokes": on_a_domain("left: u = 0, 0", viscosity=ONE),
    "fem.navier_stokes.transient": on_a_domain("left: u = 0, 0", viscosity=ONE, steps=2),
    "fem.modes": on_a_domain(
        "left: u = 0, 0; boundary: traction = 0, -1",
        problem="buckling",
        count=2,
        young_modulus=ONE,
        poisson_ratio=0.3 * ONE,
    ),
}


# What has exactly one solution all the same, or a spectrum: what is there at first stays known, waves have a length,
# and a body that nothing holds vibrates.
DETERMINED: dict[str, dict[str, Any]] = {
    "fem.heat": on_a_domain("left: u = 0", conductivity=ONE, capacity=ONE, time_step=0.1, steps=5, source="1"),
    "fem.helmholtz": on_a_domain("left: u = 1, 0", angular_frequency=2.0, wave_speed=ONE),
    "fem.modes": on_a_domain("left: u = 0", count=3),
}
WITHOUT_A_PROBLEM = {"fem.export", "fem.mesh", "fem.mesh.file"}


def run(name: str, **fields: Any) -> Result | Refusal:
    spec = CATALOG[name]
    (answer,) = spec.load("cpu").run([spec.task(**fields)])
    return answer


def shaken(fields: dict[str, Any], seed: int) -> dict[str, Any]:
    """With inner nodes moved, so that what is singular is so but for round-off."""
    nodes = NODES + np.random.default_rng(seed).uniform(-0.08, 0.08, NODES.shape)
    nodes[LEFT] = NODES[LEFT]
    return {**fields, "nodes": nodes}


def test_every_problem_of_the_catalogue_is_here() -> None:
    assert {*POSED, *DETERMINED, *WITHOUT_A_PROBLEM} == {name for name in CATALOG if name.startswith("fem.")}


@pytest.mark.parametrize("name", POSED)
def test_a_part_that_nothing_holds_is_refused(name: str) -> None:
    for fields in (POSED[name], *(shaken(POSED[name], seed) for seed in range(3))):
        answer = run(name, **fields)
        assert isinstance(answer, Refusal), answer
        assert answer.reason == "SINGULAR_PROBLEM"
        assert answer.field in ("conditions", "cells", "form", "dirichlet_points", "fixed_points")


def test_a_part_that_nothing_holds_or_loads_is_refused_too() -> None:
    """Newton's method has nothing to do there, and u = 0 is but one of many solutions."""
    for form in ("dot(grad(u), grad(v))", "dot(grad(u), grad(v)) - where(x < 1, 1, 0)*v"):
        answer = run("fem.form", **on_a_domain("left: u = 0", form=form))
        assert isinstance(answer, Refusal), answer
        assert (answer.reason, answer.field) == ("SINGULAR_PROBLEM", "form")


def by_a_corner(fields: dict[str, Any]) -> dict[str, Any]:
    """The second square moved, so that its lower left corner is the upper right one of the first."""
    half = len(NODES) // 2
    numbers = np.concatenate((np.arange(half), [half - 1], np.arange(half, 2 * half - 1)))
    nodes = np.vstack((NODES[:half], NODES[half + 1 :] + np.array([-1.0, 1.0])))
    return {**fields, "nodes": nodes, "cells": numbers[CELLS]}


@pytest.mark.parametrize(
    "name", ["fem.transport", "fem.form", "fem.nonlinear_diffusion", "fem.diffusion", "fem.stokes"]
)
def test_a_part_is_not_held_by_a_corner_that_it_shares(name: str) -> None:
    answer = run(name, **by_a_corner(POSED[name]))
    assert isinstance(answer, Refusal), answer
    assert answer.reason == "SINGULAR_PROBLEM"


def test_parts_that_share_a_corner_are_solved_where_each_is_held_or_reacts() -> None:
    fields = by_a_corner(POSED["fem.transport"])
    reacting = np.repeat([0.0, 1.0], len(CELLS) // 2)
    for change in ({"conditions": "boundary: u = 0"}, {"reaction": reacting}):
        assert isinstance(run("fem.transport", **{**fields, **change}), Result)
    refused = run("fem.transport", **{**fields, "reaction": reacting[::-1].copy()})
    assert isinstance(refused, Refusal), refused
    assert refused.reason == "SINGULAR_PROBLEM"


def test_a_cell_whose_corners_are_all_shared_is_held_by_its_facet_or_reacts() -> None:
    """A triangle in the middle, and one at each of its corners."""
    nodes = np.array([[0.0, 0], [1, 0], [0, 1], [-1, -0.5], [-0.5, -1], [2, -0.5], [2, 0.5], [0.5, 2], [-0.5, 2]])
    cells = np.array([[0, 1, 2], [0, 3, 4], [1, 5, 6], [2, 7, 8]])
    around = np.array([[3, 4], [5, 6], [7, 8]])
    fields = {**POSED["fem.transport"], "nodes": nodes, "cells": cells}

    def answer(facets: Array, reaction: float) -> Result | Refusal:
        named = {"boundary_facets": facets, "boundary_labels": np.zeros(len(facets), np.int64)}
        return run("fem.transport", **{**fields, **named, "reaction": np.array([reaction, 0.0, 0.0, 0.0])})

    assert isinstance(answer(np.vstack((around, [[0, 1]])), 0.0), Result)
    assert isinstance(answer(around, 1.0), Result)
    assert isinstance(answer(around, 0.0), Refusal)


@pytest.mark.parametrize(("name", "field"), [("fem.heat", "u"), ("fem.helmholtz", "u"), ("fem.modes", "eigenvalues")])
def test_what_is_determined_without_being_held_is_answered_as_each_part_by_itself(name: str, field: str) -> None:
    one, half = len(CELLS) // 2, len(NODES) // 2
    free = {"nodes": NODES[half:], "cells": CELLS[:one], "conditions": "", "boundary_facets": None}
    held = {"nodes": NODES[:half], "cells": CELLS[:one]}
    both, left, right = (
        run(name, **{**DETERMINED[name], **change})
        for change in ({}, held, {**free, "boundary_labels": None, "boundary_names": ""})
    )
    together, first, second = (np.asarray(getattr(answer, field)) for answer in (both, left, right))
    if field == "eigenvalues":
        np.testing.assert_allclose(together, np.sort(np.concatenate((first, second)))[:3], atol=1e-9)
    else:
        points = -1 if name == "fem.heat" else 0
        np.testing.assert_allclose(together, np.concatenate((first, second), axis=points), atol=1e-12)


def test_each_part_that_is_held_is_solved() -> None:
    answer = run("fem.transport", **{**POSED["fem.transport"], "conditions": "boundary: u = 0"})
    assert isinstance(answer, Result)
    half = len(NODES) // 2
    np.testing.assert_allclose(answer.u[:half], answer.u[half:], atol=1e-12)  # type: ignore[attr-defined]
