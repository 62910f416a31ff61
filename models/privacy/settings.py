"""An operator's settings for Gaussian noise, made one plan; or refused, with the numbers, where they disagree.

Any of ε per query, noise multiplier and number of queries may be left out. What is given twice must agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.privacy.calibration import Target, gaussian
from models.privacy.conversion import epsilon_of
from models.privacy.cost import cost_in_picorho, limit_in_picorho
from models.privacy.errors import Contradiction
from models.privacy.kinds import Gaussian

_AGREES = 0.01  # an ε that was rounded up for people to read


@dataclass(frozen=True)
class Settings:
    """`total_epsilon` and `delta` are the account's, over all queries; `epsilon_per_query` is one's, at the same δ."""

    total_epsilon: float
    delta: float
    order: float | None = None
    epsilon_per_query: float | None = None
    noise_multiplier: float | None = None
    queries: int | None = None


@dataclass(frozen=True)
class Plan:
    """What settings amount to."""

    mechanism: Gaussian
    epsilon_per_query: float
    cost: int  # picorho of one query
    limit: int  # picorho of the account
    queries: int  # that it pays for


def plan(settings: Settings) -> Plan:
    """Raises `Contradiction` with both numbers, `Unattainable` where no noise would do."""
    limit = limit_in_picorho(settings.total_epsilon, settings.delta, settings.order)
    mechanism = _mechanism(settings)
    per_query = epsilon_of(mechanism, settings.delta)
    _agree_on_one(settings, mechanism, per_query)
    cost = cost_in_picorho(mechanism, settings.order)
    if cost * (settings.queries or 1) > limit:
        raise _contradiction(
            f"{settings.queries or 1} queries at noise multiplier {mechanism.noise_multiplier:g} cost "
            f"{cost * (settings.queries or 1)} picorho; ({settings.total_epsilon:g}, {settings.delta:g}) is {limit}, "
            f"which pays for {limit // cost}.",
            "queries",
            queries=settings.queries or 1,
            noise_multiplier=mechanism.noise_multiplier,
            cost=cost,
            limit=limit,
            affordable=limit // cost,
        )
    return Plan(mechanism, per_query, cost, limit, limit // cost)


def _mechanism(settings: Settings) -> Gaussian:
    if settings.noise_multiplier is not None:
        return Gaussian(settings.noise_multiplier)
    if settings.epsilon_per_query is not None:
        return gaussian(Target(settings.epsilon_per_query, settings.delta))
    return gaussian(Target(settings.total_epsilon, settings.delta, settings.queries or 1, settings.order))


def _agree_on_one(settings: Settings, mechanism: Gaussian, per_query: float) -> None:
    stated = settings.epsilon_per_query
    if stated is None:
        return
    if stated > settings.total_epsilon:
        raise _contradiction(
            f"One query may spend ε = {stated:g}, all together {settings.total_epsilon:g}.",
            "epsilon_per_query",
            epsilon_per_query=stated,
            total_epsilon=settings.total_epsilon,
        )
    if not (1 - _AGREES) * stated <= per_query <= stated:
        raise _contradiction(
            f"Noise multiplier {mechanism.noise_multiplier:g} is ε = {per_query:.6g} at δ = {settings.delta:g}, "
            f"but ε per query says {stated:g}. Leave one of the two out.",
            "noise_multiplier",
            noise_multiplier=mechanism.noise_multiplier,
            epsilon_of_noise=per_query,
            epsilon_per_query=stated,
        )


def _contradiction(message: str, field: str, **numbers: float) -> Contradiction:
    return Contradiction("CONTRADICTORY_SETTINGS", message, field, {name: f"{n:.12g}" for name, n in numbers.items()})
