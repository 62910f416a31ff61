"""Elasticity on bricks: exact states, rates, temperature, balance, published benchmarks, agreement with simplices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array, Outcome, Refusal
from models.fem.bricks.body import body
from models.fem.bricks.recovery import energy_estimate
from models.fem.bricks.solve import BricksSolver
from models.fem.bricks.stress import stress
from models.fem.bricks.system import balance
from models.fem.bricks.task import SPEC, BricksResult, BricksTask
from models.fem.domain.build import mesh_of
from models.fem.elasticity.material import Material
from models.fem.elasticity.solve import ElasticitySolver
from models.fem.elasticity.task import ElasticityResult, ElasticityTask
from tests.unit.models.fem.bricks.bodies import ALL, KINDS, brick, solve
from tests.unit.models.fem.elasticity.manufactured import Manufactured


def distorted(kind: str, degree: int, conditions: str, **more: object) -> BricksTask:
    """A box of 3 bricks along each axis, own, whose inner nodes have moved."""
    d, side = KINDS.index(kind) + 2, np.linspace(0, 1, 4)
    nodes = np.stack([axis.ravel() for axis in np.meshgrid(*[side] * d, indexing="ij")], axis=1)
    inner = ((nodes > 0.1) & (nodes < 0.9)).all(axis=1)
    nodes[inner] += np.random.default_rng(3).uniform(-0.06, 0.06, (int(inner.sum()), d))
    number = np.arange(len(nodes)).reshape([4] * d)
    around = [(0, 0), (1, 0), (1, 1), (0, 1)]  # VTK's order
    offsets = around if d == 2 else [(*corner, z) for z in (0, 1) for corner in around]
    corners = [number[tuple(slice(o, o + 3) for o in offset)].ravel() for offset in offsets]
    return brick(
        kind, degree, conditions, shape="own", divisions=None, nodes=nodes, cells=np.stack(corners, axis=1), **more
    )


SLOPES = np.array([[0.4, 0.3, 0.1], [-0.2, -0.1, 0.2], [0.3, 0.1, 0.2]])


@pytest.mark.parametrize(("kind", "degree"), ALL)
def test_every_even_strain_is_found_exactly_on_distorted_cells(kind: str, degree: int) -> None:
    """The patch test."""
    d = KINDS.index(kind) + 2
    slope = SLOPES[:d, :d]
    rows = ", ".join(" + ".join(f"({c})*{x}" for c, x in zip(row, "xyz", strict=False)) for row in slope.tolist())
    result = solve(distorted(kind, degree, f"boundary: u = {rows}"))
    np.testing.assert_allclose(result.displacement, result.points @ slope.T, atol=1e-12)
    material = Material(np.array([10.0]), np.array([0.3]), d, plane_stress=False)
    even = material.stress((slope + slope.T)[None] / 2, np.zeros(1))
    np.testing.assert_allclose(
        result.stress, np.repeat(material.six_components(even, np.zeros(1)), len(result.cells), axis=0), atol=1e-10
    )
    assert result.evidence.error_bound is not None
    assert result.evidence.error_bound.value < 1e-10
    wanted = [even[0, i, j] for i, j in (((0, 0), (1, 1), (0, 1)) if d == 2 else ((0, 0), (1, 1), (2, 2)))]
    np.testing.assert_allclose(result.node_stress[:, :3], np.tile(wanted, (len(result.node_stress), 1)), atol=1e-9)
    assert result.strain_energy.sum() == pytest.approx(np.sum(even * slope) / 2)


@pytest.mark.parametrize(("kind", "degree"), ALL)
def test_errors_fall_at_the_rate_of_the_element_and_the_estimate_tells_them(kind: str, degree: int) -> None:
    """u at points by p + 1 at least, energy by p: Ciarlet 1978, section 3.2."""
    exact = Manufactured(KINDS.index(kind) + 2)
    errors, energies = [], []
    for count in (4, 8):
        result = solve(smooth(exact, kind, degree, count))
        errors.append(float(np.sqrt(np.mean((result.displacement - exact.u(result.points)) ** 2))))
        bound = result.evidence.error_bound
        assert bound is not None
        error = energy_error(exact, result, degree)
        energies.append(error)
        assert bound.value / error == pytest.approx(1, abs=0.35 if count == 4 else 0.05)
        assert bound.value**2 == pytest.approx(result.cell_estimate.sum())
        assert result.evidence.outcome is Outcome.CONVERGED
    assert np.log2(errors[0] / errors[1]) > degree + 0.8
    assert degree - 0.25 < np.log2(energies[0] / energies[1]) < degree + 0.5


def smooth(exact: Manufactured, kind: str, degree: int, count: int) -> BricksTask:
    d = exact.dimension
    phases = [
        " + ".join(f"{k}*{x}" for k, x in zip(row, "xyz", strict=False)) + f" + {shift}"
        for row, shift in zip(exact.waves.tolist(), (0.1, 0.5, 0.9), strict=False)
    ]
    assert np.allclose(exact.phase(np.zeros(d)), (0.1, 0.5, 0.9)[:d])
    lame, shear, k = exact.lame, exact.shear, exact.waves
    force = [
        f"{shear * float(k[a] @ k[a])}*sin({phases[a]})"
        + "".join(f" + {(lame + shear) * k[b, b] * k[b, a]}*sin({phases[b]})" for b in range(d))
        for a in range(d)
    ]
    u = ", ".join(f"sin({phase})" for phase in phases)
    return brick(kind, degree, f"boundary: u = {u}", count, young_modulus=np.ones(1), force=", ".join(force))


def energy_error(exact: Manufactured, result: BricksResult, degree: int) -> float:
    """‖C^½ ε(u − u_h)‖ by Gauss points of its own, through the shape functions of a brick of the box."""
    d = exact.dimension
    ticks, weights = np.polynomial.legendre.leggauss(4)
    knots = np.linspace(0, 1, degree + 1)
    places, total = [np.polynomial.Polynomial.fromroots(np.delete(knots, i)) for i in range(degree + 1)], 0.0
    shapes = [p / p(knot) for p, knot in zip(places, knots, strict=True)]
    corners = result.points[result.cells]
    low, size = corners.min(axis=1), np.ptp(corners, axis=1)[0]
    at = np.rint((corners - low[:, None]) / size * degree).astype(int)  # (cells, n, d): which shape along each axis
    for index in np.ndindex(*[4] * d):
        X = (ticks[list(index)] + 1) / 2
        weight = np.prod(weights[list(index)] / 2 * size)
        value = np.array([[shapes[i](X[a]) for i in range(degree + 1)] for a in range(d)])
        slope = np.array([[shapes[i].deriv()(X[a]) / size[a] for i in range(degree + 1)] for a in range(d)])
        gradient = np.empty((*at.shape,))
        for a in range(d):
            gradient[:, :, a] = np.prod([(slope if b == a else value)[b][at[:, :, b]] for b in range(d)], axis=0)
        found = np.einsum("cia,cib->cab", result.displacement[result.cells], gradient)
        gap = exact.gradient(low + X * size) - found
        strain = (gap + gap.transpose(0, 2, 1)) / 2
        trace = np.trace(strain, axis1=1, axis2=2)
        total += weight * float(np.sum(exact.lame * trace**2) + 2 * exact.shear * np.sum(strain**2))
    return float(np.sqrt(total))


@pytest.mark.parametrize("plane", ["strain", "stress"])
def test_heat_that_is_held_back_across_is_stress_and_free_heat_is_none(plane: str) -> None:
    heat: dict[str, object] = {"expansion": np.array([1e-2]), "temperature": "3", "plane": plane}
    free = solve(brick("quadrilateral", 1, "left: u.x = 0; bottom: u.y = 0", **heat))
    stretch = 0.03 * (1.3 if plane == "strain" else 1.0)
    np.testing.assert_allclose(free.displacement, stretch * free.points, atol=1e-14)
    np.testing.assert_allclose(free.stress[:, [0, 1, 5]], 0, atol=1e-12)
    np.testing.assert_allclose(free.stress[:, 2], -0.3 if plane == "strain" else 0.0, atol=1e-12)
    held = solve(brick("hexahedron", 2, "boundary: u = 0, 0, 0", 1, **(heat | {"plane": "strain"})))
    np.testing.assert_allclose(held.stress[:, :3], -10 * 0.03 / 0.4)


def test_a_temperature_that_is_linear_bends_without_stress() -> None:
    """Timoshenko & Goodier 1970, chapter 13: ε = α x I is compatible."""
    u = "0.005*(x**2 - y**2 - z**2), 0.01*x*y, 0.01*x*z"
    result = solve(
        brick(
            "hexahedron",
            2,
            f"boundary: u = {u}",
            expansion=np.array([1e-2]),
            temperature="x",
            poisson_ratio=np.array([0.4]),
        )
    )
    x, y, z = result.points.T
    np.testing.assert_allclose(
        result.displacement, np.stack(((x**2 - y**2 - z**2) / 2, x * y, x * z), axis=1) / 100, atol=1e-12
    )
    np.testing.assert_allclose(result.stress, 0, atol=1e-11)
    np.testing.assert_allclose(result.strain_energy, 0, atol=1e-12)


def test_reactions_balance_the_loads() -> None:
    result = solve(
        brick(
            "hexahedron",
            1,
            "left: u = 0, 0, 0; right: traction = 1, 2*y, 0; top: traction.z = -3",
            4,
            force="0, 0, 5",
            support="left",
        )
    )
    assert result.reaction is not None
    np.testing.assert_allclose(result.reaction, (-1, -1, -2), atol=1e-9)
    assert np.abs(result.imbalance).max() < 1e-10


def cook(degree: int, count: int) -> BricksTask:
    ticks = np.linspace(0, 1, count + 1)
    along, across = np.meshgrid(ticks, ticks, indexing="ij")
    nodes = np.stack((48 * along, 44 * along + across * (44 - 28 * along)), axis=-1).reshape(-1, 2)
    number = np.arange(len(nodes)).reshape(count + 1, count + 1)
    cells = np.stack((number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]), axis=-1).reshape(-1, 4)
    sides = [np.stack((number[at, :-1], number[at, 1:]), axis=1) for at in (0, -1)]
    return BricksTask(
        shape="own",
        nodes=nodes,
        cells=cells,
        degree=degree,
        boundary_facets=np.concatenate(sides),
        boundary_labels=np.repeat([0, 1], count),
        boundary_names="clamped, loaded",
        plane="stress",
        young_modulus=np.ones(1),
        poisson_ratio=np.array([1 / 3]),
        conditions="clamped: u = 0, 0; loaded: traction = 0, 1/16",
    )


def test_cooks_membrane_sinks_as_published() -> None:
    """23.96 at the middle of the loaded side in plane stress, E = 1, ν = 1/3: Bergan & Felippa 1985, Comput. Methods
    Appl. Mech. Eng. 50, 25-69, the problem being Cook's (1974, J. Struct. Div. ASCE 100, 1851-1863)."""

    def tip(degree: int, count: int) -> float:
        result = solve(cook(degree, count))
        at = int(np.argmin(np.linalg.norm(result.points - (48, 52), axis=1)))
        return float(result.displacement[at, 1])

    assert tip(2, 16) == pytest.approx(23.96, rel=1e-3)
    coarse, fine = tip(1, 8), tip(1, 32)
    assert coarse < fine < 23.96
    assert fine == pytest.approx(23.96, rel=1e-2)


