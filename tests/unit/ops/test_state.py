"""The state folder: what lies where, and that nobody else reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ops.state import StateFolder, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_prepare_makes_private_folders_and_a_key_pair_whatever_the_umask(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "deep" / "state")
    before = os.umask(0)
    try:
        state.prepare()
    finally:
        os.umask(before)
    assert mode(state.root) == mode(state.run) == 0o700
    assert mode(state.signing_key) == 0o600
    assert state.public_key.exists()


def test_prepare_leaves_the_key_that_is_there(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.prepare()
    key = state.signing_key.read_bytes()
    state.prepare()
    assert state.signing_key.read_bytes() == key


def test_what_belongs_to_the_present_run_lies_in_one_folder(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    of_the_run = (state.settings, state.status, state.ray_head, state.wake_socket, state.rate_table, state.statistics)
    assert all(path.parent == state.run for path in (*of_the_run, state.metrics_socket(3), state.certificate))
    assert all(path.parent == state.root for path in (state.token, state.client, state.log, state.signing_key))


def test_a_private_file_is_replaced_in_one_step_and_was_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "client.json"
    before = os.umask(0)
    try:
        write_private(path, "first")
        old = path.stat().st_ino
        (tmp_path / "client.json.new").write_text("left by a process that was killed")
        write_private(path, "second")
    finally:
        os.umask(before)
    assert path.read_text() == "second"
    assert path.stat().st_ino != old  # a reader that has the old one open goes on reading it whole
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]
