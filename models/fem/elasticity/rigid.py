"""Rigid motions: the displacements without strain, and whether the prescribed displacements rule them out."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.base import Array, Refusal
from models.fem.elasticity.problem import Problem
from models.fem.simplicial import Simplicial

# A motion that the prescribed displacements resist with less than this part of the most resisted one is free: below it
# the stiffness matrix would be singular in floating point, too.
SLACK = 1e-10

# Parts that share no facet may hold one another at nodes; that takes a dense matrix of six columns for each.
MAX_PARTS = 32

AXES = ("x", "y", "z")


def rigid_modes(points: Array) -> Array:
    """(points, d, modes): rotations about the mean of points (points, d), at distances over the largest, then
    translations."""
    d = points.shape[1]
    arms = points - points.mean(axis=0)
    arms = arms / max(float(np.abs(arms).max()), np.finfo(np.float64).tiny)
    planes = ((0, 1),) if d == 2 else ((1, 2), (2, 0), (0, 1))  # about z; about x, y and z
    modes = np.zeros((*points.shape, len(planes) + d))
    for mode, (i, j) in enumerate(planes):
        modes[:, i, mode], modes[:, j, mode] = -arms[:, j], arms[:, i]
    modes[:, :, len(planes) :] = np.eye(d)
    return modes


def refuse_free_motions(problem: Problem) -> None:
    """Raise `Refusal` SINGULAR_PROBLEM with a motion that strains nothing and that no prescribed displacement stops.

    Exact up to SLACK: a field without strain is a rigid motion on each part of the body that hangs together by facets,
    and parts that meet in nodes (a hinge) move alike there.
    """
    mesh, cell_points = problem.mesh, problem.mesh.cell_points(problem.element.degree)
    points = mesh.points(problem.element.degree)
    count, part = _parts(mesh)
    members = [np.unique(cell_points[part == number]) for number in range(count)]
    modes = [rigid_modes(points[member]) for member in members]
    free = _null_space(_resistance(problem.fixed, members, modes))
    if free.shape[1] == 0:
        return
    motions = free.reshape(count, -1, free.shape[1])
    moving = int(np.argmax(np.linalg.norm(motions, axis=(1, 2))))
    cell = int(np.argmax(part == moving))
    named = ", ".join(_names(motions[moving].T, points[members[moving]]))
    raise Refusal(
        "SINGULAR_PROBLEM",
        f"the part of the body around cell {cell} is free to move without strain: {named}; prescribe displacements "
        "that stop it",
        "fixed_points",
        {"cell": str(cell), "free": named},
    )


def _parts(mesh: Simplicial) -> tuple[int, Array]:
    """How many parts hang together by facets, and the part of each cell (cells,)."""
    pairs = mesh.facet_cells[~mesh.is_boundary]
    size = len(mesh.cells)
    joined = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    count, part = connected_components(joined, directed=False)
    if count > MAX_PARTS:
        details = {"parts": str(count), "limit": str(MAX_PARTS)}
        message = f"form {count} parts that share no facet; send at most {MAX_PARTS}"
        raise Refusal("OUT_OF_RANGE", message, "cells", details)
    return int(count), part


def _resistance(fixed: Array, members: list[Array], modes: list[Array]) -> Array:
    """(rows, parts · modes): what the amplitudes of each part's modes do to prescribed displacements, and to the gaps
    between parts at the points that they share."""
    size = modes[0].shape[2]
    d = modes[0].shape[1]
    rows = [np.zeros((0, len(members) * size))]
    for number, (member, mode) in enumerate(zip(members, modes, strict=True)):
        held = mode.reshape(-1, size)[np.isin((member[:, None] * d + np.arange(d)).ravel(), fixed)]
        rows.append(np.zeros((min(len(held), size), len(members) * size)))
        rows[-1][:, number * size : (number + 1) * size] = np.linalg.qr(held, mode="r")
        for other in range(number):
            _, here, there = np.intersect1d(member, members[other], return_indices=True)
            gap = np.zeros((len(here) * d, len(members) * size))
            gap[:, number * size : (number + 1) * size] = mode[here].reshape(-1, size)
            gap[:, other * size : (other + 1) * size] = -modes[other][there].reshape(-1, size)
            rows.append(gap)
    return np.vstack(rows)


def _null_space(matrix: Array) -> Array:
    """(columns, k): an orthonormal basis of what the matrix maps to nothing."""
    _, values, right = np.linalg.svd(np.linalg.qr(matrix, mode="r"))
    return np.asarray(right[int(np.sum(values > SLACK * max(1.0, values.max(initial=0.0)))) :].T)


def _names(motions: Array, points: Array) -> list[str]:
    """What the motions (k, modes) of a part with these points are, in words: first the rotations."""
    d = points.shape[1]
    center = points.mean(axis=0)
    reach = float(np.abs(points - center).max())
    names = []
    for motion in _reduced(motions):
        turn, shift = (np.array([0, 0, motion[0]]), np.array([*motion[1:], 0])) if d == 2 else np.split(motion, 2)
        if np.any(turn):
            through = center + reach * (np.cross(turn, shift) / (turn @ turn))[:d]
            names.append(f"rotation about {_direction(turn)} through {_tuple(through)}")
        else:
            names.append(f"translation along {_direction(shift)}")
    return names


def _reduced(rows: Array) -> Array:
    """The reduced row echelon form of rows (k, modes), without rows of zeros."""
    rest = rows.copy()
    done = 0
    for column in range(rest.shape[1]):
        pivot = done + int(np.argmax(np.abs(rest[done:, column]))) if done < len(rest) else done
        if done == len(rest) or abs(rest[pivot, column]) < 1e-6:
            continue
        rest[[done, pivot]] = rest[[pivot, done]]
        rest[done] /= rest[done, column]
        others = np.arange(len(rest)) != done
        rest[others] -= np.outer(rest[others, column], rest[done])
        done += 1
    return np.where(np.abs(rest[:done]) < 1e-6, 0.0, rest[:done])


def _direction(vector: Array) -> str:
    along = np.flatnonzero(vector)
    return AXES[along[0]] if len(along) == 1 else _tuple(vector / np.linalg.norm(vector))


def _tuple(values: Array) -> str:
    return "(" + ", ".join(f"{value + 0.0:.3g}" for value in np.where(np.abs(values) < 1e-6, 0.0, values)) + ")"
