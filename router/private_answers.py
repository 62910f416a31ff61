"""Answers about private records: charge ∥ run → keep → leave.

The worst case is charged durably while the model runs; the answer is kept durably before it leaves; whatever goes wrong
in between leaves the charge spent. Only where the request never reached a model is it given back.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from models.base import Spec
from models.privacy.promise import epsilon_promised
from router import released_answers
from router.audit.event import AuditEvent, Kind
from router.audit.trail import Trail
from router.call import Caller, Question, Reply, Spend
from router.codec.contract import Codec
from router.errors import NoReplica, NoReplicaLeft, Overloaded, TooLarge
from router.ledger_errors import told
from router.ledgers.contract import Account, Fresh, Ledger, Reservation, Stored
from router.ledgers.errors import AccountFrozen, BudgetSpent, LedgerError
from router.pricing import Price, Pricing
from router.released_answers import ReleasedAnswers

_GRACE_S = 1.0  # an answer this long after its deadline is nobody's any more
_NOTHING_RAN = (NoReplica, Overloaded, TooLarge)  # of the pipeline: raised before a model has seen the task


class PrivateAnswers:
    """One per router worker. `owner` names it in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        pricing: Pricing,
        released: ReleasedAnswers,
        trail: Trail,
        owner: str,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._released = released
        self._trail = trail
        self._pricing = pricing
        self._owner = owner
        self._unix_time = unix_time

    async def answer(
        self,
        caller: Caller,
        question: Question,
        body: bytes,
        codec: Codec,
        spec: Spec,
        ask: Callable[[], Awaitable[Reply]],
    ) -> bytes:
        """The encoded answer of `ask`, paid for. The same question again gets the first answer and pays nothing.

        `spec` is of a model that is private.
        """
        assert spec.private is not None
        dataset, event = spec.private.dataset(question.task), spec.private.worst_case(question.task)
        price = await self._pricing.price(caller.principal, dataset, event)
        digest = released_answers.digest(caller.method, spec.version, dataset, question)
        released = None if question.validate_only else await self._released.get(digest)
        request_id = question.request_id.lower() or str(uuid.uuid4())
        act = _Act(caller.principal.name, question.model, request_id, price)
        if released is not None:
            return await self._shown(released, act, question, codec)
        if question.validate_only:
            spend = self._spend(price, await self._account_left(price.account), charged=False)
            return codec.encode(replace(await ask(), spend=spend), question)
        reservation = self._reservation(caller, request_id, body, price)
        running = asyncio.ensure_future(ask())
        try:
            charge = await self._charged(reservation, act)
            if isinstance(charge, Stored):
                return await self._shown(charge.answer, act, question, codec)
            answer = await self._kept(charge, act, question, codec, running)
            self._released.put(digest, answer)
            return answer
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)  # what became of it is known, or nobody asks any more

    async def _shown(self, answer: bytes, act: _Act, question: Question, codec: Codec) -> bytes:
        """An answer that was released before; the audit log says who gets it now."""
        with told():
            await self._trail.record(act.event(Kind.RELEASED, self._unix_time(), cost=0, digest=_sha256(answer)))
        return codec.replayed(answer, question)

    async def _charged(self, reservation: Reservation, act: _Act) -> Fresh | Stored:
        now = self._unix_time()
        with told():
            try:
                charge = await self._ledger.reserve(reservation, now)
            except (BudgetSpent, AccountFrozen) as refused:
                self._trail.note(act.event(Kind.REFUSED, now, reason=type(refused).__name__))
                raise
            if isinstance(charge, Fresh):
                self._trail.note(act.event(Kind.CHARGED, now))
            return charge

    async def _kept(
        self, charge: Fresh, act: _Act, question: Question, codec: Codec, running: asyncio.Future[Reply]
    ) -> bytes:
        asking = asyncio.ensure_future(self._account_left(act.price.account))  # while the model runs
        try:
            reply, left = await asyncio.gather(running, asking)
        except NoReplicaLeft:  # one had the task, and what became of it may tell of the records
            raise
        except _NOTHING_RAN:
            with told():
                await self._ledger.void(charge.token, self._unix_time())
                self._trail.note(act.event(Kind.VOIDED, self._unix_time()))
            raise
        answer = codec.encode(replace(reply, spend=self._spend(act.price, left, charged=True)), question)
        await self._left(charge, act, answer)
        return answer

    async def _left(self, charge: Fresh, act: _Act, answer: bytes) -> None:
        """Returns once both the ledger and the audit log hold, durably, that this answer leaves: two flushes side by
        side. Where the ledger does not take it, the log says so."""
        now = self._unix_time()
        released = act.event(Kind.RELEASED, now, digest=_sha256(answer))
        with told():
            releasing = asyncio.ensure_future(self._ledger.release(charge.token, answer, now))
            await asyncio.gather(self._trail.record(released), asyncio.wait([releasing]))
            try:
                releasing.result()
            except LedgerError:
                self._trail.note(act.event(Kind.WITHHELD, self._unix_time()))
                raise

    def _reservation(self, caller: Caller, request_id: str, body: bytes, price: Price) -> Reservation:
        left_s = caller.deadline - time.monotonic()
        digest = hashlib.blake2b(f"{caller.principal.name}\0{caller.method}\0".encode(), digest_size=32)
        digest.update(body)
        return Reservation(
            tenant=caller.principal.tenant,
            request_id=request_id,
            request_hash=digest.digest(),
            costs=price.costs,
            event=price.event,
            owner=self._owner,
            expires=self._unix_time() + left_s + _GRACE_S,
            odometer=price.odometer,
        )

    async def _account_left(self, account: Account) -> float:
        """ε at the account's δ that is not spent yet."""
        with told():
            balance = await self._ledger.balance(account.key)
        limit = epsilon_promised(balance.limit, account.delta, account.order)
        return max(0.0, limit - epsilon_promised(balance.spent, account.delta, account.order))

    def _spend(self, price: Price, left: float, charged: bool) -> Spend:
        account = price.account
        return Spend(
            dataset=account.key.dataset,
            epsilon=price.epsilon,
            delta=account.delta,
            unit=account.unit,
            adjacency=account.adjacency,
            epsilon_left=left,
            charged=charged,
        )


class _Act(msgspec.Struct, frozen=True):
    """What the audit log says of every step of one answer."""

    actor: str
    model: str
    request_id: str
    price: Price

    def event(
        self, kind: Kind, at: float, *, cost: int | None = None, reason: str = "", digest: bytes = b""
    ) -> AuditEvent:
        """`cost` is the price, unless something else is said."""
        account = self.price.account
        return AuditEvent(
            kind=kind,
            at=at,
            dataset=account.key.dataset,
            actor=self.actor,
            model=self.model,
            request_id=self.request_id,
            cost=dict(self.price.costs)[account.key] if cost is None else cost,
            epsilon=self.price.epsilon,
            delta=account.delta,
            reason=reason,
            digest=digest,
        )


def _sha256(answer: bytes) -> bytes:
    return hashlib.sha256(answer).digest()
