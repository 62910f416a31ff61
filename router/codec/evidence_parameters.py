"""Evidence as Open Inference Protocol parameters, whose names begin with `faraday.`; and back, from another Faraday."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from models.base import BoundKind, ErrorBound, Evidence, Interval, IntervalKind, Outcome, Scalar
from router.call import Reply, Spend

_OUTCOME = "faraday.outcome"
_ADVICE = "faraday.advice"
_METHOD = "faraday.method"
_RESIDUAL = "faraday.residual"
_BOUND = "faraday.error_bound"  # its value; the rest of it has names that begin so
_KIND, _NORM = f"{_BOUND}_kind", f"{_BOUND}_norm"
_RELATIVE = f"{_BOUND}_relative"
_PRIVACY = "faraday.privacy"
_NOT_PRIVATE: Mapping[str, Scalar] = {_PRIVACY: "not_private"}
REPLAYED: Mapping[str, Scalar] = {"faraday.replayed": True}
_INTERVAL = "faraday.interval"  # its level, likewise
_CONDITIONS, _SOURCE = f"{_BOUND}_conditions", f"{_BOUND}_source"


def of(reply: Reply) -> dict[str, Scalar]:
    """What the model said for its answer, with what only the router knows."""
    said = reply.evidence
    values: dict[str, Scalar] = {
        "faraday.trace_id": reply.trace_id,
        _OUTCOME: "validated" if reply.result is None else said.outcome.value,
        _METHOD: said.method,
    }
    if said.advice:
        values[_ADVICE] = said.advice
    if reply.replayed:
        values |= REPLAYED
    values |= _NOT_PRIVATE if reply.spend is None else _spent(reply.spend)
    if said.residual is not None:
        values[_RESIDUAL] = said.residual
    if said.error_bound is not None:
        bound = said.error_bound
        values |= {
            _BOUND: bound.value,
            _KIND: bound.kind.value,
            _NORM: bound.norm,
            _RELATIVE: bound.relative,
            _CONDITIONS: bound.conditions,
            _SOURCE: bound.source,
        }
    if said.interval is not None:
        interval = said.interval
        values |= {
            _INTERVAL: interval.level,
            f"{_INTERVAL}_kind": interval.kind.value,
            f"{_INTERVAL}_simultaneous": interval.simultaneous,
            f"{_INTERVAL}_calibration_count": interval.calibration_count,
            f"{_INTERVAL}_conditions": interval.conditions,
            f"{_INTERVAL}_source": interval.source,
        }
    return values


def _spent(spend: Spend) -> dict[str, Scalar]:
    return {
        _PRIVACY: "charged" if spend.charged else "quoted",
        f"{_PRIVACY}_epsilon": spend.epsilon,
        f"{_PRIVACY}_delta": spend.delta,
        f"{_PRIVACY}_dataset": spend.dataset,
        f"{_PRIVACY}_unit": spend.unit,
        f"{_PRIVACY}_adjacency": spend.adjacency,
        f"{_PRIVACY}_epsilon_left": spend.epsilon_left,
    }


def evidence(values: Mapping[str, Scalar]) -> Evidence | None:
    """What another Faraday said; None where it is no Faraday. Raises ValueError where it says what we do not know."""
    if _OUTCOME not in values:
        return None
    return Evidence(
        outcome=Outcome(_typed(values, _OUTCOME, str)),
        advice=_typed(values, _ADVICE, str) if _ADVICE in values else "",
        method=_typed(values, _METHOD, str),
        residual=_typed(values, _RESIDUAL, float) if _RESIDUAL in values else None,
        error_bound=_bound(values) if _BOUND in values else None,
        interval=_interval(values) if _INTERVAL in values else None,
    )


def _bound(values: Mapping[str, Scalar]) -> ErrorBound:
    return ErrorBound(
        value=_typed(values, _BOUND, float),
        norm=_typed(values, _NORM, str),
        kind=BoundKind(_typed(values, _KIND, str)),
        relative=_typed(values, _RELATIVE, float),
        conditions=_typed(values, _CONDITIONS, str),
        source=_typed(values, _SOURCE, str),
    )


def _interval(values: Mapping[str, Scalar]) -> Interval:
    return Interval(
        level=_typed(values, _INTERVAL, float),
        kind=IntervalKind(_typed(values, f"{_INTERVAL}_kind", str)),
        simultaneous=_typed(values, f"{_INTERVAL}_simultaneous", bool),
        calibration_count=_typed(values, f"{_INTERVAL}_calibration_count", int),
        conditions=_typed(values, f"{_INTERVAL}_conditions", str),
        source=_typed(values, f"{_INTERVAL}_source", str),
    )


S = TypeVar("S", str, float, int, bool)


def _typed(values: Mapping[str, Scalar], name: str, kind: type[S]) -> S:
    value = values.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"{name} is not a {kind.__name__}")
    return value
