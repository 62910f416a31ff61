"""A configuration travels as JSON, refuses nonsense, and is light."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec
import pytest

from models.operators.fno.config import FNO


def test_a_configuration_comes_back_from_json() -> None:
    config = FNO(modes=(12, 12), ranks=(16, 16, 6, 4), basis="periodic")
    assert msgspec.json.decode(msgspec.json.encode(config), type=FNO) == config


@pytest.mark.parametrize(
    "wrong",
    [
        {"modes": ()},
        {"modes": (4, 4, 4, 4)},
        {"modes": (4, 0)},
        {"width": 0},
        {"mixing": -1},
        {"period": 0.5},
        {"period": float("nan")},
        {"period": 2.0, "basis": "periodic"},
        {"ranks": (4, 4)},
        {"ranks": (4, 4, 9, 4)},
        {"ranks": (4, 4, 4, 0)},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        FNO(**({"modes": (8, 8)} | wrong))


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"type": "fno", "modes": [4, 4], "depth": 3}', type=FNO)


def test_what_a_router_imports_has_no_pytorch() -> None:
    program = "import sys, models.operators.fno.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
