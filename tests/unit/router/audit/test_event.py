"""What may be told to the log."""

from __future__ import annotations

import math

import pytest

from router.audit.event import MAX_TEXT, AuditEvent, Kind
from router.ledgers.errors import BadCost, BadName


@pytest.mark.parametrize("field", ["actor", "holder", "model", "request_id", "reason", "dataset"])
@pytest.mark.parametrize("text", ["a\nb", "x" * (MAX_TEXT + 1), "\ud800", "\0"])
def test_a_text_that_is_too_long_or_cannot_be_printed_is_refused(field: str, text: str) -> None:
    with pytest.raises(BadName, match=field):
        AuditEvent(**{"kind": Kind.CHARGED, "at": 0.0, "dataset": "", "actor": "", field: text})


@pytest.mark.parametrize("field", ["cost", "limit"])
@pytest.mark.parametrize("amount", [-1, 10**19, 1.0, True])
def test_an_amount_is_one_that_a_ledger_could_hold(field: str, amount: int) -> None:
    with pytest.raises(BadCost):
        AuditEvent(**{"kind": Kind.CHARGED, "at": 0.0, "dataset": "", "actor": "", field: amount})


@pytest.mark.parametrize(("epsilon", "delta"), [(-1.0, 0.0), (math.nan, 0.0), (1.0, 1.0), (1.0, math.nan)])
def test_what_is_no_guarantee_is_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match="no guarantee"):
        AuditEvent(Kind.CHARGED, 0.0, "", "", epsilon=epsilon, delta=delta)


@pytest.mark.parametrize("at", [math.nan, math.inf])
def test_an_event_has_a_time(at: float) -> None:
    with pytest.raises(ValueError, match="not a time"):
        AuditEvent(Kind.CHARGED, at, "", "")


def test_a_digest_is_short() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        AuditEvent(Kind.RELEASED, 0.0, "", "", digest=bytes(65))


def test_an_unbounded_loss_can_be_told() -> None:
    assert AuditEvent(Kind.CHARGED, 0.0, "", "", epsilon=math.inf, delta=0.0).epsilon == math.inf
