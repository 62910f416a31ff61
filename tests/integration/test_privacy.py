"""Private records on a real cluster: budget, charge, refusal, audit, by the tools that a user has."""

from __future__ import annotations

import json
import os
import signal
import uuid
from collections.abc import Iterator

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from tests.support.eventually import eventually
from tests.support.installation import Installation, short_folder
from tests.support.plate import DATASET, ask, token

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def faraday() -> Iterator[Installation]:
    """With an account that pays for few answers, opened by the settings."""
    account = {"unit": "client", "epsilon": 1.0, "delta": 1e-6, "grants": {"elsewhere": 0.9}}
    made = Installation(short_folder(), {"FARADAY_PRIVACY__DATASETS": json.dumps({DATASET: account})})
    made.up()
    yield made
    made.remove()


def test_an_unmodified_client_gets_a_private_answer_with_its_price(faraday: Installation) -> None:
    said = ask(faraday, token(faraday, "demo"), 1.0)
    assert (said["faraday.privacy"], said["faraday.privacy_dataset"]) == ("charged", DATASET)
    assert 0 < float(str(said["faraday.privacy_epsilon"])) < 1
    assert "spent at δ" in faraday.cli("budget", "show", DATASET).out


def test_a_tenant_without_a_grant_is_told_nothing(faraday: Installation) -> None:
    with pytest.raises(InferenceServerException, match="may not ask"):
        ask(faraday, token(faraday, "stranger"), 1.0)


def test_a_repeat_gets_the_first_answer_from_any_worker_though_workers_die(faraday: Installation) -> None:
    bearer, name = token(faraday, "elsewhere"), str(uuid.uuid4())
    first = ask(faraday, bearer, 2.0, name)
    workers = [child["pid"] for kind, child in faraday.status()["children"].items() if kind.startswith("worker")]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: faraday.cli("status").code == 0, 30.0, "the workers do not come back")
    again = ask(faraday, bearer, 2.0, name)
    assert again["u"] == first["u"]
    assert again["faraday.replayed"] is True
    other_name = ask(faraday, token(faraday, "demo"), 2.0)
    assert other_name["u"] == first["u"], "the same question"


def test_the_budget_ends_and_the_audit_log_tells_all_of_it(faraday: Installation) -> None:
    bearer = token(faraday, "demo")
    with pytest.raises(InferenceServerException, match="does not pay for this answer"):
        for source in np.linspace(3.0, 9.0, 40):
            ask(faraday, bearer, float(source))
    listed = faraday.cli("budget", "releases", DATASET).out.splitlines()
    assert 3 <= len(listed) < 40
    verified = faraday.cli("audit", "verify")
    assert verified.code == 0, verified.err
    shown = faraday.cli("audit", "show", "--limit", "500").out
    assert shown.count("released") == len(listed) + 2, "and two that were shown again"
    assert "refused" in shown


def test_terms_that_differ_from_those_that_are_open_stop_the_start(faraday: Installation) -> None:
    faraday.down()
    other = {"unit": "patient", "epsilon": 1.0, "delta": 1e-6}
    changed = Installation(faraday.state.root.parent, {"FARADAY_PRIVACY__DATASETS": json.dumps({DATASET: other})})
    told = changed.cli("up")
    assert told.code != 0
    assert "terms are for ever" in told.err + told.out
