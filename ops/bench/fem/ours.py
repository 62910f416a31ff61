"""Ours as a program like the peers', in a process of its own whose threads are pinned.

    python -m ops.bench.fem.ours WORK PROBLEM.npz ANSWER.npz REPETITIONS

A work is warm: what is kept between calls on one mesh (its plan) is made before the clock starts, and one repetition
goes before those that count. Prints, as JSON, the CPU seconds of each repetition by what was done; ANSWER holds the
solutions under the same names.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csc_array

from models.base import Array
from models.fem import problem as diffusion
from models.fem.adjoint import Gradient
from models.fem.assembly import assemble, source_products
from models.fem.bound import certificate as bounded
from models.fem.bricks import system as hexahedra
from models.fem.bricks.body import Body, body
from models.fem.bricks.task import BricksTask
from models.fem.domain.build import mesh_of as domain_mesh
from models.fem.elasticity import problem as elasticity
from models.fem.elasticity.system import balance
from models.fem.elasticity.task import ElasticityTask
from models.fem.element import ELEMENTS
from models.fem.mesh import Triangulation, triangulate
from models.fem.plan import Plan, plan
from models.fem.sessions import AnyOperator, AnyPlan
from models.fem.structured.square import square_plan
from models.fem.structured.stars import best_stars
from models.fem.task import DiffusionTask
from ops.bench.fem.problems import BENDING, HEAT_STEPS, POISSON_RATIO, TIME_STEP, Problem, read

Timed = tuple[dict[str, list[float]], dict[str, Array]]


def solve(given: Problem, repetitions: int) -> Timed:
    """New coefficients on the same mesh: assembly and solve, by multigrid where the mesh is a structured square."""
    held = _best_plan(given)

    def again(number: int) -> Array:
        return _solved(held.operator(given.fields[number % len(given.fields)]), given)

    return {"solve": _timed(again, repetitions)}, {"solve": again(0)}


def assembly(given: Problem, repetitions: int) -> Timed:
    """The answer is K sin(0, 1, 2, …), 0 at the fixed nodes."""
    held = _plan(given)

    def again(number: int) -> object:
        return held.matrix(given.fields[number % len(given.fields)])

    u = np.sin(np.arange(len(given.nodes)))
    u[given.fixed] = 0.0
    image = np.zeros_like(u)
    image[held.free] = held.matrix(given.fields[0]) @ u[held.free]
    return {"assembly": _timed(again, repetitions)}, {"assembly": image}


def fields(given: Problem, repetitions: int) -> Timed:
    """Every field of coefficients, one after the other, by multigrid."""
    held = _best_plan(given)

    def again(number: int) -> Array:
        return np.concatenate([_solved(held.operator(field), given) for field in given.fields])

    return {"fields": _timed(again, repetitions)}, {"fields": again(0)}


def loads(given: Problem, repetitions: int) -> Timed:
    """Every right-hand side, with one factorisation."""
    held = _plan(given)
    nothing = np.zeros(len(given.nodes))

    def again(number: int) -> Array:
        found = held.operator(given.fields[0]).solve(list(given.loads), [nothing] * len(given.loads))
        return np.concatenate([solution.x for solution in found])

    return {"loads": _timed(again, repetitions)}, {"loads": again(0)}


def derivative(given: Problem, repetitions: int) -> Timed:
    """The gradient of |u|²/2 by the conductivity of each cell, beside the forward solve that it follows."""
    ahead, back, answers = list[float](), list[float](), list[Array]()
    for held in (_plan(given), _best_plan(given)):
        for number in range(repetitions, -1, -1):  # so that the last is of the first field
            posed = _posed(given, held.mesh, number)
            began = time.process_time()
            made = held.operator(posed.conductivity)
            u = _solved(made, given)
            between = time.process_time()
            [dual] = made.solve([u], [np.zeros_like(u)])
            found = Gradient(posed, held, u, u, dual.x).conductivity
            ahead.append(between - began)
            back.append(time.process_time() - between)
        answers.append(found)
    names = "direct", "multigrid"
    seconds = {
        f"{name}, {part}": every[at * (repetitions + 1) + 1 : (at + 1) * (repetitions + 1)]
        for at, name in enumerate(names)
        for part, every in (("forward", ahead), ("gradient", back))
    }
    return seconds, {f"{name}, gradient": answer for name, answer in zip(names, answers, strict=True)}


def heat(given: Problem, repetitions: int) -> Timed:
    """Backward Euler from u = 0, with one factorisation, each step's residual checked."""
    held = _plan(given)
    mass = _mass(held)
    load = given.loads[0][held.free]
    analysis = held.analysis
    assert analysis is not None

    def again(number: int) -> Array:
        stiff = held.matrix(given.fields[0])
        factors = analysis.factor(csc_array((stiff.data + mass.data, mass.indices, mass.indptr)))
        u = np.zeros(len(held.free))
        for _ in range(HEAT_STEPS):
            u = factors.solve(load + mass.T @ u).x  # symmetric, and stored by rows so
        return _everywhere(u, held)

    return {"heat": _timed(again, repetitions)}, {"heat": again(0)}


