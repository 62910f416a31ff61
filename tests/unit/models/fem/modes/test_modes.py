"""Modes and critical loads against exact and published ones, on every element."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from skfem import Basis
from skfem.models.poisson import mass

from models.fem.domain.build import mesh_of
from models.fem.domain.elements import LAGRANGE, scalar_element
from models.fem.domain.task import DIMENSION
from models.fem.modes.solve import ModesSolver
from models.fem.modes.task import ModesResult, ModesTask
from tests.unit.models.fem.known_fields import QUICK, accepted, domain_of, rates, sheared

STEEL: dict[str, Any] = {
    "young_modulus": np.array([200e9]),
    "poisson_ratio": np.array([0.3]),
    "density": np.array([8000.0]),
}
SOFT: dict[str, Any] = {"young_modulus": np.array([1.0]), "poisson_ratio": np.array([0.0])}


def solved(task: ModesTask) -> ModesResult:
    task.check()
    result = accepted(ModesSolver("cpu").run([task]))
    assert isinstance(result, ModesResult)
    return result


@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_a_membrane_s_eigenvalues_fall_to_the_exact_ones_with_twice_the_degree(kind: str, degree: int) -> None:
    """π²(m² + n²) of the square, π²(l² + m² + n²) of the cube; none is below."""
    d = DIMENSION[kind]
    exact = np.pi**2 * np.array([2, 5, 5, 8] if d == 2 else [3, 6, 6, 6])
    found = {}
    for count in (6, 12) if d == 2 else (3, 6):
        task = ModesTask(**domain_of(kind, count, degree), count=4, conditions="boundary: u = 0")  # type: ignore[arg-type]
        values = solved(task).eigenvalues
        assert (values > exact).all()
        found[count] = tuple(values - exact)
    # 0.35 off: higher modes are not quite in the asymptotic range on such meshes.
    np.testing.assert_allclose(rates(found), 2 * degree, atol=0.35 if d == 2 else 0.6)


def test_modes_are_orthonormal_and_multiplicities_are_counted() -> None:
    task = ModesTask(
        **domain_of("quadrilateral", 8, 2),  # type: ignore[arg-type]
        density=np.array([3.0]),
        tension=np.array([12.0]),
        count=6,
        conditions="boundary: u = 0",
    )
    result = solved(task)
    np.testing.assert_array_equal(result.multiplicity, [1, 2, 2, 1, 2, 2])
    np.testing.assert_allclose(result.eigenvalues, 4 * np.pi**2 * np.array([2, 5, 5, 8, 10, 10]), rtol=3e-3)
    assert result.frequencies is not None
    np.testing.assert_allclose((2 * np.pi * result.frequencies) ** 2, result.eigenvalues)
    matrix = 3 * mass.assemble(Basis(mesh_of(task), scalar_element("quadrilateral", 2), intorder=5))
    modes = result.modes[:, :, 0]
    np.testing.assert_allclose(modes @ matrix @ modes.T, np.eye(6), atol=1e-12)
    assert result.evidence.method == "Q2 Lagrange elements, shift-invert Lanczos, counted by inertia"
    assert result.residuals.max() < 1e-13


def test_the_l_shaped_membrane_has_the_published_eigenvalues() -> None:
    """9.6397238440219 and 15.197251926454 (Betcke & Trefethen 2005, SIAM Review 47, 469-491); the third is 2π². The
    first mode is singular at the re-entrant corner, so that it is the least accurate."""
    task = ModesTask(shape="l_shape", divisions=np.array([12]), degree=2, count=3, conditions="boundary: u = 0")
    values = solved(task).eigenvalues
    assert values[0] == pytest.approx(9.6397238440219, rel=2e-3)
    assert values[1] == pytest.approx(15.197251926454, rel=2e-4)
    assert values[2] == pytest.approx(2 * np.pi**2, rel=1e-4)


@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_a_free_body_has_its_rigid_motions_and_no_more(kind: str, degree: int) -> None:
    d = DIMENSION[kind]
    rigid = {2: 3, 3: 6}[d]
    result = solved(
        ModesTask(
            **domain_of(kind, 3 - degree, degree),  # type: ignore[arg-type]
            problem="elastic",
            count=rigid + 1,
            **STEEL,
        )
    )
    assert f"the first {rigid} without strain" in result.evidence.method
    np.testing.assert_array_equal(result.multiplicity[:rigid], rigid)
    assert np.abs(result.eigenvalues[:rigid]).max() < 1e-12 * result.eigenvalues[rigid]


def test_a_long_free_beam_has_its_rigid_motions_and_bends_as_euler_and_bernoulli_say() -> None:
    """√λ = (4.730041 / L)² √(E I / ρ A) at 1000 to 1, ν = 0 (Blevins 1979, table 8-1)."""
    task = ModesTask(
        divisions=np.array([40, 1]),
        lengths=np.array([1000.0, 1.0]),
        cell_kind="quadrilateral",
        degree=2,
        problem="elastic",
        count=4,
        plane="stress",
        **SOFT,
    )
    result = solved(task)
    np.testing.assert_array_equal(result.multiplicity, [3, 3, 3, 1])
    assert "the first 3 without strain" in result.evidence.method
    assert result.eigenvalues[3] == pytest.approx((4.730041 / 1000) ** 4 / 12, rel=2e-3)


@pytest.mark.parametrize(("kind", "degree"), QUICK)
def test_a_guided_rod_rings_as_a_string_of_one_dimension(kind: str, degree: int) -> None:
    """ν = 0 and no motion across: λ = (E / ρ) (π (2n − 1) / 2)² along the rod, with twice the degree."""
    sides = "bottom: u.y = 0; top: u.y = 0"
    if DIMENSION[kind] == 3:
        sides = "front: u.y = 0; back: u.y = 0; bottom: u.z = 0; top: u.z = 0"
    found = {}
    counts = (4, 8) if degree == 1 else (2, 4)
    for count in counts:
        task = ModesTask(
            **domain_of(kind, 1, degree),  # type: ignore[arg-type]
            problem="elastic",
            young_modulus=np.array([3.0]),
            poisson_ratio=np.array([0.0]),
            conditions=f"left: u.x = 0; {sides}",
            count=1,
        )
        assert task.divisions is not None
        lengths = np.array([1.0, 0.05, 0.05])[: DIMENSION[kind]]
        task = replace(task, divisions=np.array([count, 1, 1])[: DIMENSION[kind]], lengths=lengths)
        found[count] = (solved(task).eigenvalues[0] - 3 * (np.pi / 2) ** 2,)
    assert found[counts[1]][0] > 0
    # Nearer to the order on finer meshes; elements of triangles bend a little across the rod.
    assert rates(found)[0] == pytest.approx(2 * degree, abs=0.3)


def test_the_natural_frequencies_of_nafems_fv32() -> None:
    """A cantilevered tapered membrane: NAFEMS, The Standard NAFEMS Benchmarks, rev. 3 (1990), test FV32, in Hz."""
    along, across = np.linspace(0, 1, 17), np.linspace(-0.5, 0.5, 9)
    nodes = np.array([[10 * s, t * (5 - 4 * s)] for t in across for s in along])
    first = np.array([i + 17 * j for j in range(8) for i in range(16)])
    root = np.array([[17 * j, 17 * (j + 1)] for j in range(8)])
    task = ModesTask(
        shape="own",
        nodes=nodes,
        cells=first[:, None] + np.array([0, 1, 18, 17]),
        cell_kind="quadrilateral",
        degree=2,
        boundary_facets=root,
        boundary_labels=np.zeros(8, np.int64),
        boundary_names="root",
        problem="elastic",
        plane="stress",
        conditions="root: u = 0, 0",
        **STEEL,
    )
    published = [44.623, 130.03, 162.70, 246.05, 379.90, 391.44]
    np.testing.assert_allclose(solved(task).frequencies, published, rtol=2e-4)


@pytest.mark.parametrize("kind", ["triangle", "quadrilateral", "tetrahedron", "hexahedron"])
def test_a_clamped_column_buckles_at_euler_s_load(kind: str) -> None:
    """π² E I / 4 L², less 0.1 % for shear at this slenderness (Timoshenko & Gere 1961, Theory of Elastic Stability,
    2.17), and a little more for the mesh."""
    d = DIMENSION[kind]
    length = 20.0
    task = ModesTask(
        **domain_of(kind, 1, 2),  # type: ignore[arg-type]
        problem="buckling",
        plane="stress" if d == 2 else "strain",
        conditions="left: u = 0, 0; right: traction = -1, 0"
        if d == 2
        else "left: u = 0, 0, 0; right: traction = -1, 0, 0",
        count=2,
        **SOFT,
    )
    task = replace(task, divisions=np.array([8, 1, 1])[:d], lengths=np.array([length, 1.0, 1.2])[:d])
    result = solved(task)
    euler = np.pi**2 / 12 / (4 * length**2)  # of a stress 1: per height and width
    assert result.eigenvalues[0] == pytest.approx(euler, rel=5e-3)
    second = 9 * euler if d == 2 else 1.44 * euler  # the second bow; about the other axis
    assert result.eigenvalues[1] == pytest.approx(second, rel=0.03)
    assert result.displacement is not None
    ends = result.displacement[np.isclose(result.points[:, 0], length)]
    np.testing.assert_allclose(ends[:, 0], -length, rtol=1e-6)
    tip = result.modes[0][np.isclose(result.points[:, 0], length)]
    assert np.abs(tip[:, 0]).max() < 0.1 * np.abs(tip[:, 1]).max()


def test_a_column_s_own_weight_buckles_it_as_greenhill_s_flagpole() -> None:
    """q L³ / E I = 7.837 (Timoshenko & Gere 1961, 2.12)."""
    task = ModesTask(
        divisions=np.array([10, 1]),
        lengths=np.array([20.0, 1.0]),
        cell_kind="quadrilateral",
        degree=2,
        problem="buckling",
        plane="stress",
        conditions="left: u = 0, 0",
        body_force="-1, 0",
        count=1,
        **SOFT,
    )
    assert solved(task).eigenvalues[0] * 20.0**3 * 12 == pytest.approx(7.837, rel=5e-3)


def test_a_body_in_tension_alone_has_no_critical_load_and_is_told_so() -> None:
    """ν = 0 and free to contract: the stress is 1 along it everywhere, and a load in the other sense would be none."""
    task = ModesTask(
        divisions=np.array([4, 1]),
        degree=1,
        problem="buckling",
        plane="stress",
        conditions="left: u.x = 0; bottom: u.y = 0; right: traction = 1, 0",
        count=2,
        **SOFT,
    )
    result = solved(task)
    assert len(result.eigenvalues) == 0
    assert "no more than 0" in result.evidence.advice
    assert result.evidence.outcome.value == "not_converged"


def test_cells_may_be_of_any_shape() -> None:
    start = ModesTask(**domain_of("quadrilateral", 8, 2))  # type: ignore[arg-type]
    task = ModesTask(
        shape="own", cell_kind="quadrilateral", degree=2, **sheared(start), count=3, conditions="boundary: u = 0"
    )
    np.testing.assert_allclose(solved(task).eigenvalues, np.pi**2 * np.array([2, 5, 5]), rtol=2e-3)
