from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from skfem import Basis, Mesh

from models.base import Array, Refusal
from models.fem.domain.build import mesh_of
from models.fem.domain.elements import kind_of, scalar_element
from models.fem.domain.functional import Component, Functional, functional
from models.fem.domain.integrals import Vocabulary, read_integrals
from models.fem.form.task import FormTask

NOTHING: Mapping[str, Array] = {}
KINDS = [("square", "triangle"), ("square", "quadrilateral"), ("cube", "tetrahedron"), ("cube", "hexahedron")]
# Random numbers of three components at the points: what makes Taylor's remainder visible in every term.
RNG = np.random.default_rng(3)


def mesh_on(shape: str, kind: str, count: int = 2) -> Mesh:
    dimension = 3 if shape == "cube" else 2
    return mesh_of(FormTask(shape=shape, divisions=np.full(dimension, count), cell_kind=kind))


def interpolant(mesh: Mesh, degree: int, formula: str) -> Component:
    """Of a formula of x, y, z that is read independently, by Python."""
    places = Basis(mesh, scalar_element(kind_of(mesh), degree)).doflocs
    x, y, z = (*places, np.zeros(places.shape[1]))[:3]
    values = {"linear": 1 + 2 * x - y + 3 * z, "quadratic": x**2 - 3 * x * y + z**2}[formula]
    return Component("u", degree, values)


def value(text: str, mesh: Mesh, *fields: Component, **coefficients: Array) -> Functional:
    known = Vocabulary(tuple(field.name for field in fields), tuple(coefficients))
    return functional(read_integrals(text, known, mesh.dim()), mesh, fields, coefficients)


@pytest.mark.parametrize(("shape", "kind"), KINDS)
@pytest.mark.parametrize("degree", [1, 2])
def test_polynomials_are_integrated_exactly_over_cells_and_boundaries(shape: str, kind: str, degree: int) -> None:
    mesh = mesh_on(shape, kind)
    u = interpolant(mesh, degree, "linear")
    half = 0.0 if shape == "square" else 1.5
    assert value("cells: u", mesh, u).value == pytest.approx(1 + 1 - 0.5 + half, rel=1e-12)
    assert value("cells: dot(grad(u), grad(u))", mesh, u).value == pytest.approx(5 + (9 if half else 0), rel=1e-12)
    assert value("right: dn(u) + nx*u - u", mesh, u).value == pytest.approx(2, rel=1e-12)
    two = np.full(mesh.nelements, 2.0)
    assert value("left: dx(u)\nleft: -k", mesh, u, k=two).value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("shape", "kind"), KINDS)
def test_what_flows_out_is_what_diverges_inside(shape: str, kind: str) -> None:
    """Gauss's theorem for the flux of a quadratic, which degree 2 holds exactly: Δ(x² − 3xy + z²) = 2 or 4."""
    mesh = mesh_on(shape, kind)
    u = interpolant(mesh, 2, "quadratic")
    assert value("boundary: dot(n, grad(u))", mesh, u).value == pytest.approx(4 if shape == "cube" else 2, rel=1e-11)


@pytest.mark.parametrize(
    "text", ["cells: u**2*sin(x) + p*dot(grad(u), grad(p)) + k*exp(p)", "top: u*dn(p) + k*nx*u**3"]
)
@pytest.mark.parametrize(("shape", "kind"), KINDS[:3])
def test_slopes_are_those_of_the_value(text: str, shape: str, kind: str) -> None:
    """Central differences of an analytic functional, whose error is of third order in the step."""
    mesh = mesh_on(shape, kind)
    if shape == "cube" and text.startswith("top"):
        text = text.replace("nx", "nz")
    degrees = {"u": 2, "p": 1}
    sizes = {name: Basis(mesh, scalar_element(kind, degree)).N for name, degree in degrees.items()}
    fields = {name: RNG.standard_normal(size) for name, size in sizes.items()}
    k, step = RNG.uniform(1, 2, mesh.nelements), 1e-5
    ways = {name: RNG.standard_normal(size) for name, size in sizes.items()}
    by_k = RNG.standard_normal(mesh.nelements)

    def at(length: float) -> Functional:
        moved = [Component(name, degrees[name], fields[name] + length * ways[name]) for name in degrees]
        return value(text, mesh, *moved, k=k + length * by_k)

    found = at(0.0)
    slope = sum(float(found.slopes[name] @ way) for name, way in ways.items()) + float(found.by_coefficient["k"] @ by_k)
    assert (at(step).value - at(-step).value) / (2 * step) == pytest.approx(slope, rel=1e-7)


def test_a_boundary_without_facets_adds_nothing() -> None:
    task = FormTask(
        shape="own",
        nodes=np.array([[0.0, 0], [1, 0], [0, 1]]),
        cells=np.array([[0, 1, 2]]),
        boundary_facets=np.array([[0, 1]]),
        boundary_labels=np.array([0]),
        boundary_names="floor, empty",
    )
    mesh = mesh_of(task)
    u = Component("u", 1, np.ones(3))
    assert value("empty: u; floor: u", mesh, u).value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "reason", "field"),
    [
        ("somewhere: u", "UNKNOWN_BOUNDARY", "integrals[0]"),
        ("cells: u; cells: log(u - u)", "NOT_FINITE", "integrals[1]"),
        ("cells: sqrt(u - u)", "NOT_FINITE", "integrals[0]"),  # its value is 0, its slope is not
        ("cells: grad(u)", "MALFORMED_EXPRESSION", "integrals[0]"),
        ("cells: n", "MALFORMED_EXPRESSION", "integrals[0]"),
        ("cells: dn(u)", "MALFORMED_EXPRESSION", "integrals[0]"),
        ("u**2", "MALFORMED_EXPRESSION", "integrals[0]"),
        ("cells: dot(u, u)", "MALFORMED_EXPRESSION", "integrals[0]"),
        ("; ".join(["cells: u"] * 51), "MALFORMED_EXPRESSION", "integrals"),
    ],
)
def test_what_is_no_functional_is_refused_where_it_stands(text: str, reason: str, field: str) -> None:
    mesh = mesh_on("square", "triangle")
    with pytest.raises(Refusal) as refused, np.errstate(all="ignore"):
        value(text, mesh, interpolant(mesh, 1, "linear"))
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_coefficient_may_not_have_the_name_of_something_else() -> None:
    with pytest.raises(Refusal, match="'nx' has a meaning already"):
        read_integrals("right: u", Vocabulary(("u",), ("nx",)), 2)
