"""A database of its own for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """The one of this run, which other tests may use too."""
    yield postgres.shared()
    postgres.end_shared()


@pytest.fixture
def database(server: postgres.Server) -> Iterator[str]:
    """Its conninfo."""
    name = server.lend()
    yield server.conninfo(name)
    server.take_back(name)
