"""What training, calibrating and measuring an operator have come to, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from faraday.client import evidence
from faraday.client.evidence import Evidence
from faraday.client.tensors import Array, decode
from faraday.v1 import common_pb2
from faraday.v1 import neural_operator_pb2 as pb


@dataclass(frozen=True, eq=False)
class Trained:
    """An operator that was made: published as a version of `name`, or in `artefact`, a safetensors file."""

    name: str
    version: int
    artefact: bytes
    metrics: Mapping[str, float]  # on samples that it never saw: see `Metrics`
    history: Array  # (epochs, 2): the mean loss of each epoch, and the validation error after it
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Learnt:
    """An operator that has chosen what it learns: published where it was shown to be as good as the one before."""

    name: str  # empty where it was published nowhere
    version: int
    artefact: bytes
    verdict: str  # whether it may take the place of the one before, and why
    metrics: Mapping[str, float]
    chosen: Array  # int64 (labels,): places in the pool, in order
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """An operator with the same weights and other intervals: published, or in `artefact`."""

    name: str
    version: int
    artefact: bytes
    temperature: float  # what its own deviations are multiplied by
    levels: Array  # (intervals,)
    factors: Array  # (intervals,): how many deviations each reaches
    simultaneous: Array  # (intervals,) bool: whether it holds at all points of a function at once
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Metrics:
    """`figures` by name: relative_l2 and its 95 % quantile; with deviations also nll, crps, ece, sharpness, coverage,
    band_coverage and far. `levels` and `observed` draw a reliability diagram, which `diagram` is as PNG."""

    version: int
    figures: Mapping[str, float]
    levels: Array
    observed: Array
    diagram: bytes
    evidence: Evidence


def trained(response: pb.TrainResponse) -> Trained:
    return Trained(
        name=response.name,
        version=response.version,
        artefact=response.artefact,
        metrics=_figures(response.metric_names, response.metrics),
        history=decode(response.history) if response.HasField("history") else np.empty((0, 2)),
        evidence=evidence.decode(response.evidence),
    )


def learnt(response: pb.LearnResponse) -> Learnt:
    return Learnt(
        name=response.name,
        version=response.version,
        artefact=response.artefact,
        verdict=response.verdict,
        metrics=_figures(response.metric_names, response.metrics),
        chosen=decode(response.chosen) if response.HasField("chosen") else np.empty(0, np.int64),
        evidence=evidence.decode(response.evidence),
    )


def recalibrated(response: pb.CalibrateResponse) -> Recalibrated:
    given = response.HasField("levels")
    return Recalibrated(
        name=response.name,
        version=response.version,
        artefact=response.artefact,
        temperature=response.temperature,
        levels=decode(response.levels) if given else np.empty(0),
        factors=decode(response.factors) if given else np.empty(0),
        simultaneous=decode(response.simultaneous) if given else np.empty(0, bool),
        evidence=evidence.decode(response.evidence),
    )


def metrics(response: pb.GetMetricsResponse) -> Metrics:
    given = response.HasField("levels")
    return Metrics(
        version=response.version,
        figures=_figures(response.metric_names, response.metrics),
        levels=decode(response.levels) if given else np.empty(0),
        observed=decode(response.observed) if given else np.empty(0),
        diagram=response.diagram,
        evidence=evidence.decode(response.evidence),
    )


def _figures(names: str, figures: common_pb2.Tensor) -> Mapping[str, float]:
    return dict(zip(names.split(","), decode(figures).tolist(), strict=True)) if names else {}
