"""What all problems on general meshes have in common."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models import schema
from models.base import Result
from models.catalog import CATALOG
from models.fem.domain.task import DomainTask

GENERAL = [spec for spec in CATALOG.values() if issubclass(spec.task, DomainTask)]


def test_the_router_can_check_a_task_without_scipy_or_scikit_fem() -> None:
    code = (
        "import sys; from models.catalog import CATALOG; "
        f"[CATALOG[name].example().check() for name in {[spec.name for spec in GENERAL]}]; "
        "sys.exit('scipy' in sys.modules or 'skfem' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("spec", GENERAL, ids=lambda spec: spec.name)
def test_the_example_travels_and_is_answered_the_same_each_time(spec) -> None:  # type: ignore[no-untyped-def]
    task = spec.example()
    again = schema.parse(spec.task, *schema.flatten(task))
    first, second = spec.load("cpu").run([task, again])
    assert isinstance(first, Result)
    scalars, arrays = schema.flatten(first)
    schema.fit(spec.result, scalars, {name: (array.dtype, array.shape) for name, array in arrays.items()})
    for name, array in schema.flatten(second)[1].items():
        np.testing.assert_array_equal(array, arrays[name])