def elastic(given: Problem, repetitions: int) -> Timed:
    posed = [_bent(given, number) for number in range(len(given.fields))]

    def again(number: int) -> Array:
        return balance(posed[number % len(posed)]).u.ravel()

    return {"elastic": _timed(again, repetitions)}, {"elastic": again(0)}


def bricks(given: Problem, repetitions: int) -> Timed:
    posed = [_bent_bricks(given, number) for number in range(len(given.fields))]

    def again(number: int) -> Array:
        return hexahedra.balance(posed[number % len(posed)]).u.ravel()

    return {"bricks": _timed(again, repetitions)}, {"bricks": again(0)}


def certificate(given: Problem, repetitions: int) -> Timed:
    """The guaranteed bound, beside a direct solve; by the stars of the cut square, as `fem.diffusion` has it there."""
    held = _plan(given)
    posed = _posed(given, held.mesh, 0)
    u = _solved(held.operator(given.fields[0]), given)
    direct = _timed(lambda number: _solved(held.operator(given.fields[0]), given), repetitions)
    stars = best_stars(posed, given.divisions)
    bound = _timed(lambda number: bounded(posed, u, stars=stars), repetitions)
    return {"solve": direct, "certificate": bound}, {"solve": u}


WORKS: Mapping[str, Callable[[Problem, int], Timed]] = {
    work.__name__: work for work in (solve, assembly, fields, loads, derivative, heat, elastic, bricks, certificate)
}


def _plan(given: Problem) -> Plan:
    return plan(triangulate(given.nodes, given.cells), ELEMENTS[1], given.fixed)


def _best_plan(given: Problem) -> AnyPlan:
    return square_plan(given.divisions, given.fixed) if len(given.divisions) else _plan(given)


def _solved(made: AnyOperator, given: Problem) -> Array:
    [solution] = made.solve([given.loads[0]], [np.zeros(len(given.nodes))])
    return solution.x


def _everywhere(u: Array, held: Plan) -> Array:
    whole = np.zeros(held.point_count)
    whole[held.free] = u
    return whole


def _posed(given: Problem, mesh: Triangulation, number: int) -> diffusion.Problem:
    """With f = 1, u = 0 on the boundary and one of the fields."""
    task = DiffusionTask(
        nodes=given.nodes,
        cells=given.cells,
        degree=1,
        conductivity=given.fields[number % len(given.fields)],
        source=np.ones(1),
        dirichlet_points=given.fixed,
        dirichlet_values=np.zeros(len(given.fixed)),
    )
    return diffusion.problem(task, mesh)


def _bent(given: Problem, number: int) -> elasticity.Problem:
    axes = len(BENDING)
    task = ElasticityTask(
        nodes=given.nodes,
        cells=given.cells,
        degree=1,
        young_modulus=given.fields[number],
        poisson_ratio=np.full(1, POISSON_RATIO),
        body_force=np.array([BENDING]),
        fixed_points=np.repeat(given.fixed, axes),
        fixed_axes=np.tile(np.arange(axes), len(given.fixed)),
        fixed_values=np.zeros(axes * len(given.fixed)),
    )
    return elasticity.problem(task, elasticity.mesh_of(task))


def _bent_bricks(given: Problem, number: int) -> Body:
    task = BricksTask(
        shape="cube",
        cell_kind="hexahedron",
        divisions=given.divisions,
        lengths=given.nodes.max(axis=0),
        degree=1,
        young_modulus=given.fields[number],
        poisson_ratio=np.full(1, POISSON_RATIO),
        force=", ".join(map(str, BENDING)),
        conditions="bottom: u = 0, 0, 0",
    )
    return body(task, domain_mesh(task))


def _mass(held: Plan) -> csc_array:
    """∫ φ_i φ_j between free points, over the time step."""
    local = held.mesh.areas[:, None, None] / TIME_STEP * source_products(held.element, 2)
    return assemble(local, held.cell_points).tocsc()[held.free][:, held.free]


def _timed(run: Callable[[int], object], repetitions: int) -> list[float]:
    """CPU seconds of each repetition; one before them is not counted."""
    seconds = []
    for number in range(repetitions + 1):
        began = time.process_time()
        run(number)
        seconds.append(time.process_time() - began)
    return seconds[1:]


def main(work: str, problem: Path, answer: Path, repetitions: int) -> None:
    seconds, answers = WORKS[work](read(problem), repetitions)
    np.savez(answer, allow_pickle=False, **answers)
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
