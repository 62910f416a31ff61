"""Privacy accounts as configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from models.privacy.conversion import epsilon_of
from models.privacy.cost import cost_in_picorho, limit_in_picorho
from models.privacy.kinds import Gaussian
from ops import router_options
from ops.accounts import AccountsRefused, accounts, open_accounts
from ops.audit_files import AuditFiles
from ops.settings_sources import SettingsRefused, load
from ops.state import StateFolder
from router.audit.event import Kind
from router.audit.reading import read_newest
from router.ledgers.contract import AccountKey

DATASET = {"unit": "patient", "epsilon": 4.0, "delta": 1e-6}


def settings_with(**changed: Any) -> Any:
    return load(None, {"FARADAY_PRIVACY__DATASETS": json.dumps({"charite/icu": {**DATASET, **changed}})})


def test_a_dataset_opens_its_account_and_those_of_whom_it_is_granted_to() -> None:
    own, granted = accounts(settings_with(block="2026Q3", grants={"elsewhere": 1.0}))
    assert (own.key, granted.key) == (AccountKey("charite/icu"), AccountKey("charite/icu", "elsewhere"))
    assert (own.limit, granted.limit) == (limit_in_picorho(4.0, 1e-6, None), limit_in_picorho(1.0, 1e-6, None))
    assert {(each.unit, each.adjacency, each.block) for each in (own, granted)} == {("patient", "add-remove", "2026Q3")}


def test_what_one_answer_may_cost_follows_from_whatever_is_said() -> None:
    assert router_options.epsilon_per_answer(settings_with()) == {}
    assert router_options.epsilon_per_answer(settings_with(noise_multiplier=10.0)) == {
        "charite/icu": epsilon_of(Gaussian(10.0), 1e-6)
    }
    (most,) = router_options.epsilon_per_answer(settings_with(answers=100)).values()
    assert most < 0.5


def test_settings_that_agree_are_taken_together() -> None:
    affordable = limit_in_picorho(4.0, 1e-6, None) // cost_in_picorho(Gaussian(10.0), None)
    agreed = settings_with(noise_multiplier=10.0, epsilon_per_answer=0.43, answers=affordable)
    assert router_options.epsilon_per_answer(agreed)["charite/icu"] <= 0.43


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"noise_multiplier": 1.0, "answers": 100}, "pays for"),
        ({"epsilon_per_answer": 5.0}, "all together 4"),
        ({"noise_multiplier": 10.0, "epsilon_per_answer": 0.2}, "Leave one of the two out"),
        ({"order": 1.01}, "nothing is"),
        ({"unit": "person"}, "patient"),
        ({"epsilon": 0.0}, "greater than 0"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_with_the_numbers(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsRefused, match=said):
        settings_with(**changed)


def test_accounts_are_opened_once_and_other_terms_refuse_the_start(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.prepare()
    AuditFiles(tmp_path).prepare(os.urandom)
    for _ in range(2):
        open_accounts(settings_with(grants={"elsewhere": 1.0}), state)
    with pytest.raises(AccountsRefused, match="terms are for ever"):
        open_accounts(settings_with(unit="record"), state)
    files = AuditFiles(tmp_path)
    told = read_newest(files.log, files.subject_keys(os.urandom), 5.0, 10)
    assert [(reading.event.kind, reading.event.dataset) for reading in told] == [(Kind.OPENED, "charite/icu")] * 2
