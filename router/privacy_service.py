"""faraday.v1.PrivacyService: budgets, for those whom the data belong to and those who ask of them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from faraday.v1 import privacy_pb2 as pb
from models.privacy.conversion import epsilon_of
from models.privacy.cost import cost_in_picorho, limit_in_picorho
from models.privacy.events import Event
from models.privacy.neighbours import Adjacency, Unit
from router.audit.event import AuditEvent, Kind
from router.audit.trail import Trail
from router.call import Caller, Principal, Role
from router.codec import common
from router.codec import privacy as codec
from router.errors import Malformed, NotTheOwner
from router.ledger_errors import told
from router.ledgers.contract import MAX_PAGE, Account, AccountKey, Balance, Ledger
from router.ledgers.errors import UnknownAccount
from router.pricing import ODOMETER, owner_of
from router.rpcs import Rpc, Unary

SERVICE = "faraday.v1.PrivacyService"
_PAGE = 100


class PrivacyService:
    def __init__(self, ledger: Ledger, trail: Trail, unix_time: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._trail = trail
        self._unix_time = unix_time

    def rpcs(self) -> list[Rpc]:
        def unary(name: str, role: Role, answer: Callable[[Caller, bytes], Awaitable[bytes]]) -> Rpc:
            return Unary(f"/{SERVICE}/{name}", role, answer)

        return [
            unary("OpenAccount", Role.DATA_OWNER, self._open_account),
            unary("SetPolicy", Role.DATA_OWNER, self._set_policy),
            unary("Freeze", Role.DATA_OWNER, self._freeze),
            unary("GetBudget", Role.ANALYST, self._get_budget),
            unary("QuoteCost", Role.ANALYST, self._quote_cost),
            unary("ListReleases", Role.AUDITOR, self._list_releases),
        ]

    async def _open_account(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.OpenAccountRequest, body)
        key = codec.key_of(request.key)
        _check_owner(caller.principal, key.dataset)
        with told():
            account = await self._cap(key, request) if key.tenant else _dataset_account(key, request)
            if request.options.validate_only:
                budget = codec.budget_message(account, Balance(account.limit, 0, 0, ""))
                return pb.OpenAccountResponse(budget=budget).SerializeToString()
            await self._ledger.open(account, self._unix_time())
            await self._record(Kind.OPENED, caller, key, limit=account.limit, epsilon=account.epsilon)
            return pb.OpenAccountResponse(budget=await self._budget(key)).SerializeToString()

    async def _cap(self, key: AccountKey, request: pb.OpenAccountRequest) -> Account:
        for field in ("unit", "adjacency", "delta", "block"):
            if getattr(request, field):
                raise Malformed("is the dataset's own; leave it out for a cap", field)
        if request.HasField("order"):
            raise Malformed("is the dataset's own; leave it out for a cap", "order")
        own = await self._ledger.account(AccountKey(key.dataset))
        epsilon = _positive(request.epsilon, "epsilon")
        return replace(own, key=key, epsilon=epsilon, limit=limit_in_picorho(epsilon, own.delta, own.order))

    async def _set_policy(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.SetPolicyRequest, body)
        key = codec.key_of(request.key)
        _check_owner(caller.principal, key.dataset)
        epsilon = _positive(request.epsilon, "epsilon")
        with told():
            account = await self._ledger.account(key)
            limit = limit_in_picorho(epsilon, account.delta, account.order)
            if not request.options.validate_only:
                await self._ledger.set_limit(key, limit, epsilon, self._unix_time())
                await self._record(Kind.LIMIT_SET, caller, key, limit=limit, epsilon=epsilon)
            return pb.SetPolicyResponse(budget=await self._budget(key)).SerializeToString()

    async def _freeze(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.FreezeRequest, body)
        key = codec.key_of(request.key)
        _check_owner(caller.principal, key.dataset)
        with told():
            if request.options.validate_only:
                pass
            elif request.reason:
                await self._ledger.freeze(key, request.reason, self._unix_time())
                await self._record(Kind.FROZEN, caller, key)
            else:
                await self._ledger.thaw(key, self._unix_time())
                await self._record(Kind.THAWED, caller, key)
            return pb.FreezeResponse(budget=await self._budget(key)).SerializeToString()

    async def _get_budget(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.GetBudgetRequest, body)
        key = codec.key_of(request.key)
        with told():
            await self._check_visible(caller.principal, key)
            return pb.GetBudgetResponse(budget=await self._budget(key)).SerializeToString()

    async def _quote_cost(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.QuoteCostRequest, body)
        key, mechanism = codec.key_of(request.key), codec.mechanism_of(request.mechanism)
        with told():
            await self._check_visible(caller.principal, key)
            account, balance = await self._ledger.account(key), await self._ledger.balance(key)
        unit, adjacency = Unit(account.unit), Adjacency(account.adjacency)
        try:
            priced = Event(mechanism, unit, adjacency).under(unit, adjacency)
        except ValueError as error:  # the kind is not stated for this account's relation
            raise Malformed(str(error), "mechanism") from None
        cost = cost_in_picorho(priced, account.order)
        return pb.QuoteCostResponse(
            cost_picorho=cost,
            epsilon=epsilon_of(priced, account.delta),
            affordable_count=0 if balance.frozen else balance.left // cost,
        ).SerializeToString()

    async def _list_releases(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.ListReleasesRequest, body)
        dataset = codec.dataset_of(request.dataset, "dataset")
        _check_owner(caller.principal, dataset)
        if not 0 <= request.page_size <= MAX_PAGE:
            raise Malformed(f"is not between 0 and {MAX_PAGE}", "page_size")
        if request.page_token and not (request.page_token.isascii() and request.page_token.isdigit()):
            raise Malformed("is not a token that ListReleases gave", "page_token")
        size = request.page_size or _PAGE
        with told():
            page = await self._ledger.releases(dataset, int(request.page_token or 0), size)
        return pb.ListReleasesResponse(
            releases=[codec.release_message(release) for release in page],
            next_page_token=str(page[-1].cursor) if len(page) == size else "",
        ).SerializeToString()

    async def _record(
        self, kind: Kind, caller: Caller, key: AccountKey, limit: int | None = None, epsilon: float | None = None
    ) -> None:
        """What was done to an account. The reason of a freeze stays in the ledger: it may name somebody."""
        holder = "/".join(part for part in (key.tenant, key.user) if part)
        event = AuditEvent(
            kind=kind,
            at=self._unix_time(),
            dataset=key.dataset,
            actor=caller.principal.name,
            holder=holder,
            limit=limit,
            epsilon=epsilon,
        )
        await self._trail.record(event)

    async def _budget(self, key: AccountKey) -> pb.Budget:
        return codec.budget_message(await self._ledger.account(key), await self._ledger.balance(key))

    async def _check_visible(self, principal: Principal, key: AccountKey) -> None:
        """Others' people see a dataset on which their tenant has a cap, that cap, and their own. Raises UnknownAccount
        for all else: whether it exists is none of their business."""
        if principal.tenant == owner_of(key.dataset) or Role.ADMIN in principal.roles:
            return
        if key.tenant not in ("", principal.tenant) or key.user not in ("", principal.subject):
            raise UnknownAccount(str(key))
        try:
            await self._ledger.account(AccountKey(key.dataset, principal.tenant))
        except UnknownAccount:
            raise UnknownAccount(str(key)) from None


def _dataset_account(key: AccountKey, request: pb.OpenAccountRequest) -> Account:
    unit, adjacency = codec.UNITS.get(request.unit), codec.ADJACENCIES.get(request.adjacency)
    if unit is None:
        raise Malformed("is not set; say whom the account protects", "unit")
    if adjacency is None:
        raise Malformed("is not set; say against which change the account protects", "adjacency")
    epsilon = _positive(request.epsilon, "epsilon")
    if not 0 < request.delta < 1:
        raise Malformed("is not between 0 and 1", "delta")
    order = request.order if request.HasField("order") else None
    if order is not None and not 1.001 <= order <= 1e6:
        raise Malformed("is not between 1.001 and 1e6", "order")
    return Account(
        key=key,
        unit=unit.value,
        adjacency=adjacency.value,
        epsilon=epsilon,
        delta=request.delta,
        limit=limit_in_picorho(epsilon, request.delta, order),
        order=order,
        block=request.block,
        odometer_orders=ODOMETER,
    )


def _positive(epsilon: float, field: str) -> float:
    if not 0 < epsilon <= 1e6:
        raise Malformed("is not above 0 and at most 1e6", field)
    return epsilon


def _check_owner(principal: Principal, dataset: str) -> None:
    if principal.tenant != owner_of(dataset) and Role.ADMIN not in principal.roles:
        raise NotTheOwner(f"{dataset} is not {principal.tenant}'s", {"dataset": dataset, "tenant": principal.tenant})
