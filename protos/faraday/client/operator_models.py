"""Operators that are published: `client.operators.models`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from faraday.v1 import neural_operator_pb2 as pb


@dataclass(frozen=True)
class ModelCard:
    """What an operator is and where it comes from."""

    architecture: str
    settings: str  # of the architecture, as JSON
    problem: str  # what it was trained for, such as "darcy"
    uncertainty: str  # how it says how sure it is; empty where it does not
    data_digest: str
    seed: int
    metrics: Mapping[str, float]  # measured when it was made
    code_version: str
    least_points: int  # along an axis of the grids that it was trained on
    most_points: int


@dataclass(frozen=True)
class ModelVersion:
    """One version; it never changes."""

    number: int
    digest: str  # SHA-256 of its content
    size_bytes: int
    created: datetime
    publisher: str
    card: ModelCard


@dataclass(frozen=True)
class OperatorModel:
    """An operator by its name, "owner/name"."""

    name: str
    stable: int  # the version that answers where a request names none
    canary: int  # the version that answers in a part `canary_weight` of those cases; 0: none
    canary_weight: float
    versions: tuple[ModelVersion, ...]  # in a list only the stable one

    def __str__(self) -> str:
        canary = f", canary {self.canary} at {self.canary_weight:.0%}" if self.canary else ""
        return f"{self.name}  stable {self.stable}{canary}"


def operator_model(message: pb.OperatorModel) -> OperatorModel:
    return OperatorModel(
        name=message.name,
        stable=message.stable_version,
        canary=message.canary_version,
        canary_weight=message.canary_weight,
        versions=tuple(map(_version, message.versions)),
    )


def _version(message: pb.ModelVersion) -> ModelVersion:
    card = message.card
    return ModelVersion(
        number=message.number,
        digest=message.digest,
        size_bytes=message.size_bytes,
        created=message.create_time.ToDatetime(UTC),
        publisher=message.publisher,
        card=ModelCard(
            architecture=card.architecture,
            settings=card.settings,
            problem=card.problem,
            uncertainty=card.uncertainty,
            data_digest=card.data_digest,
            seed=card.seed,
            metrics=dict(card.metrics),
            code_version=card.code_version,
            least_points=card.least_points,
            most_points=card.most_points,
        ),
    )
