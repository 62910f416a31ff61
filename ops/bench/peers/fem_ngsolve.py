"""A peer: NGSolve, by its own sparse Cholesky and by conjugate gradients with its h1amg.

    fem_ngsolve.py WORK PROBLEM.npz ANSWER.npz REPETITIONS

The mesh, space and form are made before the clock starts; what is timed is CPU seconds of assembling and solving.
Prints, as JSON, the seconds of each repetition by configuration; ANSWER holds one solution for each, at the problem's
nodes.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import netgen.meshing as netgen
import numpy as np
from ngsolve import H1, L2, BilinearForm, GridFunction, Mesh, Preconditioner, dx, grad
from ngsolve.la import CGSolver

TOLERANCE = 1e-10  # of the preconditioned residual


def solve(problem, repetitions):
    """New coefficients on the same mesh: assembly and solve."""
    mesh, order = _mesh(problem)
    space = H1(mesh, order=1, dirichlet="all")
    k = GridFunction(L2(mesh, order=0))
    u, v = space.TnT()
    values = problem["fields"]
    seconds, answers = {}, {}
    for name in ("sparse Cholesky", "CG+h1amg"):
        form = BilinearForm(k * grad(u) * grad(v) * dx, symmetric=True)
        ahead = Preconditioner(form, "h1amg") if name == "CG+h1amg" else None
        found = GridFunction(space)
        load = found.vec.CreateVector()
        load.FV().NumPy()[:] = problem["loads"][0]

        def again(number, form=form, ahead=ahead, load=load, found=found):
            k.vec.FV().NumPy()[:] = values[number % len(values)][order]
            form.Assemble()
            if ahead is None:
                inverse = form.mat.Inverse(space.FreeDofs(), inverse="sparsecholesky")
            else:
                inverse = CGSolver(form.mat, ahead.mat, maxiter=500, tol=TOLERANCE)
            found.vec.data = inverse * load

        seconds[name] = _timed(again, repetitions)
        again(0)
        answers[name] = found.vec.FV().NumPy().copy()
    return seconds, answers


def _mesh(problem):
    """A netgen mesh with the problem's nodes in their order, and the problem's cell of each of its elements."""
    made = netgen.Mesh(dim=2)
    points = [made.Add(netgen.MeshPoint(netgen.Pnt(x, y, 0.0))) for x, y in problem["nodes"].tolist()]
    made.Add(netgen.FaceDescriptor(surfnr=1, domin=1, bc=1))
    for cell in problem["cells"].tolist():
        made.Add(netgen.Element2D(1, [points[node] for node in cell]))
    cells = problem["cells"]
    sides = np.sort(np.concatenate([cells[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), axis=1)
    edges, counts = np.unique(sides, axis=0, return_counts=True)
    for a, b in edges[counts == 1].tolist():
        made.Add(netgen.Element1D([points[a], points[b]], index=1))
    made.SetBCName(0, "all")
    return Mesh(made), np.arange(len(cells))


def _timed(run, repetitions):
    """CPU seconds of each repetition; one before them is not counted."""
    seconds = []
    for number in range(repetitions + 1):
        began = time.process_time()
        run(number)
        seconds.append(time.process_time() - began)
    return seconds[1:]


WORKS = {work.__name__: work for work in (solve,)}


def main(work, problem, answer, repetitions):
    with np.load(problem) as arrays:
        given = dict(arrays)
    seconds, answers = WORKS[work](given, int(repetitions))
    np.savez(answer, **answers)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
