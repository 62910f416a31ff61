"""Bodies and tasks of many kinds, to run every property over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.base import Array
from models.fem.elasticity.problem import Problem, mesh_of, problem
from models.fem.elasticity.solve import ElasticitySolver
from models.fem.elasticity.task import ElasticityResult, ElasticityTask
from models.fem.mesh import unit_square
from models.fem.simplicial import Simplicial
from models.fem.tetrahedra import Tetrahedra, box, tetrahedralize
from tests.unit.models.fem.meshes import MESHES

Field = Callable[[Array], Array]


def distorted_box(counts: tuple[int, int, int], seed: int = 0) -> Tetrahedra:
    """Inner nodes moved by up to a tenth of the shortest edge, nodes and cells renumbered, corners in any order."""
    rng = np.random.default_rng(seed)
    mesh = box(*counts)
    nodes = mesh.nodes.copy()
    inner = np.ones(len(nodes), dtype=bool)
    inner[mesh.facets[mesh.is_boundary]] = False
    nodes[inner] += rng.uniform(-0.1, 0.1, (int(inner.sum()), 3)) / max(counts)
    numbers = rng.permutation(len(nodes))
    shuffled = np.empty_like(nodes)
    shuffled[numbers] = nodes
    return tetrahedralize(shuffled, rng.permuted(rng.permutation(numbers[mesh.cells]), axis=1))


BODIES: dict[str, Simplicial] = {
    "one triangle": MESHES["one triangle"],
    "square": unit_square(4, 4),
    "distorted square": MESHES["distorted square"],
    "distorted two holes": MESHES["distorted two holes"],
    "one tetrahedron": tetrahedralize(
        np.array([[0.0, 0, 0], [1, 0.2, 0], [0.1, 1, 0], [0.3, 0.2, 0.8]]), np.array([[0, 2, 1, 3]])
    ),
    "box": box(2, 1, 3),
    "distorted box": distorted_box((3, 3, 2)),
}


def block(divisions: tuple[int, ...], lengths: tuple[float, ...]) -> Simplicial:
    """A rectangle or box as the task makes it."""
    unused = np.zeros(1)
    return mesh_of(
        ElasticityTask(
            divisions=np.array(divisions), lengths=np.array(lengths), young_modulus=unused, poisson_ratio=unused
        )
    )


def task_on(mesh: Simplicial, degree: int, **fields: Any) -> ElasticityTask:
    """E = 2 and ν = 0.3, unless the fields say otherwise."""
    defaults = {"young_modulus": np.array([2.0]), "poisson_ratio": np.array([0.3])}
    return ElasticityTask(nodes=mesh.nodes, cells=mesh.cells, degree=degree, **{**defaults, **fields})


def held(points: Array, values: Array) -> dict[str, Array]:
    """The fields of a task that prescribe all components at points (n,) to be values (n, d)."""
    d = values.shape[1]
    return {
        "fixed_points": np.repeat(points, d),
        "fixed_axes": np.tile(np.arange(d), len(points)),
        "fixed_values": values.ravel(),
    }


def boundary_points(mesh: Simplicial, degree: int, where: Callable[[Array], Array] = lambda x: x[:, 0] > -1) -> Array:
    """The points of the boundary facets whose centre x (n, d) satisfies where."""
    chosen = boundary_facets(mesh, where)
    return np.unique(mesh.facet_points(degree)[chosen])


def boundary_facets(mesh: Simplicial, where: Callable[[Array], Array] = lambda x: x[:, 0] > -1) -> Array:
    """(n,): the numbers of the boundary facets whose centre satisfies where."""
    return np.flatnonzero(mesh.is_boundary & where(mesh.nodes[mesh.facets].mean(axis=1)))


def given_on_boundary(mesh: Simplicial, degree: int, u: Field) -> dict[str, Array]:
    points = boundary_points(mesh, degree)
    return held(points, u(mesh.points(degree)[points]))


def clamped(mesh: Simplicial, degree: int) -> dict[str, Array]:
    """All of the side x = 0."""
    points = boundary_points(mesh, degree, lambda x: np.isclose(x[:, 0], 0))
    return held(points, np.zeros((len(points), mesh.nodes.shape[1])))


def normals(mesh: Simplicial, facets: Array) -> Array:
    """(n, d): outward unit normals of boundary facets."""
    corners = mesh.nodes[mesh.facets[facets]]
    sides = corners[:, 1:] - corners[:, :1]
    across = (
        np.stack((sides[:, 0, 1], -sides[:, 0, 0]), axis=1)
        if corners.shape[2] == 2
        else np.cross(*sides.transpose(1, 0, 2))
    )
    inward = mesh.nodes[mesh.cells[mesh.facet_cells[facets, 0]]].mean(axis=1) - corners.mean(axis=1)
    across = np.where((np.sum(across * inward, axis=1) > 0)[:, None], -across, across)
    return np.asarray(across / np.linalg.norm(across, axis=1)[:, None])


def posed(task: ElasticityTask, mesh: Simplicial) -> Problem:
    task.check()
    return problem(task, mesh)


def solved(task: ElasticityTask) -> ElasticityResult:
    [result] = ElasticitySolver("cpu").run([task])
    assert isinstance(result, ElasticityResult), result
    return result


def estimate(result: ElasticityResult) -> float:
    assert result.evidence.error_bound is not None
    return result.evidence.error_bound.value
