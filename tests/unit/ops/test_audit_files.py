"""Where the audit log lies."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ops.audit_files import AuditFiles
from router.audit.checkpoint import read_public_keys


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path)
    files.prepare(os.urandom)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {files.master_key, files.signing_key, files.public_key}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in before if path != files.public_key)
    files.prepare(os.urandom)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_it_makes_fits_together(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path)
    files.prepare(os.urandom)
    assert files.signer().kid in read_public_keys(files.public_key)
    assert files.subject_keys(os.urandom).of("clinic/ada").id in files.subject_keys(os.urandom).all()
