"""A peer: DOLFINx (Debian's python3-dolfinx) with PETSc, each work by every solver that PETSc was built with.

    fem_dolfinx.py WORK PROBLEM.npz ANSWER.npz REPETITIONS

Forms are compiled, sparsity patterns, vectors and solvers made before the clock starts; what is timed is CPU seconds of
assembling the matrix and solving. Loads come assembled with the problem. Prints, as JSON, the seconds of each
repetition by configuration; ANSWER holds one solution for each configuration, at the problem's nodes.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import numpy as np
import ufl
from dolfinx import fem, mesh
from dolfinx.fem import petsc
from mpi4py import MPI
from petsc4py import PETSc

POISSON_RATIO, TIME_STEP, HEAT_STEPS = 0.3, 1e-3, 100
BY_AXES = (0, 1, 3, 2, 4, 5, 7, 6)  # its corners of a hexahedron, in VTK's
DIRECT_LIMIT = 70_000  # unknowns in the plane: above it every direct solver was slower than multigrid
# -O3 and the machine's own instructions: what DOLFINx's guide says of fast kernels.
COMPILER = {"cffi_extra_compile_args": ["-O3", "-march=native", "-ffast-math"]}
GAMG = {"pc_type": "gamg", "mg_levels_ksp_type": "chebyshev", "mg_levels_pc_type": "jacobi"}
HYPRE = {"pc_type": "hypre", "pc_hypre_type": "boomeramg"}
# The loosest tolerance of those tried (1e-8, 1e-9, 1e-10) whose solutions were within 1e-8 of the direct ones.
CG = {"ksp_type": "cg", "ksp_rtol": 1e-9, "ksp_max_it": 500}


def direct(package, kind="cholesky"):
    return {"ksp_type": "preonly", "pc_type": kind, "pc_factor_mat_solver_type": package}


ITERATIVE = {"CG+BoomerAMG": {**CG, **HYPRE}, "CG+GAMG": {**CG, **GAMG}}
DIRECT = {
    "CHOLMOD": direct("cholmod"),
    "MUMPS": direct("mumps"),
    "PETSc Cholesky, nested dissection": {**direct("petsc"), "pc_factor_mat_ordering_type": "nd"},
    "UMFPACK": direct("umfpack", "lu"),
}


class System:
    """The problem on a DOLFINx mesh, which numbers nodes and cells in an order of its own."""

    def __init__(self, problem, components=1):
        self.nodes = problem["nodes"]
        d = self.nodes.shape[1]
        cells = problem["cells"].astype(np.int64)
        kind = {3: "triangle", 4: "tetrahedron", 8: "hexahedron"}[cells.shape[1]]
        if kind == "hexahedron":
            cells = np.ascontiguousarray(cells[:, BY_AXES])
        shape = ufl.Mesh(ufl.VectorElement("Lagrange", ufl.Cell(kind), 1))
        self.mesh = mesh.create_mesh(MPI.COMM_SELF, cells, self.nodes, shape)
        self.cells = np.asarray(self.mesh.topology.original_cell_index)
        family = ("Lagrange", 1)
        self.space = (
            fem.FunctionSpace(self.mesh, family) if components == 1 else fem.VectorFunctionSpace(self.mesh, family)
        )
        self.components = components
        self.field = fem.Function(fem.FunctionSpace(self.mesh, ("DG", 0)))
        # The geometry's nodes are the space's nodes in another order; both are listed cell by cell.
        geometry = self.mesh.geometry
        count = len(self.cells)
        dofs = np.array([self.space.dofmap.cell_dofs(cell) for cell in range(count)])
        places = geometry.dofmap.array.reshape(count, -1)
        self.originals = np.empty(len(self.nodes), dtype=np.int64)  # problem's node of each of the space's
        self.originals[dofs] = np.asarray(geometry.input_global_indices)[places]
        self.numbers = np.argsort(self.originals)
        fixed = np.sort(self.numbers[problem["fixed"]]).astype(np.int32)
        zero = PETSc.ScalarType(0) if components == 1 else np.zeros(d, dtype=PETSc.ScalarType)
        self.held = fem.dirichletbc(zero, fixed, self.space)

    def set_field(self, values):
        self.field.x.array[:] = values[self.cells]

    def load(self, values):
        ordered = values.reshape(-1, self.components)[self.originals].ravel()
        return PETSc.Vec().createWithArray(np.ascontiguousarray(ordered), comm=MPI.COMM_SELF)

    def answer(self, vector):
        return vector.array.reshape(-1, self.components)[self.numbers].ravel()


def diffusion(system):
    u, v = ufl.TrialFunction(system.space), ufl.TestFunction(system.space)
    return fem.form(system.field * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx, jit_params=COMPILER)


def elasticity(system):
    u, v = ufl.TrialFunction(system.space), ufl.TestFunction(system.space)
    shear = system.field / (2 * (1 + POISSON_RATIO))
    lame = system.field * POISSON_RATIO / ((1 + POISSON_RATIO) * (1 - 2 * POISSON_RATIO))
    stress = 2 * shear * ufl.sym(ufl.grad(u)) + lame * ufl.tr(ufl.grad(u)) * ufl.Identity(3)
    return fem.form(ufl.inner(stress, ufl.sym(ufl.grad(v))) * ufl.dx, jit_params=COMPILER)


def assemble(matrix, form, system):
    matrix.zeroEntries()
    petsc.assemble_matrix(matrix, form, bcs=[system.held])
    matrix.assemble()


def solver(matrix, options, name):
    ksp = PETSc.KSP().create(MPI.COMM_SELF)
    prefix = "".join(filter(str.isalnum, name)) + "_"
    ksp.setOptionsPrefix(prefix)
    every = PETSc.Options()
    for key, value in options.items():
        every[prefix + key] = value
    matrix.setOption(PETSc.Mat.Option.SPD, True)
    ksp.setOperators(matrix)
    ksp.setFromOptions()
    return ksp


def timed(run, repetitions):
    """CPU seconds of each repetition; one before them is not counted."""
    seconds = []
    for number in range(repetitions + 1):
        began = time.process_time()
        run(number)
        seconds.append(time.process_time() - began)
    return seconds[1:]


def try_all(configurations, run, repetitions):
    """Each configuration that this PETSc has: `run(name, options)` gives what to repeat, and what reads its answer."""
    seconds, answers = {}, {}
    for name, options in configurations.items():
        try:
            again, answer = run(name, options)
            seconds[name] = timed(again, repetitions)
            answers[name] = answer()
        except PETSc.Error as error:
            print(f"{name}: {error}", file=sys.stderr)
    return seconds, answers


def solve(problem, repetitions):
    """New coefficients on the same mesh: assembly and solve."""
    system = System(problem)
    form = diffusion(system)
    load, fields = system.load(problem["loads"][0]), problem["fields"]
    wanted = {**ITERATIVE, **(DIRECT if len(problem["nodes"]) <= DIRECT_LIMIT else {"CHOLMOD": DIRECT["CHOLMOD"]})}

    def run(name, options):
        matrix = petsc.create_matrix(form)
        ksp, x = solver(matrix, options, name), load.duplicate()

        def again(number):
            system.set_field(fields[number % len(fields)])
            assemble(matrix, form, system)
            ksp.setOperators(matrix)
            ksp.solve(load, x)

        def answer():
            again(0)
            return system.answer(x)

        return again, answer

    return try_all(wanted, run, repetitions)


def assembly(problem, repetitions):
    system = System(problem)
    form = diffusion(system)
    matrix = petsc.create_matrix(form)
    fields = problem["fields"]

    def again(number):
        system.set_field(fields[number % len(fields)])
        assemble(matrix, form, system)

    seconds = timed(again, repetitions)
    again(0)
    u = np.sin(np.arange(len(problem["nodes"])))
    u[problem["fixed"]] = 0.0
    load, out = system.load(u), system.load(u)
    matrix.mult(load, out)
    image = system.answer(out)
    image[problem["fixed"]] = 0.0
    return {"assembly": seconds}, {"assembly": image}


def fields(problem, repetitions):
    """A loop over all fields."""
    system = System(problem)
    form = diffusion(system)
    load = system.load(problem["loads"][0])

    def run(name, options):
        matrix = petsc.create_matrix(form)
        ksp, x = solver(matrix, options, name), load.duplicate()
        found = []

        def again(number):
            found.clear()
            for field in problem["fields"]:
                system.set_field(field)
                assemble(matrix, form, system)
                ksp.setOperators(matrix)
                ksp.solve(load, x)
                found.append(system.answer(x))

        return again, lambda: np.concatenate(found)

    return try_all({**ITERATIVE, **DIRECT}, run, repetitions)


def loads(problem, repetitions):
    """Every right-hand side as a problem of its own, factorised each time."""
    system = System(problem)
    form = diffusion(system)
    every = [system.load(load) for load in problem["loads"]]
    system.set_field(problem["fields"][0])

    def run(name, options):
        matrix = petsc.create_matrix(form)
        assemble(matrix, form, system)
        ksp, x = solver(matrix, options, name), every[0].duplicate()
        found = []

        def again(number):
            found.clear()
            for load in every:
                matrix.assemble()  # counts as new values
                ksp.setOperators(matrix)
                ksp.solve(load, x)
                found.append(system.answer(x))

        return again, lambda: np.concatenate(found)

    return try_all(DIRECT, run, repetitions)


def heat(problem, repetitions):
    """Backward Euler from u = 0, the matrix assembled and factorised once, each step warm-started."""
    system = System(problem)
    u, v = ufl.TrialFunction(system.space), ufl.TestFunction(system.space)
    step = system.field * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx + u * v / TIME_STEP * ufl.dx
    form = fem.form(step, jit_params=COMPILER)
    mass = petsc.assemble_matrix(fem.form(u * v / TIME_STEP * ufl.dx, jit_params=COMPILER))
    mass.assemble()
    load = system.load(problem["loads"][0])
    fixed = system.numbers[problem["fixed"]]

    def run(name, options):
        matrix = petsc.create_matrix(form)
        ksp, x, rhs = solver(matrix, options, name), load.duplicate(), load.duplicate()
        ksp.setInitialGuessNonzero(options["ksp_type"] == "cg")

        def again(number):
            system.set_field(problem["fields"][0])
            assemble(matrix, form, system)
            ksp.setOperators(matrix)
            x.set(0.0)
            for _ in range(HEAT_STEPS):
                mass.multAdd(x, load, rhs)
                rhs.array[fixed] = 0.0
                ksp.solve(rhs, x)

        return again, lambda: system.answer(x)

    return try_all({**ITERATIVE, **DIRECT}, run, repetitions)


def elastic(problem, repetitions):
    """Assembly and solve; multigrid knows the rigid motions."""
    system = System(problem, components=3)
    form = elasticity(system)
    load = system.load(problem["loads"][0])

    def run(name, options):
        matrix = petsc.create_matrix(form)
        matrix.setNearNullSpace(rigid_motions(system))
        ksp, x = solver(matrix, options, name), load.duplicate()

        def again(number):
            system.set_field(problem["fields"][number % len(problem["fields"])])
            assemble(matrix, form, system)
            ksp.setOperators(matrix)
            ksp.solve(load, x)

        def answer():
            again(0)
            return system.answer(x)

        return again, answer

    wanted = {
        "CG+GAMG": {**CG, **GAMG},
        "CG+GAMG, coarse levels by threshold": {**CG, **GAMG, "pc_gamg_threshold": 0.02},
        "CG+BoomerAMG": {
            **CG,
            **HYPRE,
            "pc_hypre_boomeramg_nodal_coarsen": 4,
            "pc_hypre_boomeramg_strong_threshold": 0.5,
        },
        "MUMPS": DIRECT["MUMPS"],
    }
    return try_all(wanted, run, repetitions)


def rigid_motions(system):
    x, y, z = (system.nodes[system.originals] - system.nodes.mean(axis=0)).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    motions = [(one, zero, zero), (zero, one, zero), (zero, zero, one), (-y, x, zero), (zero, -z, y), (z, zero, -x)]
    columns = np.linalg.qr(np.stack([np.column_stack(motion).ravel() for motion in motions], axis=1))[0]
    vectors = [PETSc.Vec().createWithArray(column.copy(), comm=MPI.COMM_SELF) for column in columns.T]
    return PETSc.NullSpace().create(vectors=vectors)


WORKS = {work.__name__: work for work in (solve, assembly, fields, loads, heat, elastic)} | {"bricks": elastic}


def main(work, problem, answer, repetitions):
    with np.load(problem) as arrays:
        given = dict(arrays)
    seconds, answers = WORKS[work](given, int(repetitions))
    np.savez(answer, **answers)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
