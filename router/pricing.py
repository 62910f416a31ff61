"""What an answer costs whom: a privacy event, priced in the eyes of every account that has to pay.

An account's terms are for ever, so they are read once. Whether an account is there at all is asked again after a
second where it was not: a cap that is opened is in force in every worker by then.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from models.base import Refusal
from models.privacy.conversion import epsilon_of
from models.privacy.cost import cost_in_picorho
from models.privacy.events import Event, encode
from models.privacy.kinds import Mechanism
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.odometer import ORDERS, costs_by_order
from router.call import Principal
from router.errors import NotGranted
from router.ledger_errors import told
from router.ledgers.contract import Account, AccountKey, Costs, Ledger
from router.ledgers.errors import UnknownAccount

DATASET = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}/[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$")  # "owner/name"
ODOMETER = tuple(float(order) for order in ORDERS)  # what accounts keep sums of, to show
_ASK_AGAIN_S = 1.0
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Price:
    """Of one answer: what its dataset's account and the caps pay."""

    account: Account  # the dataset's own
    event: bytes
    costs: Costs
    odometer: tuple[int, ...]
    epsilon: float  # of this answer by itself, at the account's δ


def owner_of(dataset: str) -> str:
    """The tenant that a dataset belongs to: "owner/name"."""
    return dataset.partition("/")[0]


class Pricing:
    """One per router worker."""

    def __init__(self, ledger: Ledger, most: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        """`most` is the ε that one answer may cost, by dataset, where there is such a limit."""
        self._ledger = ledger
        self._most = most
        self._clock = clock
        self._terms: dict[AccountKey, Account] = {}
        self._missing: dict[AccountKey, float] = {}  # since when

    async def price(self, principal: Principal, dataset: str, event: Event) -> Price:
        """Raises NotGranted where the tenant has no cap on another's dataset, UnknownAccount where it has no account,
        and `models.base.Refusal` where the event cannot be priced there."""
        own = AccountKey(dataset)
        tenant = AccountKey(dataset, principal.tenant)
        user = AccountKey(dataset, principal.tenant, principal.subject)
        payers = [found for key in (own, tenant, user) if (found := await self._find(key)) is not None]
        keys = {account.key for account in payers}
        if tenant not in keys and principal.tenant != owner_of(dataset):
            details = {"dataset": dataset, "tenant": principal.tenant}
            raise NotGranted(f"{principal.tenant} may not ask of {dataset}; its data owner grants a budget", details)
        if own not in keys:
            with told():
                raise UnknownAccount(str(own))
        account = payers[0]
        mechanism = event.under(Unit(account.unit), Adjacency(account.adjacency))
        epsilon = _epsilon(mechanism, account.delta)
        self._check(dataset, epsilon)
        return Price(
            account=account,
            event=encode(event),
            costs=tuple((payer.key, _cost(mechanism, payer.order)) for payer in payers),
            odometer=_odometer(mechanism) if account.odometer_orders else (),
            epsilon=epsilon,
        )

    def _check(self, dataset: str, epsilon: float) -> None:
        most = self._most.get(dataset, math.inf)
        if epsilon > most:
            details = {"dataset": dataset, "epsilon": f"{epsilon:.6g}", "most": f"{most:.6g}"}
            raise Refusal("TOO_COSTLY", f"costs ε = {epsilon:.6g}; {dataset} allows {most:.6g} an answer", "", details)

    async def _find(self, key: AccountKey) -> Account | None:
        known = self._terms.get(key)
        if known is not None:
            return known
        now = self._clock()
        if now - self._missing.get(key, -_ASK_AGAIN_S) < _ASK_AGAIN_S:
            return None
        if len(self._missing) + len(self._terms) >= _REMEMBERED:
            self._missing.clear()
            self._terms.clear()
        with told():
            try:
                self._terms[key] = await self._ledger.account(key)
            except UnknownAccount:
                self._missing[key] = now
                return None
        return self._terms[key]


# A mechanism's prices are sums of a hundred digits; the same few mechanisms are asked for again and again.


@lru_cache(maxsize=4096)
def _cost(mechanism: Mechanism, order: float | None) -> int:
    return cost_in_picorho(mechanism, order)


@lru_cache(maxsize=4096)
def _odometer(mechanism: Mechanism) -> tuple[int, ...]:
    return costs_by_order(mechanism)


@lru_cache(maxsize=4096)
def _epsilon(mechanism: Mechanism, delta: float) -> float:
    return epsilon_of(mechanism, delta)
