"""PrivacyService: what may be learnt from a dataset in all, and what has been."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from faraday.client.connection import Ask, Connection, Reply, Request
from faraday.v1 import privacy_pb2 as pb
from faraday.v1 import privacy_pb2_grpc

_SERVICE = "faraday.v1.PrivacyService"


class Unit(enum.Enum):
    """Whose whole contribution is protected."""

    UNSPECIFIED = pb.UNIT_UNSPECIFIED
    PATIENT = pb.UNIT_PATIENT
    RECORD = pb.UNIT_RECORD
    CLIENT = pb.UNIT_CLIENT

    @classmethod
    def _missing_(cls, value: object) -> Unit:
        return cls.UNSPECIFIED  # of a newer server


class Adjacency(enum.Enum):
    """Against which change of the records."""

    UNSPECIFIED = pb.ADJACENCY_UNSPECIFIED
    ADD_REMOVE = pb.ADJACENCY_ADD_REMOVE  # one unit is present in one of the datasets only
    REPLACE = pb.ADJACENCY_REPLACE  # one unit's data differ; how many units there are is public

    @classmethod
    def _missing_(cls, value: object) -> Adjacency:
        return cls.UNSPECIFIED  # of a newer server


@dataclass(frozen=True)
class Budget:
    """An account: of a dataset, or the cap of a tenant or of one of its users on it."""

    dataset: str
    tenant: str  # empty for the dataset's own account
    user: str
    unit: Unit
    adjacency: Adjacency
    epsilon: float  # what may be spent in all
    delta: float  # one for the account's whole life
    order: float | None  # the Rényi order at which it counts; None: ρ of zero-concentrated differential privacy
    block: str  # the time partition of the records
    epsilon_spent: float  # what has been promised so far
    limit_picorho: int  # 1e-12 ρ
    spent_picorho: int
    reserved_picorho: int
    frozen: str  # why nothing more is granted; empty where it is

    def __str__(self) -> str:
        whose = "/".join(part for part in (self.dataset, self.tenant, self.user) if part)
        state = f", frozen: {self.frozen}" if self.frozen else ""
        protects = f"{self.unit.name.lower()}, {self.adjacency.name.lower().replace('_', '-')}"
        spent = f"ε = {self.epsilon_spent:.3g} of {self.epsilon:.3g} spent at δ = {self.delta:.1e}"
        return f"{whose} ({protects}): {spent}{state}"


@dataclass(frozen=True)
class Quote:
    """What one release by a mechanism costs an account."""

    cost_picorho: int
    epsilon: float  # of one by itself, at the account's δ
    affordable_count: int  # how many more there is budget for


@dataclass(frozen=True)
class Release:
    """One answer that has left, or may have."""

    time: datetime
    tenant: str
    request_id: str
    event: str  # JSON, whose meaning never changes
    cost_picorho: int  # what the dataset's own account paid


class Privacy:
    """`client.privacy`: for data owners, auditors, and analysts who look at what is left for them.

    Datasets are named "owner/name". Every method raises `FaradayError`; see `faraday.client.errors`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = privacy_pb2_grpc.PrivacyServiceStub(connection.channel)

    def open_account(
        self,
        dataset: str,
        *,
        epsilon: float,
        delta: float,
        unit: Unit,
        adjacency: Adjacency = Adjacency.ADD_REMOVE,
        order: float | None = None,
        block: str = "",
    ) -> Budget:
        """Open a dataset's account; its terms are for ever. Raises `AccountExists` where it has others."""
        request = pb.OpenAccountRequest(
            key=pb.AccountKey(dataset=dataset),
            unit=unit.value,
            adjacency=adjacency.value,
            epsilon=epsilon,
            delta=delta,
            block=block,
        )
        if order is not None:
            request.order = order
        return _budget(self._call("OpenAccount", self._stub.OpenAccount, request).budget)

    def grant(self, dataset: str, tenant: str, *, epsilon: float, user: str = "") -> Budget:
        """Let a tenant ask of a dataset, up to a cap; with `user`, cap one of its users."""
        request = pb.OpenAccountRequest(key=_key(dataset, tenant, user), epsilon=epsilon)
        return _budget(self._call("OpenAccount", self._stub.OpenAccount, request).budget)

    def set_limit(self, dataset: str, *, epsilon: float, tenant: str = "", user: str = "") -> Budget:
        """Set what an account may spend in all."""
        request = pb.SetPolicyRequest(key=_key(dataset, tenant, user), epsilon=epsilon)
        return _budget(self._call("SetPolicy", self._stub.SetPolicy, request).budget)

    def freeze(self, dataset: str, reason: str, *, tenant: str = "", user: str = "") -> Budget:
        """Stop an account."""
        request = pb.FreezeRequest(key=_key(dataset, tenant, user), reason=reason)
        return _budget(self._call("Freeze", self._stub.Freeze, request).budget)

    def thaw(self, dataset: str, *, tenant: str = "", user: str = "") -> Budget:
        """Let a stopped account go on."""
        return self.freeze(dataset, "", tenant=tenant, user=user)

    def budget(self, dataset: str, *, tenant: str = "", user: str = "") -> Budget:
        """What an account may spend and has spent."""
        request = pb.GetBudgetRequest(key=_key(dataset, tenant, user))
        return _budget(self._call("GetBudget", self._stub.GetBudget, request).budget)

    def quote(self, dataset: str, mechanism: pb.Mechanism, *, tenant: str = "", user: str = "") -> Quote:
        """What one release by a mechanism costs an account; charges nothing."""
        request = pb.QuoteCostRequest(key=_key(dataset, tenant, user), mechanism=mechanism)
        reply = self._call("QuoteCost", self._stub.QuoteCost, request)
        return Quote(reply.cost_picorho, reply.epsilon, reply.affordable_count)

    def releases(self, dataset: str) -> Iterator[Release]:
        """All answers that have left and touched a dataset, oldest first, fetched page by page."""
        token = ""
        while True:
            request = pb.ListReleasesRequest(dataset=dataset, page_token=token)
            page = self._call("ListReleases", self._stub.ListReleases, request)
            yield from (_release(release) for release in page.releases)
            token = page.next_page_token
            if not token:
                return

    def _call(self, method: str, rpc: Callable[..., Reply], request: Request) -> Reply:
        return self._connection.call(_SERVICE, method, rpc, request, Ask())


def _key(dataset: str, tenant: str, user: str) -> pb.AccountKey:
    return pb.AccountKey(dataset=dataset, tenant=tenant, user=user)


def _budget(message: pb.Budget) -> Budget:
    return Budget(
        dataset=message.key.dataset,
        tenant=message.key.tenant,
        user=message.key.user,
        unit=Unit(message.unit),
        adjacency=Adjacency(message.adjacency),
        epsilon=message.epsilon,
        delta=message.delta,
        order=message.order if message.HasField("order") else None,
        block=message.block,
        epsilon_spent=message.epsilon_spent,
        limit_picorho=message.limit_picorho,
        spent_picorho=message.spent_picorho,
        reserved_picorho=message.reserved_picorho,
        frozen=message.frozen,
    )


def _release(message: pb.Release) -> Release:
    own = sum(charge.cost_picorho for charge in message.charges if not charge.key.tenant)
    at = message.release_time.ToDatetime(UTC)
    return Release(at, message.tenant, message.request_id, message.event, own)
