"""Why an answer should be believed, and what it cost: `faraday.v1.Evidence` as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from faraday.v1 import common_pb2


class Outcome(enum.Enum):
    """How the computation ended."""

    UNSPECIFIED = common_pb2.OUTCOME_UNSPECIFIED
    CONVERGED = common_pb2.OUTCOME_CONVERGED
    NOT_CONVERGED = common_pb2.OUTCOME_NOT_CONVERGED  # the best that was reached; see the advice
    VALIDATED = common_pb2.OUTCOME_VALIDATED  # every check passed, nothing was computed

    @classmethod
    def _missing_(cls, value: object) -> Outcome:
        return cls.UNSPECIFIED  # of a newer server


class BoundKind(enum.Enum):
    """How far a bound may be trusted."""

    UNSPECIFIED = common_pb2.BOUND_KIND_UNSPECIFIED
    GUARANTEED = common_pb2.BOUND_KIND_GUARANTEED  # a theorem whose conditions were checked
    ESTIMATED = common_pb2.BOUND_KIND_ESTIMATED  # it may be below the error

    @classmethod
    def _missing_(cls, value: object) -> BoundKind:
        return cls.UNSPECIFIED  # of a newer server


@dataclass(frozen=True)
class ErrorBound:
    """`norm`(exact − answer) ≤ `value`, as surely as `kind` says."""

    value: float  # in the units of the norm
    relative: float  # over the same norm of the answer; inf for an answer of zero
    norm: str
    kind: BoundKind
    conditions: str  # what has to hold for it
    source: str  # the paper and theorem that it rests on

    def __str__(self) -> str:
        return f"error in {self.norm} norm ≤ {self.value:.2g} ({self.kind.name.lower()}), relative {self.relative:.2g}"


class IntervalKind(enum.Enum):
    """How far intervals may be trusted."""

    UNSPECIFIED = common_pb2.Interval.KIND_UNSPECIFIED
    CONFORMAL = (
        common_pb2.Interval.KIND_CONFORMAL
    )  # right at the level, on average over questions like the fresh samples
    BELIEVED = common_pb2.Interval.KIND_BELIEVED  # what the model believes, taken as Gaussian
    WITHDRAWN = common_pb2.Interval.KIND_WITHDRAWN  # a question is unlike all that was learnt: nothing is claimed of it

    @classmethod
    def _missing_(cls, value: object) -> IntervalKind:
        return cls.UNSPECIFIED  # of a newer server


@dataclass(frozen=True)
class Interval:
    """What the intervals of an answer claim, all together."""

    level: float  # the part of cases in which one should hold
    kind: IntervalKind
    simultaneous: bool  # of all points of a function at once
    calibration_count: int  # on how many fresh samples they were fitted
    conditions: str
    source: str

    def __str__(self) -> str:
        of = "functions" if self.simultaneous else "points"
        fitted = f", fitted on {self.calibration_count} samples" if self.calibration_count else ""
        return f"{self.level:.0%} intervals of {of} ({self.kind.name.lower()}{fitted})"


@dataclass(frozen=True)
class PrivacySpend:
    """What an answer that touched private records cost, by itself, and what its dataset's account has left."""

    epsilon: float
    delta: float
    dataset: str = ""  # "owner/name"
    unit: str = ""  # whose whole contribution is protected: "patient", "record" or "client"
    adjacency: str = ""  # against which change: "add-remove" or "replace"
    epsilon_left: float = 0.0
    charged: bool = True  # False: only asked for, with validate_only

    def __str__(self) -> str:
        cost = f"privacy ε = {self.epsilon:.3g} at δ = {self.delta:.1e}"
        of = f" of {self.dataset}, {self.epsilon_left:.3g} left" if self.dataset else ""
        return cost + of + ("" if self.charged else ", not charged")


@dataclass(frozen=True)
class Evidence:
    """Why an answer should be believed, and what it cost."""

    trace_id: str  # also in the server's logs
    model: str
    model_version: str
    outcome: Outcome
    advice: str  # what to change for a better answer; always there where it did not converge
    method: str
    residual: float | None  # relative algebraic residual, dimensionless
    error_bound: ErrorBound | None
    privacy: PrivacySpend | None  # None: no private record was touched
    elapsed_s: float
    replayed: bool  # the stored answer of an earlier request with the same request_id
    interval: Interval | None = None  # of an answer that has intervals

    def __str__(self) -> str:
        parts = [
            "" if self.outcome is Outcome.CONVERGED else self.outcome.name.lower().replace("_", " "),
            self.advice,
            str(self.error_bound or ""),
            str(self.interval or ""),
            "" if self.residual is None else f"residual {self.residual:.1e}",
            str(self.privacy or ""),
            self.method,
            f"{self.model} {self.model_version}".strip(),
            f"{self.elapsed_s * 1e3:.3g} ms",
            "replayed" if self.replayed else "",
            f"trace {self.trace_id}" if self.trace_id else "",
        ]
        return ", ".join(part for part in parts if part)


def decode(message: common_pb2.Evidence) -> Evidence:
    """The evidence of a message."""
    return Evidence(
        trace_id=message.trace_id,
        model=message.model,
        model_version=message.model_version,
        outcome=Outcome(message.outcome),
        advice=message.advice,
        method=message.method,
        residual=message.residual if message.HasField("residual") else None,
        error_bound=bound(message.error_bound) if message.HasField("error_bound") else None,
        privacy=_spend(message.privacy),
        elapsed_s=message.elapsed_s,
        replayed=message.replayed,
        interval=_interval(message.interval) if message.HasField("interval") else None,
    )


def _spend(message: common_pb2.PrivacySpend) -> PrivacySpend | None:
    if message.kind not in (common_pb2.PrivacySpend.KIND_CHARGED, common_pb2.PrivacySpend.KIND_QUOTED):
        return None
    return PrivacySpend(
        epsilon=message.epsilon,
        delta=message.delta,
        dataset=message.dataset,
        unit=message.unit,
        adjacency=message.adjacency,
        epsilon_left=message.epsilon_left,
        charged=message.kind == common_pb2.PrivacySpend.KIND_CHARGED,
    )


def _interval(message: common_pb2.Interval) -> Interval:
    return Interval(
        level=message.level,
        kind=IntervalKind(message.kind),
        simultaneous=message.simultaneous,
        calibration_count=message.calibration_count,
        conditions=message.conditions,
        source=message.source,
    )


def bound(message: common_pb2.ErrorBound) -> ErrorBound:
    return ErrorBound(
        value=message.value,
        relative=message.relative,
        norm=message.norm,
        kind=BoundKind(message.kind),
        conditions=message.conditions,
        source=message.source,
    )
