"""`faraday export`, asked of a whole router."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import meshio
import numpy as np
import pytest
from click.testing import CliRunner, Result

from ops.cli import cli
from tests.support.router import SPECS, RouterOptions
from tests.support.serving import serving

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
CELLS = np.array([[0, 1, 2], [0, 2, 3]])


def export(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["export", *map(str, arguments)])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    state = tmp_path_factory.mktemp("state")
    (state / "router").mkdir()
    with serving(state / "router", RouterOptions(specs={"fem.export": SPECS["fem.export"]})) as router:
        (state / "token").write_text(router.token())
        said = {"endpoint": router.target, "token_file": str(state / "token"), "ca_file": None}
        (state / "client.json").write_text(json.dumps(said))
        yield state


def test_a_saved_field_becomes_a_file(served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARADAY_STATE_DIR", str(served))
    saved, file = tmp_path / "field.npz", tmp_path / "field.vtu"
    np.savez(saved, points=SQUARE, cells=CELLS, values=SQUARE[:, 0], cell_values=np.ones(2))
    told = export(saved, file, "--name", "heat")
    assert told.exit_code == 0, told.output
    written = meshio.read(file)
    np.testing.assert_array_equal(written.point_data["heat"], SQUARE[:, 0])
    np.testing.assert_array_equal(written.cell_data["error"], [np.ones(2)])
    series = tmp_path / "series.xdmf"
    np.savez(saved, points=SQUARE, cells=CELLS, values=np.stack([SQUARE[:, 0], SQUARE[:, 1]]), times=[0.0, 1.0])
    assert export(saved, series).exit_code == 0


@pytest.mark.parametrize(
    ("arrays", "name", "says"),
    [
        ({"points": SQUARE, "cells": CELLS}, "field.vtu", "has no values"),
        ({"points": SQUARE, "cells": CELLS, "values": SQUARE[:, 0]}, "field.doc", "does not end in"),
        ({"points": SQUARE, "cells": CELLS, "values": np.zeros(3)}, "field.vtu", "4 points"),
        ({"points": SQUARE, "cells": CELLS, "values": np.array([{}] * 4, dtype=object)}, "field.vtu", "no .npz file"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    arrays: dict[str, np.ndarray], name: str, says: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARADAY_STATE_DIR", str(served))
    saved = tmp_path / "field.npz"
    np.savez(saved, **arrays)
    told = export(saved, tmp_path / name)
    assert told.exit_code == 1
    assert says in told.output
    assert not (tmp_path / name).exists()


def test_a_file_that_is_none_of_numpy_s_is_said_to_be_so(served: Path, tmp_path: Path) -> None:
    saved = tmp_path / "field.npz"
    saved.write_bytes(b"PK\x03\x04 not really")
    assert "cannot be read" in export(saved, tmp_path / "field.vtu").output
    np.save(tmp_path / "one.npy", SQUARE)
    assert "is one array" in export(tmp_path / "one.npy", tmp_path / "field.vtu").output
