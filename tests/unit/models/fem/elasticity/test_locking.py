"""What nearly incompressible materials do to either degree: the reason for `check.MAX_POISSON`."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.fem.elasticity.check import MAX_POISSON
from models.fem.elasticity.recovery import energy_estimate
from models.fem.elasticity.system import balance
from tests.unit.models.fem.elasticity.bodies import block, boundary_facets, clamped, posed, task_on


def work(count: int, degree: int, poisson: float) -> tuple[float, float]:
    """Of the end load on a cantilever of 5 × 1 with `count` squares over its height, and the estimated part that is
    missing: the energy of the error over it. The limits of the task are not asked."""
    mesh = block((5 * count, count), (5.0, 1.0))
    end = boundary_facets(mesh, lambda x: np.isclose(x[:, 0], 5))
    task = task_on(
        mesh,
        degree,
        traction_facets=mesh.facets[end],
        traction_values=np.tile([0.0, 1.0], (len(end), 1)),
        **clamped(mesh, degree),
    )
    problem = posed(task, mesh)
    material = dataclasses.replace(problem.material, poisson=np.full(len(mesh.cells), poisson))
    problem = dataclasses.replace(problem, material=material)
    found = balance(problem)
    done = found.energy_norm**2
    return done, energy_estimate(problem, found.u, found.energy_norm)[0].value ** 2 / done


def missing(count: int, degree: int, poisson: float) -> tuple[float, float]:
    """The part of the work that is missing against a much finer mesh, and the estimate of it."""
    exact, _ = work(40, 2, poisson)
    done, estimated = work(count, degree, poisson)
    return 1 - done / exact, estimated


def test_linear_elements_lock_as_the_body_becomes_incompressible() -> None:
    assert missing(4, 1, 0.3)[0] < 0.25
    assert missing(4, 1, 0.499)[0] > 0.9


def test_beyond_the_limit_the_estimate_of_linear_elements_does_not_see_it() -> None:
    """On a coarse mesh nearly all of the work is missing, and the estimate speaks of a fraction: hence the refusal."""
    lost, estimated = missing(2, 1, 0.4999)
    assert lost > 0.95
    assert estimated < 0.2


@pytest.mark.parametrize("count", (4, 8))
def test_up_to_the_limit_the_estimate_of_linear_elements_sees_it(count: int) -> None:
    lost, estimated = missing(count, 1, MAX_POISSON[1])
    assert 0.7 * lost < estimated < 1.5 * lost


def test_quadratic_elements_lose_little_up_to_their_limit() -> None:
    assert missing(2, 2, 0.49)[0] < 0.06
    assert missing(2, 2, MAX_POISSON[2])[0] < 0.08
    assert missing(4, 2, MAX_POISSON[2])[0] < 0.03
