"""Steps in time against exact solutions, orders in time and space, and a published temperature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from skfem import Basis

from models.base import Array
from models.fem.domain.basis import scalar_basis
from models.fem.domain.build import mesh_of
from models.fem.domain.elements import LAGRANGE
from models.fem.domain.task import DIMENSION
from models.fem.heat import form
from models.fem.heat.solve import HeatSolver
from models.fem.heat.task import HeatResult, HeatTask
from tests.unit.models.fem.known_fields import accepted, domain_of, errors, rates

ONE = np.array([1.0])


def solved(task: HeatTask) -> HeatResult:
    task.check()
    result = accepted(HeatSolver("cpu").run([task]))
    assert isinstance(result, HeatResult)
    return result


@pytest.mark.parametrize("theta", [0.5, 0.7, 1.0])
@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_what_is_linear_in_space_and_time_is_found_exactly(kind: str, degree: int, theta: float) -> None:
    """u = (1 + t)(1 + x − 2y), with all three kinds of conditions that change in time."""
    low, high = ("bottom", "top") if DIMENSION[kind] == 2 else ("front", "back")
    task = HeatTask(
        **domain_of(kind, 2, degree),  # type: ignore[arg-type]
        conductivity=np.array([3.0]),
        capacity=np.array([2.0]),
        source="2*(1 + x - 2*y)",
        initial="1 + x - 2*y",
        conditions="left: u = (1 + t)*(1 - 2*y); right: q = 3*(1 + t); "
        f"{low}: q = 6*(1 + t); {high}: h = 2, (1 + t)*(x - 4)",
        time_step=0.3,
        steps=7,
        theta=theta,
        every=3,
    )
    result = solved(task)
    np.testing.assert_allclose(result.times, [0.9, 1.8, 2.1])
    x, y = result.points.T[:2]
    np.testing.assert_allclose(result.u, np.outer(1 + result.times, 1 + x - 2 * y), atol=1e-12)


@pytest.mark.parametrize("theta", [0.5, 0.7, 1.0])
def test_each_mode_of_the_discrete_problem_decays_by_the_scheme_s_own_factor(theta: float) -> None:
    task = HeatTask(
        divisions=np.array([4, 3]),
        conductivity=np.array([0.7]),
        capacity=np.array([2.0]),
        time_step=0.05,
        steps=5,
        theta=theta,
    )
    basis: Basis = scalar_basis(task, mesh_of(task))
    mass = form.mass.assemble(basis, capacity=np.full((basis.mesh.nelements, 1), 2.0)).toarray()
    stiffness = form.diffusion.assemble(basis, k=np.full((basis.mesh.nelements, 1), 0.7)).toarray()
    values, modes = eigh(stiffness, mass)
    for at in (0, 3, -1):
        decay = (1 - (1 - theta) * 0.05 * values[at]) / (1 + theta * 0.05 * values[at])
        found = solved(HeatTask(**{**vars(task), "initial_values": modes[:, at]}))
        np.testing.assert_allclose(found.u[0], decay**5 * modes[:, at], atol=1e-12)


@pytest.mark.parametrize(("theta", "order"), [(0.5, 2), (1.0, 1)])
def test_errors_in_time_fall_with_the_scheme_s_order(theta: float, order: int) -> None:
    """u = sin(3t)(1 + x − 2y): no error in space."""
    found = {}
    for steps in (20, 40):
        task = HeatTask(
            divisions=np.array([2, 2]),
            cell_kind="quadrilateral",
            conductivity=ONE,
            capacity=np.array([2.0]),
            source="6*cos(3*t)*(1 + x - 2*y)",
            conditions="left: u = sin(3*t)*(1 - 2*y); right: q = sin(3*t); "
            "top: q = -2*sin(3*t); bottom: q = 2*sin(3*t)",
            time_step=1 / steps,
            steps=steps,
            theta=theta,
        )
        result = solved(task)
        x, y = result.points.T
        found[steps] = (float(np.abs(result.u[0] - np.sin(3.0) * (1 + x - 2 * y)).max()),)
    assert rates(found)[0] == pytest.approx(order, abs=0.1)


def mode(x: Array) -> Array:
    return np.asarray(np.exp(-1.0) * np.prod(np.sin(np.pi * x), axis=0))


def mode_gradient(x: Array) -> Array:
    slopes = []
    for axis in range(len(x)):
        others = np.prod(np.sin(np.pi * np.delete(x, axis, axis=0)), axis=0)
        slopes.append(np.exp(-1.0) * np.pi * np.cos(np.pi * x[axis]) * others)
    return np.stack(slopes)


@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_errors_fall_with_the_degree_plus_one_and_with_the_degree_in_the_gradient(kind: str, degree: int) -> None:
    """A mode of the square or cube that decays by 1/e, in so many steps of second order that these do not show."""
    d = DIMENSION[kind]
    found = {}
    for count in (6, 12) if d == 2 else (3, 6):
        steps = 2 * count if degree == 1 else 4 * count
        task = HeatTask(
            **domain_of(kind, count, degree),  # type: ignore[arg-type]
            conductivity=np.array([1 / (d * np.pi**2)]),
            capacity=ONE,
            initial=" * ".join(f"sin(pi*{axis})" for axis in "xyz"[:d]),
            conditions="boundary: u = 0",
            time_step=1 / steps,
            steps=steps,
        )
        found[count] = errors(task, solved(task).u[0], mode, mode_gradient)
    assert (rates(found) > (degree + 0.6, degree - 0.2)).all()


def test_the_temperature_of_nafems_t3() -> None:
    """36.60 °C at 0.02 m from the end after 32 s: The Standard NAFEMS Benchmarks, rev. 3 (1990), test T3."""
    task = HeatTask(
        divisions=np.array([10, 1]),
        lengths=np.array([0.1, 0.01]),
        cell_kind="quadrilateral",
        degree=2,
        conductivity=np.array([35.0]),
        capacity=np.array([7200 * 440.5]),
        conditions="left: u = 0; right: u = 100*sin(pi*t/40)",
        time_step=0.5,
        steps=64,
    )
    result = solved(task)
    at = np.isclose(result.points, (0.08, 0.0)).all(axis=1)
    assert result.u[0, at].item() == pytest.approx(36.60, abs=0.02)
