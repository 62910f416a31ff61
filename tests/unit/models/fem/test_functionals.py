"""Functionals by expression of every problem that has a field: their values, and their gradients by Taylor's test."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from models.base import Array, Refusal, Task
from models.fem.bricks.solve import BricksSolver
from models.fem.bricks.task import BricksTask
from models.fem.elasticity.solve import ElasticitySolver
from models.fem.elasticity.task import ElasticityTask
from models.fem.flow.steady import SteadyFlowSolver
from models.fem.flow.steady_task import SteadyFlowTask
from models.fem.flow.stokes import StokesSolver
from models.fem.flow.stokes_task import StokesTask
from models.fem.flow.transient import TransientFlowSolver
from models.fem.flow.transient_task import TransientFlowTask
from models.fem.form.solve import FormSolver
from models.fem.form.task import FormTask
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import GradientTask
from models.fem.heat.solve import HeatSolver
from models.fem.heat.task import HeatTask
from models.fem.helmholtz.solve import HelmholtzSolver
from models.fem.helmholtz.task import HelmholtzTask
from models.fem.hyperelasticity.solve import HyperelasticitySolver
from models.fem.hyperelasticity.task import HyperelasticityTask
from models.fem.nonlinear_diffusion.solve import NonlinearDiffusionSolver
from models.fem.nonlinear_diffusion.task import NonlinearDiffusionTask
from models.fem.transport.solve import TransportSolver
from models.fem.transport.task import TransportTask

SQUARE = np.array([3, 3])
RNG = np.random.default_rng(11)


def around(center: float, count: int = 18) -> Array:
    return center * RNG.uniform(0.8, 1.2, count)


@dataclass(frozen=True)
class Case:
    """A task whose integrals speak of its coefficient, and the gradient by that."""

    solver: Callable[[str], Any]
    task: Task
    coefficient: str
    gradient: str


NO_SLIP = "left: u = 0, 0; top: u = 1, 0; bottom: u = 0, 0"
CASES = {
    "diffusion": Case(
        GradientSolver,
        GradientTask(
            divisions=SQUARE,
            conductivity=around(1.0),
            source=np.ones(1),
            dirichlet_points=np.arange(4),
            dirichlet_values=np.arange(4.0),
            cotangent=np.ones(16),
            integrals="cells: u**2*conductivity; right: u**3; bottom: conductivity*dn(u)",
        ),
        "conductivity",
        "conductivity_gradient",
    ),
    "transport": Case(
        TransportSolver,
        TransportTask(
            divisions=SQUARE,
            diffusivity=around(0.1),
            velocity="1, 0.5",
            source="1",
            conditions="left: u = 0",
            integrals="cells: exp(u)*diffusivity; left: diffusivity*dn(u); right: u**2*nx",
            derivatives=True,
        ),
        "diffusivity",
        "diffusivity_gradient",
    ),
    "heat": Case(
        HeatSolver,
        HeatTask(
            divisions=SQUARE,
            conductivity=around(1.0),
            capacity=around(2.0),
            source="1",
            conditions="left: u = 0",
            steps=4,
            every=2,
            cotangent=RNG.standard_normal((2, 16)),
            integrals="cells: capacity*u**2; left: conductivity*dn(u)",
        ),
        "capacity",
        "capacity_gradient",
    ),
    "form": Case(
        FormSolver,
        FormTask(
            divisions=SQUARE,
            form="k*(1 + u**2)*dot(grad(u), grad(v)) - v",
            coefficients="k",
            coefficient_values=around(1.0)[None],
            conditions="boundary: u = 0",
            integrals="cells: k*dot(grad(u), grad(u)) + u**3",
            derivatives=True,
        ),
        "coefficient_values",
        "coefficient_gradient",
    ),
    "nonlinear diffusion": Case(
        NonlinearDiffusionSolver,
        NonlinearDiffusionTask(
            divisions=SQUARE,
            exponent=3.0,
            conductivity=around(1.0),
            source="1",
            conditions="boundary: u = 0",
            integrals="cells: conductivity*u**2",
            derivatives=True,
        ),
        "conductivity",
        "conductivity_gradient",
    ),
    "helmholtz": Case(
        HelmholtzSolver,
        HelmholtzTask(
            divisions=SQUARE,
            angular_frequency=3.0,
            wave_speed=around(1.0),
            conditions="left: u = 1, 0; right: absorb",
            integrals="cells: wave_speed*(re**2 + im**2); right: re*dn(im)",
            derivatives=True,
        ),
        "wave_speed",
        "wave_speed_gradient",
    ),
    "hyperelasticity": Case(
        HyperelasticitySolver,
        HyperelasticityTask(
            divisions=SQUARE,
            young_modulus=around(1e3),
            poisson_ratio=np.array([0.3]),
            conditions="left: u = 0, 0; right: traction = 0, -20",
            integrals="cells: 1e-3*young_modulus*dot(grad(ux), grad(uy)); right: uy**2",
            derivatives=True,
        ),
        "young_modulus",
        "young_modulus_gradient",
    ),
    "stokes": Case(
        StokesSolver,
        StokesTask(
            divisions=SQUARE,
            viscosity=around(1.0),
            conditions=NO_SLIP,
            body="top",
            force_cotangent=np.array([1.0, 0.5]),
            integrals="cells: viscosity*dot(grad(ux), grad(ux)) + p**2; bottom: p*ny - viscosity*dn(ux)",
        ),
        "viscosity",
        "viscosity_gradient",
    ),
    "navier stokes": Case(
        SteadyFlowSolver,
        SteadyFlowTask(
            divisions=SQUARE,
            viscosity=around(0.1),
            conditions="top: u = 1, 0; left: u = 0, 0; right: u = 0, 0; bottom: u = 0, 0",
            integrals="cells: p**2 + ux*uy*viscosity; left: p**2",
            derivatives=True,
        ),
        "viscosity",
        "viscosity_gradient",
    ),
}


def solved(case: Case, task: Task) -> Any:
    (result,) = case.solver("cpu").run([task])
    assert not isinstance(result, Refusal), result
    return result


def changed(task: Task, **fields: Any) -> Task:
    return dataclasses.replace(task, **fields)


@pytest.mark.parametrize("name", CASES)
def test_what_is_left_of_a_functional_after_its_gradient_is_of_second_order(name: str) -> None:
    """Taylor: J(k + h δ) − J(k) − h dJ·δ falls by four where h is halved."""
    case = CASES[name]
    k = getattr(case.task, case.coefficient)
    way = np.random.default_rng(5).standard_normal(k.shape) * np.abs(k).mean()
    here = solved(case, case.task)
    slope = float(np.sum(getattr(here, case.gradient) * way))
    rests = []
    for step in (2e-2, 1e-2):
        there = solved(case, changed(case.task, **{case.coefficient: k + step * way}))
        rests.append(abs(float(there.functional[0] - here.functional[0]) - step * slope))
    assert 3.5 < rests[0] / rests[1] < 4.6, (name, rests, slope)


@pytest.mark.parametrize("name", [name for name in CASES if name != "diffusion"])
def test_no_gradient_is_computed_where_none_is_asked_for(name: str) -> None:
    case = CASES[name]
    fields = {
        field.name: None for field in dataclasses.fields(case.task) if field.name.endswith("cotangent")
    }  # those of the flows, too
    result = solved(case, changed(case.task, derivatives=False, **fields))
    assert result.functional is not None
    assert getattr(result, case.gradient) is None


def test_a_flux_through_a_named_boundary_balances_the_source() -> None:
    """−∇·(k∇u) = 1 with u = x (1 − x) / 2k, a quadratic that degree 2 holds: half of it leaves on each side."""
    task = TransportTask(
        divisions=SQUARE,
        degree=2,
        diffusivity=np.array([2.0]),
        source="1",
        conditions="left: u = 0; right: u = 0",
        integrals="left: -diffusivity*dn(u)",
    )
    assert solved(CASES["transport"], task).functional[0] == pytest.approx(0.5, rel=1e-12)


def test_forces_of_a_flow_are_the_integral_of_its_stress() -> None:
    """Poiseuille's flow u = y (1 − y) / 2μ under dp/dx = −1: each wall is dragged by 1/2. The consistent force,
    which is added by its cotangent, reaches an edge beyond the ends of the wall."""
    task = StokesTask(
        divisions=SQUARE,
        viscosity=np.array([3.0]),
        stress="gradient",
        conditions="left: u = y*(1 - y)/6, 0; top: u = 0, 0; bottom: u = 0, 0",
        body="top",
        force_cotangent=np.array([1.0, 0.0]),
        integrals="top: viscosity*dn(ux)",
    )
    result = solved(CASES["stokes"], task)
    assert result.functional[0] == pytest.approx(result.body_force[0] - 0.5, abs=1e-9)


def test_values_are_told_where_no_gradient_is_known() -> None:
    """A bar that is pulled: u = (x, −ν y) t / E in plane stress."""
    pulled = "left: u.x = 0; bottom: u.y = 0; right: traction = 6, 0"
    bricks = BricksTask(
        divisions=SQUARE,
        degree=1,
        plane="stress",
        young_modulus=np.array([2.0]),
        poisson_ratio=np.array([0.25]),
        conditions=pulled,
        integrals="right: ux; top: uy; cells: young_modulus*dx(ux)",
    )
    (result,) = BricksSolver("cpu").run([bricks])
    assert not isinstance(result, Refusal), result
    assert result.functional is not None
    assert result.functional[0] == pytest.approx(3 - 0.75 + 6, rel=1e-9)
    heavy = ElasticityTask(
        divisions=np.array([2, 2]),
        young_modulus=np.array([1.0]),
        poisson_ratio=np.array([0.0]),
        fixed_points=np.repeat([0, 1, 2], 2),
        fixed_axes=np.tile([0, 1], 3),
        fixed_values=np.zeros(6),
        body_force=np.array([[0.0, -1.0]]),
        degree=1,
        integrals="cells: uy; top: uy",
    )
    (sunk,) = ElasticitySolver("cpu").run([heavy])
    assert not isinstance(sunk, Refusal), sunk
    assert sunk.functional is not None
    # By another quadrature: P1 fields integrate to thirds of their corners' sums.
    corners = sunk.displacement[sunk.cells, 1]
    on_top = sunk.displacement[6:, 1]
    expected = corners.mean(axis=1).sum() / 8 + (on_top[:-1] + on_top[1:]).sum() / 4
    assert sunk.functional[0] == pytest.approx(expected, rel=1e-12)
    flow = TransientFlowTask(
        divisions=SQUARE, viscosity=np.array([1.0]), conditions=NO_SLIP, steps=2, integrals="top: ux; boundary: p - p"
    )
    (moved,) = TransientFlowSolver("cpu").run([flow])
    assert not isinstance(moved, Refusal), moved
    assert moved.functional is not None
    assert moved.functional[0] == pytest.approx(1.0, rel=1e-9)


def test_a_functional_that_is_refused_spoils_no_neighbour() -> None:
    good = CASES["diffusion"].task
    assert isinstance(good, GradientTask)
    session = "7a1b4c9e-0d4e-4f6a-8a57-2f6f8b1f0c11"
    tasks = [changed(good, session=session), changed(good, session=session, integrals="cells: log(u - u)")]
    fine, refused = GradientSolver("cpu").run(tasks)  # type: ignore[arg-type]
    assert not isinstance(fine, Refusal)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == ("NOT_FINITE", "integrals[0]")
