from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Refusal
from models.catalog import CATALOG
from models.fem.meshing.task import MeshTask
from ops.kernels import compile_kernels


def test_each_model_is_asked_its_example_and_told_of() -> None:
    told: list[str] = []
    compile_kernels([CATALOG["fem.mesh"], CATALOG["identity"]], told.append)
    assert [line.split(":")[0] for line in told] == ["fem.mesh", "identity"]


def test_a_model_that_refuses_its_example_is_not_passed_over() -> None:
    wrong = replace(CATALOG["fem.mesh"], example=lambda: MeshTask(divisions=np.array([0, 1])))
    with pytest.raises(Refusal, match="at least 1"):
        compile_kernels([wrong], lambda line: None)
