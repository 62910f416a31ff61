"""Derivatives by the places of nodes: Taylor's test, and what a motion of the whole body must not change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.base import Array, Refusal
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import GradientResult, GradientTask
from models.fem.mesh import Triangulation
from tests.unit.models.fem.meshes import distorted, l_shape
from tests.unit.models.fem.posing import posed_as, with_all_data

INTEGRALS = "cells: x*u**2 + conductivity*dot(grad(u), grad(u)); boundary: y*u*nx + dn(u)**2*ny**2 + dx(u)"


def task_on(mesh: Triangulation, degree: int, integrals: str = INTEGRALS) -> GradientTask:
    """With sources, fluxes and values of every kind, and a cotangent and integrals."""
    given = with_all_data(mesh, degree, 3)
    weights = np.random.default_rng(2).standard_normal(len(mesh.points(degree)))
    return posed_as(GradientTask, given, cotangent=weights, integrals=integrals, by_nodes=True)


def solved(task: GradientTask) -> GradientResult:
    (result,) = GradientSolver("cpu").run([task])
    assert isinstance(result, GradientResult), result
    return result


def moved(task: GradientTask, by: Array) -> GradientTask:
    assert task.nodes is not None
    return dataclasses.replace(task, nodes=task.nodes + by)


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("integrals", ["", INTEGRALS], ids=["cotangent", "integrals"])
def test_what_is_left_after_the_gradient_is_of_second_order(degree: int, integrals: str) -> None:
    task = task_on(distorted(l_shape(2), seed=1), degree, integrals)
    here = solved(task)
    assert here.node_gradient is not None
    way = np.random.default_rng(4).standard_normal(here.node_gradient.shape)
    slope = float(np.sum(here.node_gradient * way))
    rests = [
        abs(float(solved(moved(task, step * way)).functional[0] - here.functional[0]) - step * slope)
        for step in (2e-4, 1e-4)
    ]
    assert 3.7 < rests[0] / rests[1] < 4.3


@pytest.mark.parametrize("degree", [1, 2])
def test_moving_the_whole_body_changes_nothing(degree: int) -> None:
    """A translation and a turn are no change of form: the cotangent's J is of u alone, which moves along."""
    task = task_on(distorted(l_shape(2), seed=3), degree, "")
    slope = solved(task).node_gradient
    assert slope is not None and task.nodes is not None
    scale = np.abs(slope).sum()
    turn = task.nodes @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert np.abs(slope.sum(axis=0)).max() < 1e-12 * scale
    assert abs(np.sum(slope * turn)) < 1e-12 * scale


def test_a_longer_bar_conducts_less() -> None:
    """u = x / L on (0, L) × (0, 1): ∫ k |∇u|² = k / L, which falls by k where the right side moves out."""
    nodes = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    task = GradientTask(
        nodes=nodes,
        cells=np.array([[0, 1, 3], [0, 3, 2]]),
        conductivity=np.array([3.0]),
        dirichlet_points=np.array([0, 2, 1, 3]),
        dirichlet_values=np.array([0.0, 0, 1, 1]),
        integrals="cells: conductivity*dot(grad(u), grad(u))",
        by_nodes=True,
    )
    slope = solved(task).node_gradient
    assert slope is not None
    assert slope[[1, 3], 0].sum() == pytest.approx(-3.0)
    assert slope[[2, 3], 1].sum() == pytest.approx(3.0)  # and a wider one more


def test_a_square_of_the_server_s_making_has_no_nodes_to_move() -> None:
    task = GradientTask(
        divisions=np.array([2, 2]),
        conductivity=np.ones(1),
        dirichlet_points=np.arange(3),
        dirichlet_values=np.zeros(3),
        cotangent=np.ones(9),
        by_nodes=True,
    )
    with pytest.raises(Refusal) as refused:
        task.check()
    assert (refused.value.reason, refused.value.field) == ("NOT_DIFFERENTIABLE", "by_nodes")
