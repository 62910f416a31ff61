"""faraday/v1/privacy.proto: accounts, mechanisms and releases as messages, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from faraday.v1 import privacy_pb2 as pb
from models.privacy.kinds import Exponential, Gaussian, Mechanism, SubsampledGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.promise import epsilon_promised
from router.errors import Malformed
from router.ledgers.contract import Account, AccountKey, Balance, Release
from router.pricing import DATASET

UNITS: Mapping[int, Unit] = {
    pb.UNIT_PATIENT: Unit.PATIENT,
    pb.UNIT_RECORD: Unit.RECORD,
    pb.UNIT_CLIENT: Unit.CLIENT,
}
ADJACENCIES: Mapping[int, Adjacency] = {
    pb.ADJACENCY_ADD_REMOVE: Adjacency.ADD_REMOVE,
    pb.ADJACENCY_REPLACE: Adjacency.REPLACE,
}


def dataset_of(name: str, field: str) -> str:
    """Raises Malformed where it is not "owner/name"."""
    if not DATASET.fullmatch(name):
        raise Malformed('names no dataset; write "owner/name" in letters, digits and _ . - @', field)
    return name


def key_of(message: pb.AccountKey) -> AccountKey:
    """Raises Malformed."""
    if message.user and not message.tenant:
        raise Malformed("names a user of no tenant", "key.tenant")
    return AccountKey(dataset_of(message.dataset, "key.dataset"), message.tenant, message.user)


def key_message(key: AccountKey) -> pb.AccountKey:
    return pb.AccountKey(dataset=key.dataset, tenant=key.tenant, user=key.user)


def mechanism_of(message: pb.Mechanism) -> Mechanism:
    """Raises Malformed where none is set or a parameter is out of its range."""
    match message.WhichOneof("mechanism"):
        case "gaussian":
            return _made("gaussian", Gaussian, noise_multiplier=message.gaussian.noise_multiplier)
        case "exponential":
            return _made("exponential", Exponential, bounded_range=message.exponential.epsilon)
        case "subsampled_gaussian":
            sampled = message.subsampled_gaussian
            return _made(
                "subsampled_gaussian",
                SubsampledGaussian,
                rate=sampled.rate,
                noise_multiplier=sampled.noise_multiplier,
                steps=sampled.step_count,
            )
    raise Malformed("says no mechanism", "mechanism")


def _made(name: str, kind: Any, **parameters: float) -> Mechanism:
    try:
        made: Mechanism = kind(**parameters)
    except ValueError as error:
        raise Malformed(str(error), f"mechanism.{name}") from None
    return made


def budget_message(account: Account, balance: Balance) -> pb.Budget:
    budget = pb.Budget(
        key=key_message(account.key),
        unit=f"UNIT_{_constant(account.unit)}",
        adjacency=f"ADJACENCY_{_constant(account.adjacency)}",
        epsilon=account.epsilon,
        delta=account.delta,
        block=account.block,
        epsilon_spent=epsilon_promised(balance.spent, account.delta, account.order),
        limit_picorho=balance.limit,
        spent_picorho=balance.spent,
        reserved_picorho=balance.reserved,
        frozen=balance.frozen,
    )
    if account.order is not None:
        budget.order = account.order
    return budget


def _constant(value: str) -> str:
    """An enum's value as the protocol spells it: "add-remove" is ADD_REMOVE."""
    return value.upper().replace("-", "_")


def release_message(release: Release) -> pb.Release:
    at = Timestamp()
    at.FromMicroseconds(round(release.at * 1e6))
    return pb.Release(
        release_time=at,
        tenant=release.tenant,
        request_id=release.request_id,
        event=release.event.decode(),
        charges=[pb.Release.Charge(key=key_message(key), cost_picorho=cost) for key, cost in release.costs],
    )
