"""Steady Navier–Stokes: exact flows, published benchmarks, and what happens where Newton's method fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array, Outcome, Refusal
from models.fem.domain.build import mesh_of
from models.fem.flow.problem import flow
from models.fem.flow.steady import SteadyFlowSolver
from models.fem.flow.steady_task import SPEC, SteadyFlowResult, SteadyFlowTask
from tests.unit.models.fem.flow.manufactured import KOVASZNAY_VELOCITY, errors, kovasznay


def solve(task: SteadyFlowTask) -> SteadyFlowResult:
    (found,) = SteadyFlowSolver("cpu").run([task])
    assert isinstance(found, SteadyFlowResult), found
    return found


def grid(kind: str, count: int) -> SteadyFlowTask:
    return SteadyFlowTask(
        divisions=np.array([3 * count // 2, count]),
        lengths=np.array([1.5, 1.0]),
        cell_kind=kind,
        viscosity=np.array([1 / 40]),
        conditions=f"boundary: u = {KOVASZNAY_VELOCITY}",
    )


@pytest.mark.parametrize("kind", ["triangle", "quadrilateral"])
def test_kovasznays_flow_is_found_with_orders_three_and_two(kind: str) -> None:
    coarse, fine = (errors(task, solve(task), kovasznay) for task in (grid(kind, 8), grid(kind, 16)))
    orders = np.log2(coarse / fine)
    assert orders[0] > 2.8
    assert orders[1] > 1.8


def test_newtons_method_is_quadratic_at_the_solution() -> None:
    history = solve(grid("triangle", 8)).history
    assert (history[:, 0] == 1).all()
    size = history[:, 1]
    small = (size[:-1] < 1e-2) & (size[1:] > 1e-13)
    assert small.any()
    assert (size[1:][small] < 100 * size[:-1][small] ** 2).all()


@pytest.mark.parametrize("kind", ["tetrahedron", "hexahedron"])
def test_a_quadratic_flow_in_space_is_found_exactly(kind: str) -> None:
    """u = (y², z², x²) and p = x: ρ (u·∇)u = 2ρ (y z², z x², x y²), −μ Δu = −2μ (1, 1, 1); ρ = 3, μ = 1/2."""
    task = SteadyFlowTask(
        shape="cube",
        divisions=np.full(3, 2),
        cell_kind=kind,
        viscosity=np.array([0.5]),
        density=3.0,
        force="6*y*z**2, 6*z*x**2 - 1, 6*x*y**2 - 1",
        conditions="boundary: u = y**2, z**2, x**2",
        body="boundary",
    )
    result = solve(task)
    x, y, z = result.points.T
    np.testing.assert_allclose(result.velocity, np.stack((y**2, z**2, x**2), axis=1), atol=1e-11)
    np.testing.assert_allclose(result.pressure, (x - 0.5)[: len(result.pressure)], atol=1e-10)
    assert result.body_force is not None
    np.testing.assert_allclose(result.body_force, [0, -1, -1], atol=1e-10)  # −∮ σ n = ∫ (∇p − μ Δu)


def channel(*divisions: int, kind: str = "quadrilateral", stress: str = "gradient") -> SteadyFlowTask:
    return SteadyFlowTask(
        shape="channel",
        divisions=np.array(divisions),
        cell_kind=kind,
        viscosity=np.array([1e-3]),
        stress=stress,
        conditions="inlet: u = 1.2*y*(0.41 - y)/0.41**2, 0; walls: u = 0, 0; cylinder: u = 0, 0",
        body="cylinder",
    )


def test_drag_lift_and_pressure_drop_of_the_cylinder_are_those_of_the_dfg_benchmark() -> None:
    """2D-1 of Schäfer & Turek 1996 (Notes Numer. Fluid Mech. 52, 547-566); c_D = 5.57953523384, c_L = 0.010618948146,
    Δp = 0.11752016697 by Nabh 1998, which all later work agrees with."""
    result = solve(channel(12, 8, 12))
    assert result.body_force is not None
    drag, lift = result.body_force * 2 / (0.2**2 * 0.1)  # mean velocity, diameter
    assert drag == pytest.approx(5.57953523384, rel=5e-4)
    assert lift == pytest.approx(0.010618948146, rel=2e-2)
    assert pressure_drop(result) == pytest.approx(0.11752016697, rel=3e-3)
    assert result.evidence.outcome is Outcome.CONVERGED
    assert abs(result.net_outflow[0]) < 1e-12


def pressure_drop(result: SteadyFlowResult) -> float:
    """From (0.15, 0.2) to (0.25, 0.2), where no nodes are: linear between neighbours on the circle."""
    places = result.points[: len(result.pressure)] - 0.2
    on_circle = np.abs(np.hypot(*places.T) - 0.05) < 1e-12
    angle = np.arctan2(places[on_circle, 1], places[on_circle, 0])
    front, back = np.interp(
        [np.pi, 0.0], np.sort(angle), result.pressure[on_circle][np.argsort(angle)], period=2 * np.pi
    )
    return float(front - back)


def test_triangles_and_the_symmetric_stress_agree_on_the_drag() -> None:
    drags = [
        solve(task).body_force for task in (channel(6, 5, 6, kind="triangle"), channel(6, 5, 6, stress="symmetric"))
    ]
    assert drags[0] is not None and drags[1] is not None
    assert drags[0][0] == pytest.approx(drags[1][0], rel=3e-3)


def test_the_force_is_the_integral_of_the_stress_where_that_is_accurate() -> None:
    """An inner cylinder that is dragged sideways: −p n + μ (∇u + ∇uᵀ) n on its polygon, as a second method."""
    task = SteadyFlowTask(
        shape="annulus",
        divisions=np.array([6, 32]),
        viscosity=np.array([1.0]),
        conditions="outer: u = 0, 0; inner: u = 1, 0",
        body="inner",
    )
    result = solve(task)
    space = flow(task, mesh_of(task)).space
    facets = space.velocity.boundary("inner")
    velocity = facets.interpolate(result.velocity.ravel())
    pressure = facets.with_element(space.pressure.elem).interpolate(result.pressure)
    shear = velocity.grad + np.swapaxes(velocity.grad, 0, 1)
    n = facets.normals
    traction = np.einsum("ijfq,jfq->ifq", shear, n) - np.asarray(pressure) * n
    assert result.body_force is not None
    direct = -np.sum(traction * facets.dx, axis=(1, 2))
    assert result.body_force[0] == pytest.approx(direct[0], rel=3e-2)
    assert abs(result.body_force[1]) < 1e-2 * abs(direct[0])


# Without a leak: the walls are said last, so that the lid's corners rest with them.
LID = "top: u = 1, 0; left: u = 0, 0; right: u = 0, 0; bottom: u = 0, 0"


def test_the_lid_driven_cavity_is_that_of_ghia_and_of_marchi() -> None:
    """Re 100, at points of our mesh. Ghia, Ghia & Shin 1982, J. Comput. Phys. 48, 387-411, tables I and II, whose
    values on 129² points are right to some 0.004; Marchi, Suero & Araki 2009, J. Braz. Soc. Mech. Sci. Eng. 31,
    186-198, extrapolated from 1024² cells, to seven digits."""
    task = SteadyFlowTask(
        cell_kind="quadrilateral", divisions=np.array([16, 16]), viscosity=np.array([0.01]), conditions=LID
    )
    result = solve(task)
    for y, u in {1 / 16: -0.04192, 9 / 32: -0.15662, 1 / 2: -0.20581, 31 / 32: 0.78871}.items():
        assert at(result, (0.5, y))[0] == pytest.approx(u, abs=5e-3)
    for x, v in {1 / 16: 0.09233, 3 / 32: 0.12317, 5 / 32: 0.16077, 1 / 2: 0.05454, 31 / 32: -0.05906}.items():
        assert at(result, (x, 0.5))[1] == pytest.approx(v, abs=5e-3)
    marchi = [
        *(
            -0.041974991,
            -0.077125399,
            -0.109816214,
            -0.141930064,
            -0.172712391,
            -0.198470859,
            -0.212962392,
            -0.209149142,
        ),
        *(-0.182080595, -0.131256301, -0.060245594, 0.027874448, 0.140425325, 0.310557090, 0.597466694),
    ]
    found = [at(result, (0.5, number / 16))[0] for number in range(1, 16)]
    np.testing.assert_allclose(found, marchi, atol=4e-4)


def at(result: SteadyFlowResult, place: tuple[float, float]) -> Array:
    distance = np.hypot(*(result.points - place).T)
    assert distance.min() < 1e-12
    return result.velocity[np.argmin(distance)]


CAVITY = SteadyFlowTask(
    cell_kind="quadrilateral",
    divisions=np.array([8, 8]),
    viscosity=np.array([1e-3]),
    conditions=LID,
)


def test_where_newton_fails_at_once_continuation_goes_on_from_smaller_reynolds_numbers() -> None:
    result = solve(CAVITY)
    shares = result.history[:, 0]
    assert shares.min() < 1 and shares[0] == shares[-1] == 1
    assert result.evidence.outcome is Outcome.CONVERGED
    assert result.history[-1, 1] <= 1e-8


def test_a_flow_that_is_not_found_is_an_answer_with_advice_and_without_gradients() -> None:
    result = solve(replace(CAVITY, max_steps=20, velocity_cotangent=np.ones((17 * 17, 2))))
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "of the density" in result.evidence.advice
    assert result.evidence.residual is not None and result.evidence.residual > 1e-3
    assert np.isfinite(result.velocity).all()
    assert result.viscosity_gradient is None
    assert len(result.history) >= 20


def test_without_density_the_flow_is_that_of_stokes_after_no_step() -> None:
    result = solve(replace(CAVITY, density=0.0))
    assert len(result.history) == 1
    assert result.evidence.outcome is Outcome.CONVERGED


def test_without_any_data_nothing_moves() -> None:
    result = solve(replace(CAVITY, conditions="boundary: u = 0, 0"))
    assert result.evidence.outcome is Outcome.CONVERGED
    np.testing.assert_array_equal(result.velocity, 0)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"density": -1.0}, "NOT_POSITIVE", "density"),
        ({"max_steps": 0}, "OUT_OF_RANGE", "max_steps"),
        ({"divisions": np.array([1, 1]), "cell_kind": "triangle"}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "boundary: u = 0, 0; top: u = 1e300, 0", "density": 1e300}, "OUT_OF_RANGE", "viscosity"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(change: dict[str, object], reason: str, field: str) -> None:
    (found,) = SteadyFlowSolver("cpu").run([replace(CAVITY, **change)])  # type: ignore[arg-type]
    assert isinstance(found, Refusal)
    assert (found.reason, found.field) == (reason, field)


def test_the_example_is_answered() -> None:
    (result,) = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(result, SteadyFlowResult)
    assert result.body_force is not None and result.body_force[0] > 0