def test_the_elliptic_membrane_has_the_stress_that_nafems_gives() -> None:
    """LE1, The Standard NAFEMS Benchmarks, 1990: σ_yy = 92.7 MPa at D = (2, 0)."""
    result = solve(elliptic(16, 12))
    at = int(np.argmin(np.linalg.norm(result.points - (2, 0), axis=1)))
    assert result.node_stress[at, 1] / 1e6 == pytest.approx(92.7, rel=5e-3)


def elliptic(around: int, across: int) -> BricksTask:
    """A quarter between the ellipses (x/2)² + y² = 1 and (x/3.25)² + (y/2.75)² = 1, pulled outwards by 10 MPa."""
    angle, share = np.meshgrid(
        np.linspace(0, np.pi / 2, around + 1), np.linspace(0, 1, across + 1) ** 1.5, indexing="ij"
    )
    x = np.cos(angle) * (2 + 1.25 * share)
    y = np.sin(angle) * (1 + 1.75 * share)
    number = np.arange(x.size).reshape(x.shape)
    cells = np.stack((number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]), axis=-1).reshape(-1, 4)
    lines = (number[0], number[-1], number[:, -1])  # y = 0, x = 0, the outer ellipse
    pairs = [np.stack((line[:-1], line[1:]), axis=1) for line in lines]
    slope = "sqrt((x/3.25**2)**2 + (y/2.75**2)**2)"
    return BricksTask(
        shape="own",
        nodes=np.stack((np.where(number >= number[-1, 0], 0.0, x).ravel(), y.ravel()), axis=1),
        cells=cells,
        degree=2,
        boundary_facets=np.concatenate(pairs),
        boundary_labels=np.repeat(np.arange(3), [len(pair) for pair in pairs]),
        boundary_names="below, behind, outer",
        plane="stress",
        young_modulus=np.array([210e9]),
        poisson_ratio=np.array([0.3]),
        conditions=f"below: u.y = 0; behind: u.x = 0; outer: traction = 1e7*x/3.25**2/{slope}, 1e7*y/2.75**2/{slope}",
    )


