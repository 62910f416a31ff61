"""One installation for most of the tests here: real Ray, real gRPC, started once by the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faraday.client import Client
from tests.support.installation import Installation, installation
from tests.support.otlp import Collector


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the shared installation sends its spans."""
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="session")
def faraday(collector: Collector) -> Iterator[Installation]:
    """Up for the whole session. It samples no trace of its own accord; a client's flag is followed."""
    settings = {
        "FARADAY_TELEMETRY__OTLP_ENDPOINT": collector.endpoint,
        "FARADAY_TELEMETRY__SAMPLING_RATIO": "0",
        "FARADAY_TELEMETRY__ACCESS_LOG_RATIO": "1",
        "FARADAY_OPERATIONS__CHECKPOINT_INTERVAL_S": "0.2",
        "FARADAY_OPERATIONS__LEASE_S": "2",
    }
    with installation(settings) as running:
        yield running


@pytest.fixture
def client(faraday: Installation) -> Iterator[Client]:
    with faraday.client() as client:
        yield client
