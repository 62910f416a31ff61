"""Plans and requests follow from names alone, and ask for what they are meant to ask for."""

from __future__ import annotations

import itertools

from ops.chaos.ledger.plan import DATASETS, TRIALS, asking, planned, request_name

PLANS = [planned("s", number) for number in range(TRIALS)]


def test_the_same_names_give_the_same_plans_and_requests() -> None:
    assert planned("s", 3) == planned("s", 3) != planned("t", 3)
    request = request_name(0, 1, 2, 3)
    assert asking(request, 5.0) == asking(request, 5.0)


def test_there_are_16_to_64_clients_in_one_or_two_processes() -> None:
    assert {plan.workers for plan in PLANS} == {1, 2}
    assert all(15 <= plan.workers * plan.clients <= 64 for plan in PLANS)  # 15: an odd number shared by two


def test_every_account_that_is_charged_was_opened() -> None:
    for plan in PLANS:
        keys = {account.key for account in plan.accounts}
        requests = (request_name(plan.number, 0, client, count) for client in range(4) for count in range(50))
        charged = {key for request in requests for key, _ in asking(request, plan.now).costs}
        assert charged == keys
        assert {key.dataset for key in keys} <= DATASETS


def test_what_a_trial_leaves_open_has_expired_in_the_next() -> None:
    for plan, following in itertools.pairwise(PLANS):
        assert plan.now < asking(request_name(plan.number, 0, 0, 1), plan.now).expires < following.now


def test_some_budgets_are_too_small_for_what_is_asked() -> None:
    datasets = [plan.accounts[0].limit for plan in PLANS]
    assert min(datasets) < 100 < max(datasets)