def test_the_thick_plate_has_the_stress_that_nafems_gives() -> None:
    """LE10, The Standard NAFEMS Benchmarks, 1990: σ_yy = −5.38 MPa at D = (2, 0, 0.6). The plate's outer side is
    held across in the middle of its thickness alone: that line has no name, and is held in the body itself."""
    flat = elliptic(12, 8)
    assert flat.nodes is not None and flat.cells is not None and flat.boundary_facets is not None
    layers, count = 4, len(flat.nodes)
    heights = np.linspace(0, 0.6, layers + 1)
    nodes = np.concatenate([np.column_stack((flat.nodes, np.full(count, z))) for z in heights])

    def piled(rows: Array) -> Array:
        return np.concatenate([np.column_stack((rows + at * count, rows + (at + 1) * count)) for at in range(layers)])

    assert flat.boundary_labels is not None
    top = flat.cells + layers * count
    task = replace(
        flat,
        cell_kind="hexahedron",
        nodes=nodes,
        cells=piled(flat.cells),
        plane="strain",
        boundary_facets=np.concatenate((piled(flat.boundary_facets), top)),
        boundary_labels=np.concatenate((np.tile(flat.boundary_labels, layers), np.full(len(top), 3))),
        boundary_names="below, behind, outer, top",
        conditions="below: u.y = 0; behind: u.x = 0; outer: u = 0, 0, 0; top: traction.z = -1e6",
    )
    task.check()
    held = body(task, mesh_of(task))
    outer = ~held.is_free[:, 2]
    is_free = held.is_free.copy()
    is_free[:, 2] = ~(outer & (np.abs(held.points[:, 2] - 0.3) < 1e-9))
    given = replace(held, is_free=is_free)
    found = balance(given)
    at_quadrature = stress(given, given.basis, found.u)
    _, _, node_stress = energy_estimate(given, 2, found.u, at_quadrature, found.energy_norm)
    at = int(np.argmin(np.linalg.norm(nodes - (2, 0, 0.6), axis=1)))
    assert node_stress[at, 1] / 1e6 == pytest.approx(-5.38, rel=0.02)


