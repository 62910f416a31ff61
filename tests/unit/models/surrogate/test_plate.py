"""The plate's physics: against the solver that proves its error, and against what similarity says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.base import Array
from models.fem.mesh import unit_square
from models.fem.solve import DiffusionSolver
from models.fem.task import DiffusionResult, DiffusionTask
from models.surrogate.plate import DIVISIONS, fields, reference, scale
from models.surrogate.task import SENSORS

PLATES = np.random.default_rng(3).uniform(0.5, 2.0, (4, 2, 2))
ONES = np.ones(len(PLATES))


def certified(conductivity: Array, divisions: int, degree: int) -> Array:
    """u at the sensors for f = 1, by the sparse solver of `models.fem`."""
    mesh = unit_square(divisions, divisions)
    column, row = (mesh.nodes[mesh.cells].mean(axis=1) > 0.5).astype(int).T
    points = mesh.points(degree)
    edge = np.flatnonzero(np.any((points == 0) | (points == 1), axis=1))
    task = DiffusionTask(
        divisions=np.array([divisions, divisions]),
        degree=degree,
        conductivity=conductivity[row, column],
        source=np.ones(1),
        dirichlet_points=edge,
        dirichlet_values=np.zeros(len(edge)),
    )
    (answer,) = DiffusionSolver("cpu").run([task])
    assert isinstance(answer, DiffusionResult)
    return np.array([answer.u[np.all(answer.points == sensor, axis=1)].item() for sensor in SENSORS])


def test_fields_are_those_of_the_sparse_solver_on_the_same_mesh() -> None:
    expected = [certified(plate, DIVISIONS, degree=1) for plate in PLATES]
    assert fields(PLATES, ONES) == pytest.approx(np.array(expected), rel=1e-11)


def test_the_mesh_is_fine_enough_for_what_instruments_tell() -> None:
    finer = np.array([certified(plate, 32, degree=2) for plate in PLATES])
    distance = np.linalg.norm(fields(PLATES, ONES) - finer, axis=1) / np.linalg.norm(finer, axis=1)
    assert np.all(distance < 0.015)


def test_the_reference_has_the_centre_of_the_series_of_the_square() -> None:
    odd = np.arange(1, 400, 2)
    m, n = np.meshgrid(odd, odd)
    centre = np.sum(16 * np.sin(m * np.pi / 2) * np.sin(n * np.pi / 2) / (np.pi**4 * m * n * (m**2 + n**2)))
    assert reference()[4] == pytest.approx(centre, rel=0.01)


@settings(max_examples=20)
@given(arrays(np.float64, (1, 2, 2), elements=st.floats(0.5, 2.0)), st.floats(0.1, 10.0), st.floats(0.01, 100.0))
def test_a_reduced_field_depends_on_ratios_of_conductivity_only(plate: Array, source: float, factor: float) -> None:
    here = fields(plate, np.ones(1)) / scale(plate, np.ones(1))
    sources = np.array([source])
    assert fields(factor * plate, sources) / scale(factor * plate, sources) == pytest.approx(here, rel=1e-10)


def test_many_plates_are_solved_as_one_is() -> None:
    many = np.random.default_rng(4).uniform(0.5, 2.0, (600, 2, 2))
    some = [0, 255, 256, 599]
    assert fields(many, np.ones(600))[some] == pytest.approx(fields(many[some], np.ones(4)), rel=1e-12)
