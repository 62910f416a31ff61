"""What is read beside `apply`: one account, one answer, one page of releases."""

from __future__ import annotations

from typing import Any

import msgspec

from router.ledgers.books import AccountSheet
from router.ledgers.contract import Account, AccountKey, Release
from router.ledgers.errors import UnknownAccount
from router.ledgers.postgres.schema import Connection

ACCOUNT = b"id, terms, limit_picorho, epsilon, spent_picorho, reserved_picorho, frozen, odometer"


async def read_account(connection: Connection, key: AccountKey) -> AccountSheet:
    """Raises `UnknownAccount`."""
    query = b"SELECT " + ACCOUNT + b' FROM faraday_ledger.account WHERE (dataset, tenant, "user") = (%s, %s, %s)'
    row = await (await connection.execute(query, [key.dataset, key.tenant, key.user])).fetchone()
    if row is None:
        raise UnknownAccount(str(key))
    return account_sheet(row)


async def read_answer(connection: Connection, attempt: int) -> bytes | None:
    """None where it is no longer kept."""
    query = "SELECT body FROM faraday_ledger.answer WHERE attempt = %s"
    row = await (await connection.execute(query, [attempt], binary=True)).fetchone()
    return row[0] if row is not None else None


async def read_releases(connection: Connection, dataset: int, after: int, limit: int) -> tuple[Release, ...]:
    """One page, whole: no release of a dataset is committed after one with a higher id."""
    query = """
        SELECT r.event, r.at, t.tenant, t.request_id, decode(e.body ->> 'event', 'base64') AS event, t.amounts, (
          SELECT array_agg(ARRAY[a.dataset, a.tenant, a."user"] ORDER BY k.place)
          FROM unnest(t.accounts) WITH ORDINALITY AS k (id, place) JOIN faraday_ledger.account a USING (id)
        ) AS keys
        FROM faraday_ledger.release r
        JOIN faraday_ledger.attempt t ON t.id = r.attempt JOIN faraday_ledger.event e ON e.id = r.attempt
        WHERE r.account = %s AND r.event > %s ORDER BY r.event LIMIT %s
    """
    rows = await (await connection.execute(query, [dataset, after, limit])).fetchall()
    return tuple(_release(*row) for row in rows)


def account_sheet(row: tuple[Any, ...]) -> AccountSheet:
    """Of the columns `ACCOUNT`."""
    id, terms, limit, epsilon, spent, reserved, frozen, odometer = row
    return AccountSheet(id, msgspec.convert(terms, Account), limit, epsilon, spent, reserved, frozen, tuple(odometer))


def _release(
    id: int, at: float, tenant: str, request_id: str, event: bytes, amounts: list[int], keys: list[list[str]]
) -> Release:
    costs = tuple((AccountKey(*key), amount) for key, amount in zip(keys, amounts, strict=True))
    return Release(id, at, tenant, request_id, event, costs)
