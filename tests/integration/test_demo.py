"""`faraday demo`, as `make demo` runs it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from ops import processes
from tests.support.installation import FARADAY

pytestmark = pytest.mark.cluster


def test_the_demo_calls_every_service_shows_the_evidence_and_leaves_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="fd-") as short:  # unix sockets' paths are limited
        _demo(Path(short) / "r")


def _demo(ray: Path) -> None:
    told = subprocess.run(
        [FARADAY, "demo"],
        env={**os.environ, "FARADAY_RAY__TEMP_DIR": str(ray), "FARADAY_RAY__NUM_CPUS": "4"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    bounds = [float(bound) for bound in re.findall(r"error in energy norm ≤ (\S+) \(guaranteed\)", told.stdout)]
    assert bounds[1] < bounds[0] / 10  # P2 on the same mesh
    assert "90% intervals of points (conformal, fitted on " in told.stdout
    assert "operator certified: its guaranteed bound is within the tolerance" in told.stdout
    assert "within 5%? withheld: finite elements" in told.stdout
    assert "two unknown conductivities, 1 and 5: found to " in told.stdout
    assert "sent [0, 1, 2, 3, 4, 5, 6, 7], got [0, 1, 2, 3, 4, 5, 6, 7]" in told.stdout
    assert re.search(r"largest pressure \S+ without their records, \S+ with them", told.stdout)
    assert "demo/darcy (client, add-remove): ε = 0.325 of 4 spent" in told.stdout
    assert "nothing is left running" in told.stdout
    assert not processes.naming(ray)
