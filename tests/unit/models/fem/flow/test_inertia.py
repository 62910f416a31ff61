"""Mass and convection from scalar forms, against the vector forms as they stand on paper."""

from __future__ import annotations

import numpy as np
import pytest
from skfem import BilinearForm
from skfem.helpers import dot, grad, mul

from models.fem.domain.build import mesh_of
from models.fem.flow.inertia import convection, convection_derivative, mass
from models.fem.flow.space import TaylorHood, taylor_hood
from models.fem.flow.stokes_task import StokesTask

on_paper_mass = BilinearForm(lambda u, v, w: dot(u, v))
on_paper_convection = BilinearForm(lambda u, v, w: dot(mul(grad(u), w.wind), v))
on_paper_derivative = BilinearForm(lambda u, v, w: dot(mul(grad(u), w.wind) + mul(grad(w.wind), u), v))


def some_space(kind: str) -> TaylorHood:
    d = 2 if kind in ("triangle", "quadrilateral") else 3
    task = StokesTask(
        shape="square" if d == 2 else "cube", divisions=np.full(d, 1), cell_kind=kind, viscosity=np.ones(1)
    )
    return taylor_hood(mesh_of(task), kind)


@pytest.mark.parametrize("kind", ["triangle", "quadrilateral", "tetrahedron"])
def test_matrices_of_components_are_those_of_the_vector_forms(kind: str) -> None:
    space = some_space(kind)
    wind = np.random.default_rng(3).normal(size=space.velocity.N)
    blown = space.velocity.interpolate(wind)
    for found, form in (
        (mass(space), on_paper_mass),
        (convection(space, wind), on_paper_convection),
        (convection_derivative(space, wind), on_paper_derivative),
    ):
        expected = form.assemble(space.velocity, wind=blown)
        assert abs(found - expected).max() < 1e-13
