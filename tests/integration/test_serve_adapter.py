"""What we rely on in Ray Serve's alpha APIs; a release of Ray that changes any of it fails here, by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(faraday: Installation) -> Path:
    made = faraday.state.root / "contract"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def deployed(faraday: Installation, folder: Path) -> list[dict[str, Any]]:
    """What three controllers see, one after the other, that deploy versions first, first and second."""
    return [observe(faraday, version, folder) for version in ("first", "first", "second")]


@pytest.fixture(scope="module")
def stub(faraday: Installation, folder: Path) -> dict[str, Any]:
    return observe(faraday, "stub", folder)


def observe(faraday: Installation, what: str, folder: Path) -> dict[str, Any]:
    """Beside the models that the installation serves."""
    program = (
        f"import pathlib, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.support import serve_contract\n"
        f"serve_contract.main({what!r}, pathlib.Path({str(folder)!r}))\n"
    )
    printed = faraday.ask_ray(program)
    seen: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return seen


def test_a_replicas_metadata_reaches_a_handle_that_was_never_called(deployed: list[dict[str, Any]]) -> None:
    assert deployed[0]["listening"]


def test_a_second_deployment_of_the_same_version_leaves_replicas_as_they_are(deployed: list[dict[str, Any]]) -> None:
    assert deployed[1]["replica"] == deployed[0]["replica"]


def test_another_version_replaces_them(deployed: list[dict[str, Any]]) -> None:
    assert deployed[2]["replica"] != deployed[0]["replica"]


def test_a_model_that_cannot_start_is_reported_as_failed(
    faraday: Installation, folder: Path, deployed: list[dict[str, Any]]
) -> None:
    assert observe(faraday, "failure", folder) == {"failures": ["impossible"]}


def test_a_call_that_waits_at_a_handle_starts_a_replica_unasked_and_the_policy_is_told_of_it(
    stub: dict[str, Any],
) -> None:
    assert stub["waiting"] == {"stats": {}, "at_handles": 1.0, "replicas": 1}


def test_a_replicas_stats_reach_the_policy(stub: dict[str, Any]) -> None:
    assert stub["awake"]["stats"] == {"in_flight": [7.0]}
    assert stub["awake"]["replicas"] == 1


def test_a_replica_is_not_stopped_before_its_del_has_ended(stub: dict[str, Any]) -> None:
    assert stub["farewell"] == "ended in peace"
