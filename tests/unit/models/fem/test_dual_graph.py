from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.fem.dual_graph import DualGraph, net_outflow
from models.fem.mesh import Triangulation
from tests.unit.models.fem.meshes import MESHES, ring, two_holes


def graph_of(mesh: Triangulation, dirichlet: Array) -> DualGraph:
    return DualGraph(mesh, ~mesh.is_boundary | dirichlet)


def some_boundary(mesh: Triangulation, seed: int) -> Array:
    """A random half of the boundary edges, and at least one."""
    edges = np.flatnonzero(mesh.is_boundary)
    chosen = np.zeros(len(mesh.edges), dtype=bool)
    chosen[np.random.default_rng(seed).permutation(edges)[: max(1, len(edges) // 2)]] = True
    return chosen


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from(sorted(MESHES)), seed=st.integers(0, 50))
def test_any_imbalance_is_carried_out_of_the_domain(name: str, seed: int) -> None:
    mesh = MESHES[name]
    graph = graph_of(mesh, some_boundary(mesh, seed))
    wanted = np.random.default_rng(seed).standard_normal(len(mesh.cells))
    flux = graph.carry(wanted)
    np.testing.assert_allclose(net_outflow(mesh, flux), wanted, atol=1e-13)
    assert not flux[~graph.is_open].any()


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from(sorted(MESHES)), seed=st.integers(0, 50))
def test_cycles_leave_every_cell_in_balance_and_closed_edges_alone(name: str, seed: int) -> None:
    mesh = MESHES[name]
    graph = graph_of(mesh, some_boundary(mesh, seed))
    for cycle in graph.cycles().toarray().T:
        assert not net_outflow(mesh, cycle).any()
        assert not cycle[~graph.is_open].any()


@settings(deadline=None, max_examples=40)
@given(name=st.sampled_from(sorted(MESHES)), seed=st.integers(0, 50))
def test_cycles_are_a_basis_of_all_balanced_fluxes(name: str, seed: int) -> None:
    mesh = MESHES[name]
    graph = graph_of(mesh, some_boundary(mesh, seed))
    cycles = graph.cycles().toarray()
    balance = np.zeros((len(mesh.cells), len(mesh.edges)))
    np.add.at(balance, (np.arange(len(mesh.cells))[:, None], mesh.cell_edges), mesh.cell_signs)
    free = balance[:, graph.is_open]
    assert cycles.shape[1] == free.shape[1] - np.linalg.matrix_rank(free)
    if cycles.shape[1]:
        assert np.linalg.matrix_rank(cycles) == cycles.shape[1]


@pytest.mark.parametrize(("mesh", "holes"), [(MESHES["square"], 0), (ring(), 1), (two_holes(), 2)])
def test_each_hole_adds_one_cycle_to_the_curls(mesh: Triangulation, holes: int) -> None:
    graph = graph_of(mesh, mesh.is_boundary)
    assert graph.cycles().shape[1] == len(mesh.nodes) - 1 + holes
