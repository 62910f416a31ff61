"""What one trial asks of the ledger: accounts with tight limits, and requests that follow from their names."""

from __future__ import annotations

import random
from dataclasses import dataclass

from router.ledgers.contract import Account, AccountKey, Costs, Reservation

TRIALS = 16  # on one store, one after the other
ORDERS = (2.0, 32.0)  # of the odometer; costs are of the first
_TENANTS = ("clinic", "lab")
_USERS = ("ada", "bob")
_STEP_S = 100.0  # of the ledger's clock, from one trial to the next: by then all attempts of the last have expired
_LIFE_S = 50.0


def _dataset(number: int) -> str:
    return f"trial-{number}"


DATASETS = frozenset(map(_dataset, range(TRIALS)))


@dataclass(frozen=True)
class Plan:
    """One trial on a store that has seen `number` trials before. Its clients share its dataset with later retries."""

    seed: str
    number: int
    workers: int
    clients: int  # of each worker
    accounts: tuple[Account, ...]

    @property
    def now(self) -> float:
        """Unix seconds by the ledger's clock, which stands still within a trial."""
        return _STEP_S * (self.number + 1)


def planned(seed: str, number: int) -> Plan:
    """16 to 64 clients in one or two processes. Every third budget is too small for what will be asked."""
    rng = random.Random(f"plan {seed} {number}")
    workers = rng.choice((1, 2))
    limit = rng.choice((60, 300, 3000))
    dataset = _dataset(number)
    keys = [AccountKey(dataset)]
    keys += [AccountKey(dataset, tenant) for tenant in _TENANTS]
    keys += [AccountKey(dataset, tenant, user) for tenant in _TENANTS for user in _USERS]
    accounts = tuple(_account(key, limit if not key.tenant else rng.randint(limit // 4, limit)) for key in keys)
    return Plan(seed, number, workers, rng.randint(16, 64) // workers, accounts)


def request_name(number: int, worker: int, client: int, count: int) -> str:
    """`number` is that of the trial that asks for it first."""
    return f"{number}.{worker}.{client}.{count}"


def asking(request: str, now: float) -> Reservation:
    """The same for the same name, but for its time to live."""
    number, _, client, _ = request.split(".")
    rng = random.Random(f"request {request}")
    dataset, tenant = _dataset(int(number)), _TENANTS[int(client) % 2]
    keys = (AccountKey(dataset), AccountKey(dataset, tenant), AccountKey(dataset, tenant, rng.choice(_USERS)))
    cost = rng.randint(1, 20)
    costs: Costs = tuple((key, cost) for key in keys[: rng.randint(1, 3)])
    return Reservation(
        tenant=tenant,
        request_id=request,
        request_hash=request.encode(),
        costs=costs,
        event=b"{}",
        owner="chaos",
        expires=now + _LIFE_S,
        odometer=(cost, 1 + cost // 8),
    )


def _account(key: AccountKey, limit: int) -> Account:
    return Account(key, "patient", "add_remove", epsilon=1.0, delta=1e-6, limit=limit, odometer_orders=ORDERS)
