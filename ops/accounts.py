"""The ledger of an installation, and the privacy accounts that its settings open before anything starts."""

from __future__ import annotations

import asyncio
import os
import time

from models.privacy.cost import PICORHO, limit_in_picorho
from ops.audit_files import AuditFiles
from ops.settings import Settings
from ops.state import StateFolder
from router.audit.event import AuditEvent, Kind
from router.ledgers.contract import Account, AccountKey, Ledger
from router.ledgers.errors import AccountExists, UnknownAccount
from router.ledgers.sqlite.ledger import open_sqlite_ledger
from router.pricing import ODOMETER
from router.secret_files import read_secret

_ACTOR = "settings"
_LEASE_SHARE = 8  # a host takes an eighth of what is left, so that seven others find as much, and so on
_SMALL_PICORHO = PICORHO // 20  # ρ = 0.05: five times what an answer of ε = 0.5 costs; below it nothing is leased ahead


class AccountsRefused(Exception):
    """An account is open with other terms than the settings say. Nothing has been started."""


async def open_ledger(settings: Settings, state: StateFolder) -> Ledger:
    """Raises `router.ledgers.errors.LedgerUnavailable`, and SecretExposed where others can read its password."""
    privacy, file = settings.privacy, settings.privacy.ledger_file or state.ledger
    if privacy.postgres_file is None:
        return await open_sqlite_ledger(file)
    from router.ledgers.escrow.ledger import open_escrow_ledger  # with psycopg, which an installation may be without
    from router.ledgers.postgres.leases import Terms
    from router.ledgers.postgres.ledger import open_postgres_ledger

    central = await open_postgres_ledger(read_secret(privacy.postgres_file).decode().strip())
    if not privacy.leased:
        return central
    terms = Terms(share=_LEASE_SHARE, small=_SMALL_PICORHO)
    return await open_escrow_ledger(central, file, privacy.host, frozenset(privacy.leased), terms=terms)


def accounts(settings: Settings) -> list[Account]:
    """What the settings open: a dataset's own account before the caps on it."""
    return [
        Account(
            key=AccountKey(name, tenant),
            unit=dataset.unit,
            adjacency=dataset.adjacency,
            epsilon=epsilon,
            delta=dataset.delta,
            limit=limit_in_picorho(epsilon, dataset.delta, dataset.order),
            order=dataset.order,
            block=dataset.block,
            odometer_orders=ODOMETER,
        )
        for name, dataset in settings.privacy.datasets.items()
        for tenant, epsilon in (("", dataset.epsilon), *dataset.grants.items())
    ]


def open_accounts(settings: Settings, state: StateFolder) -> None:
    """Open those that are not; the audit log's secrets must be there. Raises AccountsRefused and LedgerUnavailable."""
    if settings.privacy.datasets:
        asyncio.run(_open(settings, state))


async def _open(settings: Settings, state: StateFolder) -> None:
    ledger = await open_ledger(settings, state)
    trail = await AuditFiles(state.root).open(time.time(), os.urandom)
    try:
        for account in accounts(settings):
            new = await _is_new(ledger, account.key)
            await ledger.open(account, time.time())
            if new:
                await trail.record(_opened(account))
    except AccountExists as refused:
        raise AccountsRefused(f"{refused}; what may be spent of an open one is set by `faraday budget set`") from None
    finally:
        await trail.close(time.time())
        await ledger.close()


async def _is_new(ledger: Ledger, key: AccountKey) -> bool:
    try:
        await ledger.account(key)
    except UnknownAccount:
        return True
    return False


def _opened(account: Account) -> AuditEvent:
    return AuditEvent(
        kind=Kind.OPENED,
        at=time.time(),
        dataset=account.key.dataset,
        actor=_ACTOR,
        holder=account.key.tenant,
        limit=account.limit,
        epsilon=account.epsilon,
        delta=account.delta,
    )
