"""A peer: scikit-fem, with SciPy's solvers as its documentation uses them.

    fem_scikit.py WORK PROBLEM.npz ANSWER.npz REPETITIONS

The basis is made before the clock starts; what is timed is CPU seconds. Prints, as JSON, the seconds of each repetition
by configuration; ANSWER holds one solution for each, at the problem's nodes.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import numpy as np
from scipy.sparse.linalg import splu
from skfem import Basis, BilinearForm, ElementTriP1, MeshTri, condense
from skfem.helpers import dot, grad

TIME_STEP, HEAT_STEPS = 1e-3, 100
# Symmetric matrices: half the time of the default.
SYMMETRIC = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


@BilinearForm
def stiffness(u, v, w):
    return w["k"] * dot(grad(u), grad(v))


@BilinearForm
def mass(u, v, w):
    return u * v / TIME_STEP


def solve(problem, repetitions):
    """New coefficients on the same mesh: assembly and solve."""
    basis = _basis(problem)
    fields, load, fixed = problem["fields"], problem["loads"][0], problem["fixed"]

    def again(number):
        matrix = _stiffness(basis, fields[number % len(fields)])
        inner, rhs, u, free = condense(matrix, load, D=fixed)
        u[free] = splu(inner.tocsc(), **SYMMETRIC).solve(rhs)
        return u

    return {"SuperLU": _timed(again, repetitions)}, {"SuperLU": again(0)}


def heat(problem, repetitions):
    """Backward Euler from u = 0, the matrix factorised once."""
    basis = _basis(problem)
    load, fixed = problem["loads"][0], problem["fixed"]
    held = condense(mass.assemble(basis), load, D=fixed)
    weights, rhs, free = held[0], held[1], held[3]

    def again(number):
        inner = condense(_stiffness(basis, problem["fields"][0]), load, D=fixed)[0]
        factors = splu((inner + weights).tocsc(), **SYMMETRIC)
        u = np.zeros(len(free))
        for _ in range(HEAT_STEPS):
            u = factors.solve(weights @ u + rhs)
        whole = np.zeros_like(load)
        whole[free] = u
        return whole

    return {"SuperLU": _timed(again, repetitions)}, {"SuperLU": again(0)}


def _basis(problem):
    return Basis(MeshTri(problem["nodes"].T.copy(), problem["cells"].T.copy()), ElementTriP1(), intorder=2)


def _stiffness(basis, field):
    return stiffness.assemble(basis, k=np.broadcast_to(field[:, None], basis.dx.shape))


def _timed(run, repetitions):
    """CPU seconds of each repetition; one before them is not counted."""
    seconds = []
    for number in range(repetitions + 1):
        began = time.process_time()
        run(number)
        seconds.append(time.process_time() - began)
    return seconds[1:]


WORKS = {work.__name__: work for work in (solve, heat)}


def main(work, problem, answer, repetitions):
    with np.load(problem) as arrays:
        given = dict(arrays)
    seconds, answers = WORKS[work](given, int(repetitions))
    np.savez(answer, **answers)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
