"""What is in the registry, as messages."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from faraday.v1 import neural_operator_pb2 as pb
from models.artefacts import Channels, Version
from models.operators.artefact import Card


def operator_model(name: str, channels: Channels, versions: Iterable[tuple[Version, Card]]) -> pb.OperatorModel:
    return pb.OperatorModel(
        name=name,
        stable_version=channels.stable,
        canary_version=channels.canary,
        canary_weight=channels.weight if channels.canary else 0.0,
        versions=[_version(version, card) for version, card in versions],
    )


def _version(version: Version, card: Card) -> pb.ModelVersion:
    created = Timestamp()
    created.FromMilliseconds(int(version.created * 1000))
    return pb.ModelVersion(
        number=version.number,
        digest=version.digest,
        size_bytes=version.size_bytes,
        create_time=created,
        publisher=version.publisher,
        card=_card(card),
    )


def _card(card: Card) -> pb.ModelCard:
    return pb.ModelCard(
        architecture=type(card.architecture).__name__,
        settings=msgspec.json.encode(card.architecture).decode(),
        problem=card.problem,
        uncertainty=card.uncertainty,
        data_digest=card.data_digest,
        seed=card.seed,
        metrics=card.metrics,
        code_version=card.code_version,
        least_points=card.least_points,
        most_points=card.most_points,
    )