def test_it_agrees_with_tetrahedra() -> None:
    """Another code and other elements; both are of second order in the plane's energy."""
    bricks = solve(brick("hexahedron", 2, "left: u = 0, 0, 0", 3, force="0, 0, -1"))
    points = (7 * 7 * np.arange(7)[:, None] + 7 * np.arange(7)).ravel()
    held = np.repeat(points, 3)
    (other,) = ElasticitySolver("cpu").run(
        [
            ElasticityTask(
                divisions=np.full(3, 6),
                degree=1,
                young_modulus=np.array([10.0]),
                poisson_ratio=np.array([0.3]),
                body_force=np.array([[0.0, 0.0, -1.0]]),
                fixed_points=held,
                fixed_axes=np.tile(np.arange(3), len(points)),
                fixed_values=np.zeros(len(held)),
            )
        ]
    )
    assert isinstance(other, ElasticityResult)
    assert lowest(bricks) == pytest.approx(lowest(other), rel=0.12)
    assert bricks.strain_energy.sum() > other.strain_energy.sum()  # the finer space has done more work


def lowest(result: BricksResult | ElasticityResult) -> float:
    found: Array = result.displacement
    return float(found[:, 2].min())


def test_cells_along_a_curve_have_finite_stresses() -> None:
    result = solve(
        brick("quadrilateral", 2, "walls: u = 0, 0", shape="channel", divisions=np.array([4, 2, 3]), force="0, -1")
    )
    assert np.isfinite(result.node_stress).all()
    assert len(result.node_stress) < len(result.points)


