"""The data plane's certificates; that a stranger's are refused is seen in plane/test_plane."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

from cluster.certificates import Certificate, issue

NOW = datetime.datetime.now(datetime.UTC)


def test_a_certificate_is_written_for_this_user_alone_and_read_again(tmp_path: Path) -> None:
    issued = issue(NOW)
    issued.write(tmp_path / "plane.pem")
    assert (tmp_path / "plane.pem").stat().st_mode & 0o777 == 0o600
    assert Certificate.read(tmp_path / "plane.pem") == issued
    assert "PRIVATE" not in repr(issued)


def test_both_contexts_ask_for_proof_in_tls_1_3() -> None:
    issued = issue(NOW)
    for context in (issued.server_context(), issued.client_context()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert issued.client_context().check_hostname
