"""An eigenproblem on its mesh: its matrices on the unknowns that are free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, identity, kron
from skfem import Basis, Mesh

from models.base import Array, Refusal
from models.fem.domain.basis import quadrature_order, scalar_basis, vector_basis
from models.fem.domain.cellwise import on_cells
from models.fem.domain.posed import coordinates, prescribed
from models.fem.domain.surface import pieces
from models.fem.elasticity.material import Material
from models.fem.modes import form
from models.fem.modes.task import ModesTask


@dataclass(frozen=True, eq=False)
class Problem:
    """K x = λ B x on the free unknowns of the basis."""

    basis: Basis
    scalar: Basis  # of one component, for the points
    coefficients: dict[str, Array]  # (cells, 1), as the forms name them
    free: Array
    stiffness: csc_matrix
    mass: csc_matrix

    def widened(self, x: Array) -> Array:
        """(n, columns) of all unknowns from (free, columns): 0 where held."""
        full = np.zeros((self.basis.N, *x.shape[1:]))
        full[self.free] = x
        return full

    def inner(self, matrix: csr_matrix) -> csc_matrix:
        return matrix.tocsr()[self.free][:, self.free].tocsc()

    @property
    def scale(self) -> float:
        """Of the λ that a body as long as the mesh has: stiffness / (density · length²)."""
        length = float(np.ptp(self.basis.mesh.p, axis=1).max())
        stiff = self.coefficients["k"] if "k" in self.coefficients else 2 * self.coefficients["shear"]
        return float(np.mean(stiff) / np.mean(self.coefficients["density"]) / length**2)


def problem(task: ModesTask, mesh: Mesh) -> Problem:
    """Raises `Refusal` UNKNOWN_BOUNDARY or OUT_OF_RANGE."""
    count = mesh.nelements
    scalar = scalar_basis(task, mesh)
    density = on_cells(task.density, count, 1.0)
    if task.is_body:
        basis = vector_basis(task, mesh)
        material = Material(
            on_cells(task.young_modulus, count)[:, 0],
            on_cells(task.poisson_ratio, count)[:, 0],
            task.dimension,
            task.plane == "stress",
        )
        lame, shear = material.lame[:, None], material.shear[:, None]
        coefficients = {"lame": lame, "shear": shear, "density": density, "young": material.young[:, None]}
        stiffness = form.elastic.assemble(basis, lame=lame, shear=shear)
    else:
        basis = scalar
        coefficients = {"k": on_cells(task.tension, count, 1.0), "density": density}
        stiffness = form.tension.assemble(basis, k=coefficients["k"])
    mass = by_component(form.mass.assemble(scalar, density=density), task.components)
    free = _free(task, basis)
    inner = [matrix.tocsr()[free][:, free].tocsc() for matrix in (stiffness, mass)]
    return Problem(basis, scalar, coefficients, free, *inner)


def by_component(matrix: csr_matrix, count: int) -> csr_matrix:
    """The same for each component: unknown count · i + a belongs to component a of point i."""
    return kron(matrix, identity(count), format="csr")


def load(task: ModesTask, given: Problem) -> Array:
    """(n,): of body forces and tractions on all unknowns."""
    basis = given.basis
    places = np.asarray(basis.global_coordinates())
    total = np.zeros(basis.N)
    force = task.read_body_force()
    if force:
        f = np.stack([formula(coordinates(places), places.shape[1:]) for formula in force])
        total += form.load.assemble(basis, f=f)
    conditions = task.read_conditions()
    for condition in conditions:
        if condition.quantity == "traction" and condition.axis is not None:
            field = condition.values[0].field
            raise Refusal("MALFORMED_CONDITION", "has all of its components: traction = …, …", field)
    for piece in pieces(basis, conditions, "traction", quadrature_order(task)):
        total += form.load.assemble(piece.facets, f=piece.values())
    return total


def _free(task: ModesTask, basis: Basis) -> Array:
    """(free,): the unknowns that are not held."""
    held, values = prescribed(basis, task.read_conditions(), "u")
    if values.any():
        value = str(values[np.argmax(values != 0)])
        message = f"u is {value} somewhere; modes can be held at 0 only"
        raise Refusal("OUT_OF_RANGE", message, "conditions", {"value": value})
    free = np.setdiff1d(np.arange(basis.N), held)
    if len(free) <= task.count:
        message = f"asks for {task.count} modes of {len(free)} free unknowns; send fewer, or a finer mesh"
        raise Refusal("OUT_OF_RANGE", message, "count", {"unknowns": str(len(free))})
    return free