@pytest.mark.parametrize(
    ("conditions", "more", "field"),
    [
        ("left: u.x = 0; right: u.x = 0", {}, "conditions"),
        ("", {}, "conditions"),
        ("nowhere: u = 0, 0", {}, "conditions[0]"),
        ("left: u = 0, 0", {"support": "nowhere"}, "support"),
        ("left: u = 0, 0", {"force": "1"}, "force"),
        ("left: u = 0, 0", {"temperature": "1 +"}, "temperature"),
        ("left: u = 0, 0", {"young_modulus": np.array([-1.0])}, "young_modulus[0]"),
        ("left: u = 0, 0", {"young_modulus": np.array([1e308])}, "young_modulus"),
        ("left: u = 0, 0", {"poisson_ratio": np.array([0.49])}, "poisson_ratio[0]"),
        ("left: u = 0, 0", {"expansion": np.ones(3)}, "expansion"),
        ("left: u = 0, 0", {"divisions": np.array([900, 900])}, "divisions"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(conditions: str, more: dict[str, object], field: str) -> None:
    (refusal,) = BricksSolver("cpu").run([brick("quadrilateral", 1, conditions, **more)])
    assert isinstance(refusal, Refusal)
    assert refusal.field.startswith(field)


@pytest.mark.parametrize("young", [1e-280, 1e308])
def test_moduli_beyond_floating_point_are_refused_in_space_too(young: float) -> None:
    task = brick("hexahedron", 1, "left: u = 0, 0, 0", young_modulus=np.array([young]), force="0, 0, 1e200")
    (refusal,) = BricksSolver("cpu").run([task])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "OUT_OF_RANGE"


def test_hexahedra_have_no_plane() -> None:
    (refusal,) = BricksSolver("cpu").run([brick("hexahedron", 1, "left: u = 0, 0, 0", plane="stress")])
    assert isinstance(refusal, Refusal)
    assert refusal.field == "plane"


def test_the_example_is_solved() -> None:
    result = solve(SPEC.example())  # type: ignore[arg-type]
    assert result.evidence.outcome is Outcome.CONVERGED
