"""The compiled loops do what their source says: read by Python they give the same numbers, up to the order of sums."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from models.fem import cell_matrices
from models.fem.cholesky import dissection, multifrontal, substitution, symbolic
from models.fem.cholesky.elimination import elimination
from models.fem.element import ELEMENTS
from models.fem.plan import plan
from tests.unit.models.fem.meshes import MESHES, boundary_points


def read_by_python(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in vars(module).items():
        if hasattr(function, "py_func"):
            monkeypatch.setattr(module, name, function.py_func)


def test_read_by_python_the_factor_and_its_solves_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = MESHES["distorted two holes"]
    made = plan(mesh, ELEMENTS[1], boundary_points(mesh, 1))
    matrix = made.matrix(np.random.default_rng(0).uniform(0.1, 10, len(mesh.cells)))
    positions = mesh.nodes[made.free]
    loads = np.random.default_rng(1).standard_normal((matrix.shape[0], 3))

    compiled = elimination(matrix, positions)
    expected = [compiled.factor(matrix).inverse(load) for load in (loads[:, 0], loads)]
    for module in (dissection, symbolic, multifrontal, substitution):
        read_by_python(module, monkeypatch)
    monkeypatch.setattr("models.fem.cholesky.elimination.factorise", multifrontal.factorise)
    monkeypatch.setattr("models.fem.cholesky.elimination.substitute", substitution.substitute)
    monkeypatch.setattr("models.fem.cholesky.elimination.substitute_all", substitution.substitute_all)
    read = elimination(matrix, positions)
    for name, value in vars(compiled.symbolic).items():
        np.testing.assert_array_equal(getattr(read.symbolic, name), value, err_msg=name)
    for load, x in zip((loads[:, 0], loads), expected, strict=True):
        np.testing.assert_allclose(read.factor(matrix).inverse(load), x, rtol=1e-12)


def test_read_by_python_products_with_cells_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = MESHES["distorted L"]
    made = plan(mesh, ELEMENTS[2], boundary_points(mesh, 2))
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal((2, made.point_count))
    k = rng.uniform(0.1, 10, len(mesh.cells))
    expected = made.apply(k, u), made.conductivity_gradient(u, v)
    read_by_python(cell_matrices, monkeypatch)
    np.testing.assert_allclose(made.apply(k, u), expected[0], rtol=1e-10)
    np.testing.assert_allclose(made.conductivity_gradient(u, v), expected[1], rtol=1e-10)
