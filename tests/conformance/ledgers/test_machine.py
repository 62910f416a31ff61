"""Any sequence of operations over two handles, with crashes, does what an independent model says."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from router.ledgers.contract import Costs, Fresh, Ledger, Stored, Token
from router.ledgers.errors import Refused
from tests.conformance.ledgers.examples import CLINIC, WARD, account, asking
from tests.conformance.ledgers.model import Amounts, Model, ModelAttempt
from tests.conformance.ledgers.stores import SITES, Site

KEYS = (WARD, CLINIC)
REQUESTS = st.sampled_from(["a", "b", "c", "d"])
HASHES = st.sampled_from([b"h", b"h", b"h", b"other"])
AMOUNTS = st.tuples(st.integers(0, 12), st.integers(0, 12))
HANDLES = st.integers(0, 1)


class LedgerMachine(RuleBasedStateMachine):
    """`now` only grows. Tokens and the model's attempts go in pairs."""

    site_type: type[Site]
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.site = self.site_type(Path(self.folder.name))
        self.model = Model([40, 30])
        self.now = 0.0

    def run(self, awaited: Awaitable[object]) -> object:
        async def outcome() -> object:
            try:
                return await awaited
            except Refused as refusal:
                return type(refusal).__name__

        return self.runner.run(outcome())

    @initialize()
    def begin(self) -> None:
        self.handles = self._two_handles()
        for key, limit in zip(KEYS, self.model.limits, strict=True):
            assert self.run(self.handles[0].open(account(key, limit), self.now)) is None

    @rule(target=attempts, on=HANDLES, request=REQUESTS, request_hash=HASHES, costs=AMOUNTS, lives=st.integers(1, 5))
    def reserve(self, on: int, request: str, request_hash: bytes, costs: Amounts, lives: int) -> object:
        expires = self.now + lives
        asked = asking(request, costs=_costs(costs), request_hash=request_hash, expires=expires)
        outcome = self.run(self.handles[on].reserve(asked, self.now))
        self.model.write_credits(on)
        expected = self.model.reserve(request, request_hash, costs, expires, self.now)
        if expected == "granted":
            assert isinstance(outcome, Fresh), outcome
            return (outcome.token, self.model.attempts[-1])
        assert outcome == (Stored(self.model.answer(request)) if expected == "stored" else expected)
        return multiple()

    @rule(on=HANDLES, attempt=attempts, answer=st.binary(max_size=3))
    def release(self, on: int, attempt: tuple[Token, ModelAttempt], answer: bytes) -> None:
        outcome = self.run(self.handles[on].release(attempt[0], answer, self.now))
        self.model.write_credits(on)
        assert (outcome or "done") == self.model.release(attempt[1], answer, on)

    @rule(on=HANDLES, attempt=attempts, actual=AMOUNTS)
    def settle(self, on: int, attempt: tuple[Token, ModelAttempt], actual: Amounts) -> None:
        outcome = self.run(self.handles[on].settle(attempt[0], _costs(actual), self.now))
        assert (outcome or "done") == self.model.settle(attempt[1], actual, on)
        if not self.site.lazy:
            self.model.write_credits(on)

    @rule(on=HANDLES, attempt=attempts)
    def void(self, on: int, attempt: tuple[Token, ModelAttempt]) -> None:
        outcome = self.run(self.handles[on].void(attempt[0], self.now))
        self.model.write_credits(on)
        assert (outcome or "done") == self.model.void(attempt[1], self.now)

    @rule(on=HANDLES, frozen=st.booleans())
    def freeze_or_thaw(self, on: int, frozen: bool) -> None:
        handle = self.handles[on]
        self.run(handle.freeze(WARD, "stop", self.now) if frozen else handle.thaw(WARD, self.now))
        self.model.write_credits(on)
        self.model.frozen = frozen

    @rule(on=HANDLES, limit=st.integers(20, 60))
    def set_limit(self, on: int, limit: int) -> None:
        self.run(self.handles[on].set_limit(WARD, limit, 1.0, self.now))
        self.model.write_credits(on)
        self.model.limits[0] = limit

    @rule(on=HANDLES)
    def read(self, on: int) -> None:
        self.model.write_credits(on)
        for place, key in enumerate(KEYS):
            balance = self.runner.run(self.handles[on].balance(key))
            assert (balance.limit, balance.spent, balance.reserved) == (
                self.model.limits[place],
                self.model.spent(place),
                self.model.reserved(place),
            )

    @rule(passed=st.integers(1, 4))
    def time_passes(self, passed: int) -> None:
        self.now += passed

    @rule()
    def crash(self) -> None:
        self.runner.run(self.site.crash())
        self.model.crash()
        self.handles = self._two_handles()

    @rule(on=HANDLES)
    def list_releases(self, on: int) -> None:
        self.model.write_credits(on)
        listed = self.runner.run(self.handles[on].releases("ward"))
        kept = {(release.request_id, release.costs) for release in listed}
        released = [attempt for attempt in self.model.attempts if attempt.state == "released"]
        assert kept == {(attempt.request, _costs(attempt.held)) for attempt in released}
        assert len(listed) == len(released)

    @invariant()
    def no_request_has_two_answers(self) -> None:
        released = [attempt.request for attempt in self.model.attempts if attempt.state == "released"]
        assert len(released) == len(set(released))

    def teardown(self) -> None:
        if hasattr(self, "handles"):
            assert self.runner.run(self.handles[0].verify()) == ()
            self.runner.run(self.site.close())
        self.runner.close()
        self.folder.cleanup()

    def _two_handles(self) -> list[Ledger]:
        return [self.runner.run(self.site.handle()) for _ in range(2)]


def _costs(amounts: Amounts) -> Costs:
    return tuple(zip(KEYS, amounts, strict=True))


@pytest.mark.parametrize(
    "site_type",
    [pytest.param(site, id=site.__name__, marks=[pytest.mark.slow] if site.slow else []) for site in SITES],
)
def test_every_sequence_of_operations_does_what_the_model_says(site_type: type[Site]) -> None:
    machine = type("Machine", (LedgerMachine,), {"site_type": site_type})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
