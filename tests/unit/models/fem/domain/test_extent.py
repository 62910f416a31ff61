from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.base import Refusal, Result
from models.fem.domain.task import DomainTask
from models.fem.helmholtz.solve import HelmholtzSolver
from models.fem.helmholtz.task import HelmholtzTask
from models.fem.modes.solve import ModesSolver
from models.fem.modes.task import ModesTask
from models.fem.transport.solve import TransportSolver
from models.fem.transport.task import TransportTask

ONE = np.array([1.0])
TRANSPORT = TransportTask(divisions=np.array([2, 2]), diffusivity=ONE, conditions="left: u = 1")
MODES = ModesTask(divisions=np.array([2, 2]), count=1)
WAVES = HelmholtzTask(divisions=np.array([2, 2]), wave_speed=ONE, conditions="left: absorb")
CORNERS = {"nodes": np.array([[0.0, 0], [1, 0], [0, 1]]) * 1e-80, "cells": np.array([[0, 1, 2]])}


def answered(task: DomainTask) -> Result | Refusal:
    model: Any = {TransportTask: TransportSolver, ModesTask: ModesSolver, HelmholtzTask: HelmholtzSolver}[type(task)]
    (found,) = model("cpu").run([task])
    assert isinstance(found, Result | Refusal)
    return found


@pytest.mark.parametrize(
    ("task", "reason", "field"),
    [
        (replace(TRANSPORT, lengths=np.array([1.0, 1e-12])), "MESH_DEGENERATE", "lengths"),
        (replace(TRANSPORT, lengths=np.array([1e-70, 1e-70])), "OUT_OF_RANGE", "lengths"),
        (replace(TRANSPORT, lengths=np.array([1e70, 1e70])), "OUT_OF_RANGE", "lengths"),
        (
            replace(TRANSPORT, shape="own", divisions=None, conditions="boundary: u = 1", **CORNERS),
            "OUT_OF_RANGE",
            "nodes",
        ),
        (replace(TRANSPORT, velocity="1e300, 1e300"), "OUT_OF_RANGE", ""),
        (replace(MODES, tension=np.array([1e-300]), density=np.array([1e300])), "OUT_OF_RANGE", ""),
        (replace(WAVES, wave_speed=np.array([1e-150]), angular_frequency=1e150), "OUT_OF_RANGE", ""),
    ],
)
def test_numbers_beyond_floating_point_are_refused_and_never_answered(
    task: DomainTask, reason: str, field: str
) -> None:
    task.check()
    found = answered(task)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert field in ("", found.field)
