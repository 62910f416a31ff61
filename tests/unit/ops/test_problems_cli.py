"""`faraday problems`, asked of a whole router."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import cli
from tests.support.router import SPECS, RouterOptions
from tests.support.serving import serving


def test_problems_say_what_to_send_and_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARADAY_STATE_DIR", str(tmp_path))
    served = tmp_path / "router"
    served.mkdir()
    specs = {name: SPECS[name] for name in ("fem.diffusion", "fem.elasticity")}
    with serving(served, RouterOptions(specs=specs)) as router:
        (tmp_path / "token").write_text(router.token())
        said = {"endpoint": router.target, "token_file": str(tmp_path / "token"), "ca_file": None}
        (tmp_path / "client.json").write_text(json.dumps(said))
        told = CliRunner().invoke(cli, ["problems"])
    assert told.exit_code == 0, told.output
    assert "elasticity  (fem.elasticity version 1)" in told.output
    assert "in  diffusion.conductivity: float64 (-1); required; k > 0: one value, or one per cell" in told.output
    assert "in  elasticity.plane: strain or stress; default strain;" in told.output
    assert "out outputs[stress]: float64 (cells, 6);" in told.output
