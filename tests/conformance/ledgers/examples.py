"""Accounts and requests as the tests use them: one dataset, its caps, and amounts that a reader can add up."""

from __future__ import annotations

from router.ledgers.contract import Account, AccountKey, Costs, Fresh, Ledger, Reservation, Token

WARD = AccountKey("ward")
CLINIC = AccountKey("ward", "clinic")
ADA = AccountKey("ward", "clinic", "ada")
ORDERS = (2.0, 8.0)


def account(key: AccountKey, limit: int = 100, odometer_orders: tuple[float, ...] = ()) -> Account:
    return Account(
        key=key,
        unit="patient",
        adjacency="add_remove",
        epsilon=1.0,
        delta=1e-6,
        limit=limit,
        order=None,
        block="2026Q3",
        odometer_orders=odometer_orders,
    )


def asking(
    request_id: str,
    cost: int = 10,
    *,
    costs: Costs | None = None,
    request_hash: bytes = b"hash",
    expires: float = 100.0,
    odometer: tuple[int, ...] = (),
) -> Reservation:
    return Reservation(
        tenant="clinic",
        request_id=request_id,
        request_hash=request_hash,
        costs=costs if costs is not None else ((WARD, cost),),
        event=b"event of " + request_id.encode(),
        owner="worker 1",
        expires=expires,
        odometer=odometer,
    )


async def reserved(ledger: Ledger, reservation: Reservation, now: float = 1.0) -> Token:
    """The token of a reservation that must be granted."""
    outcome = await ledger.reserve(reservation, now)
    assert isinstance(outcome, Fresh), outcome
    return outcome.token


async def spent(ledger: Ledger, *keys: AccountKey) -> list[int]:
    return [(await ledger.balance(key)).spent for key in keys]
