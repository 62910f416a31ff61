"""Two installations on one machine leave each other alone, and a user's own `models` package leaves us alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from faraday.client import Client, Unauthenticated, unit_square
from tests.support.installation import Installation, installation, short_folder

pytestmark = pytest.mark.cluster

HOSTILE = 'raise RuntimeError("this is not the package that you look for")\n'


def test_a_second_one_from_a_folder_with_hostile_packages_disturbs_nobody(
    faraday: Installation, tmp_path: Path
) -> None:
    for package in ("models", "cluster", "router", "ops", "faraday", "ray", "numpy"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(HOSTILE)
    mesh = unit_square(4)
    with installation(folder=tmp_path) as second:
        assert second.endpoint != faraday.endpoint
        for each in (faraday, second):
            with each.client() as client:
                assert client.fem.solve(mesh, source=1.0, dirichlet=0.0).values.max() > 0.0
        with Client(second.endpoint, token=faraday.token()) as stranger, pytest.raises(Unauthenticated):
            stranger.fem.solve(mesh, source=1.0, dirichlet=0.0)
        assert not {each.pid for each in faraday.family()} & {each.pid for each in second.family()}
        assert second.cli("status", folder=tmp_path).code == 0
        assert second.cli("solve", "--divisions", "4", folder=tmp_path).code == 0
        before = faraday.family()
    assert all(process.runs() for process in before), "the end of the second took some of the first along"
    assert faraday.cli("status").code == 0


def test_a_port_that_another_one_has_is_refused_with_advice(faraday: Installation) -> None:
    port = faraday.endpoint.rpartition(":")[2]
    late = Installation(short_folder(), {"FARADAY_SERVER__PORT": port})
    told = late.cli("up")
    assert told.code == 1
    assert f"port {port} of 127.0.0.1 is taken" in told.err
    assert late.cli("status").code == 1
    late.remove()
