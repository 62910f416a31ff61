"""Neural operators: functions in; functions, how sure they are, and what was checked out."""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from google.protobuf.any_pb2 import Any as AnyMessage

from faraday.client.candidates import Candidate, Candidates, candidate
from faraday.client.connection import Ask, Connection
from faraday.client.errors import CallFailed, MalformedReply, from_status
from faraday.client.operations import Calls, Operation
from faraday.client.operator_models import OperatorModel, operator_model
from faraday.client.prediction import Prediction, prediction
from faraday.client.samples import Samples, flat
from faraday.client.tensors import Array, decode, encode
from faraday.client.trained import Learnt, Metrics, Recalibrated, Trained, learnt, recalibrated, trained
from faraday.client.trained import metrics as read_metrics
from faraday.v1 import neural_operator_pb2 as pb
from faraday.v1 import neural_operator_pb2_grpc

_SERVICE = "faraday.v1.NeuralOperatorService"
Setting = str | int | float
DARCY = "faraday/darcy"  # comes with the system: permeability of a square to pressure


@dataclass(frozen=True, eq=False)
class Functions:
    """A question to an operator.

    `values` are (samples, *grid, channels): the functions at the nodes of a grid, both ends of each side on it, over
    the unit box or over the box of `positions`. With `positions` (points, axes) and values (samples, points,
    channels) the points are scattered.
    """

    values: npt.ArrayLike
    positions: npt.ArrayLike | None = None
    model: str = DARCY
    version: int = 0  # 0: the one that answers at present
    uncertainty: str = "own"  # "none": the mean alone, at less cost
    level: float = 0.9  # of the intervals
    band: str = "pointwise"  # or "function": intervals that hold at all points at once
    verify: str = "none"  # or "certificate", "correct", "tolerance"
    steps: int = 1  # of "correct": towards the finite element solution
    tolerance: float = 0.05  # of "tolerance": energy error over energy norm
    outside: str = "flag"  # what is done with what is unlike the training; or "refuse"
    keep_missed: str = ""  # "tenant/name": where functions are kept to learn from that finite elements had to answer

    @property
    def grid(self) -> tuple[int, ...]:
        """Empty where the points are scattered."""
        shape = np.shape(self.values)
        return () if self.positions is not None and len(shape) == 3 else tuple(shape[1:-1])

    def message(self) -> pb.PredictRequest:
        """Raises `ValueError` where the values have no channels or no points."""
        values = np.asarray(self.values, np.float32)
        if values.ndim < 3:
            raise ValueError(f"values have shape {values.shape}; they are (samples, *grid, channels)")
        grid = self.grid
        return pb.PredictRequest(
            operator=self.model,
            version=self.version,
            values=encode(flat(values)),
            positions=None if self.positions is None else encode(self.positions, "float32"),
            grid=encode(grid, "int64") if grid else None,
            uncertainty=self.uncertainty,
            level=self.level,
            band=self.band,
            verify=self.verify,
            steps=self.steps,
            tolerance=self.tolerance,
            outside=self.outside,
            keep_missed=self.keep_missed,
        )


class NeuralOperators:
    """`client.operators`. Every method raises `ValueError` for what cannot be sent and `FaradayError` for the rest."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub = neural_operator_pb2_grpc.NeuralOperatorServiceStub(connection.channel)

    def predict(
        self,
        values: npt.ArrayLike,
        *,
        positions: npt.ArrayLike | None = None,
        model: str = DARCY,
        version: int = 0,
        uncertainty: str = "own",
        level: float = 0.9,
        band: str = "pointwise",
        verify: str = "none",
        steps: int = 1,
        tolerance: float = 0.05,
        outside: str = "flag",
        keep_missed: str = "",
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
        traceparent: str | None = None,
    ) -> Prediction:
        """What an operator says of a batch of functions; the arguments are those of `Functions`."""
        asked = Functions(
            values,
            positions,
            model,
            version,
            uncertainty,
            level,
            band,
            verify,
            steps,
            tolerance,
            outside,
            keep_missed,
        )
        return self.answer(asked, Ask(timeout_s, request_id, validate_only, traceparent))

    def answer(self, asked: Functions, ask: Ask = Ask()) -> Prediction:  # noqa: B008 a frozen value
        """The answer to a question that is a value."""
        reply = self._connection.call(_SERVICE, "Predict", self._stub.Predict, asked.message(), ask)
        return prediction(reply, asked.grid)

    def predict_stream(
        self, questions: Iterable[Functions], *, timeout_s: float | None = None
    ) -> Iterator[Prediction | CallFailed]:
        """Yields an answer for each question, in their order, while later ones are answered; for one that fails, its
        error. The stream's own end is raised, and nothing is sent again."""
        asked: deque[Functions] = deque()

        def requests() -> Iterator[pb.PredictStreamRequest]:
            for question in questions:
                request = question.message()
                request.options.request_id = str(uuid.uuid4())
                asked.append(question)
                yield pb.PredictStreamRequest(request=request)

        rpc = self._stub.PredictStream
        for each in self._connection.stream(_SERVICE, "PredictStream", rpc, requests(), timeout_s):
            question = asked.popleft()
            yield from_status(each.error) if each.HasField("error") else prediction(each.response, question.grid)

    def train(
        self,
        *,
        publish: str = "",
        problem: str = "darcy",
        data: Samples | None = None,
        architecture: Mapping[str, object] | None = None,
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
        **recipe: Setting,
    ) -> Operation[Trained]:
        """Train an operator as a long-running operation: returns at once.

        `publish` is "tenant/name"; without, the result holds the operator. `data` are samples of your own, instead of
        those that finite elements make of the `problem`. `architecture` is {"type": "fno", "modes": [12, 12], …}.
        `recipe` has any other field of TrainRequest by its name: `samples=1000, divisions=42, epochs=60,
        clamped="all"`.
        """
        request = pb.TrainRequest(publish=publish, problem=problem if data is None else "own", **recipe)  # type: ignore[arg-type]
        if architecture is not None:
            request.architecture = json.dumps(architecture)
        if data is not None:
            data.write(request)
        ask = Ask(timeout_s, request_id, validate_only)
        message = self._connection.call(_SERVICE, "Train", self._stub.Train, request, ask)
        return Operation(Calls(self._connection), message, _trained)

    def learn(
        self,
        *,
        publish: str = "",
        strategy: str = "residual",
        architecture: Mapping[str, object] | None = None,
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
        **recipe: Setting,
    ) -> Operation[Learnt]:
        """Learn Darcy's problem actively as a long-running operation: returns at once. `recipe` has any other field of
        LearnRequest by its name: `rounds=4, labels=50, pool_samples=1000, epochs=40`."""
        request = pb.LearnRequest(publish=publish, strategy=strategy, **recipe)  # type: ignore[arg-type]
        if architecture is not None:
            request.architecture = json.dumps(architecture)
        ask = Ask(timeout_s, request_id, validate_only)
        message = self._connection.call(_SERVICE, "Learn", self._stub.Learn, request, ask)
        return Operation(Calls(self._connection), message, _learnt)

    def acquire(
        self,
        pool: npt.ArrayLike,
        budget: int,
        *,
        model: str = DARCY,
        version: int = 0,
        strategy: str = "lcmd",
        labelled: npt.ArrayLike | None = None,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> Array:
        """Places (budget,) in a pool (functions, *grid, channels) that a model would learn most from, the most wanted
        first; `labelled` are functions like these whose answers are known already."""
        values = np.asarray(pool, np.float32)
        grid = values.shape[1:-1]
        request = pb.AcquireRequest(
            operator=model,
            version=version,
            strategy=strategy,
            budget=budget,
            seed=seed,
            values=encode(flat(values)),
            grid=encode(grid, "int64"),
        )
        if labelled is not None:
            known = np.asarray(labelled, np.float32)
            request.labelled.CopyFrom(encode(flat(known)))
        reply = self._connection.call(_SERVICE, "Acquire", self._stub.Acquire, request, Ask(timeout_s))
        return decode(reply.chosen)

    def calibrate(
        self,
        model: str,
        *,
        version: int = 0,
        publish: str = "",
        channel: str = "none",
        canary_weight: float = 0.1,
        data: Samples | None = None,
        problem: str = "same",
        divisions: int = 0,
        samples: int = 100,
        seed: int = 1,
        timeout_s: float | None = None,
        request_id: str | None = None,
        validate_only: bool = False,
    ) -> Recalibrated:
        """Fit temperature and intervals of a model anew: on `data`, or on samples that finite elements make."""
        request = pb.CalibrateRequest(
            operator=model,
            version=version,
            publish=publish,
            channel=channel,
            canary_weight=canary_weight,
            problem=problem if data is None else "own",
            divisions=divisions,
            samples=samples,
            seed=seed,
        )
        if data is not None:
            data.write(request)
        ask = Ask(timeout_s, request_id, validate_only)
        return recalibrated(self._connection.call(_SERVICE, "Calibrate", self._stub.Calibrate, request, ask))

    def metrics(
        self,
        model: str = DARCY,
        *,
        version: int = 0,
        diagram: bool = False,
        data: Samples | None = None,
        problem: str = "same",
        divisions: int = 0,
        samples: int = 100,
        seed: int = 1,
        timeout_s: float | None = None,
    ) -> Metrics:
        """Measure a model on `data`, or on samples that finite elements make; on none that it was made of."""
        request = pb.GetMetricsRequest(
            operator=model,
            version=version,
            diagram=diagram,
            problem=problem if data is None else "own",
            divisions=divisions,
            samples=samples,
            seed=seed,
        )
        if data is not None:
            data.write(request)
        reply = self._connection.call(_SERVICE, "GetMetrics", self._stub.GetMetrics, request, Ask(timeout_s))
        return read_metrics(reply)

    def models(self, *, timeout_s: float | None = None) -> list[OperatorModel]:
        """Those of this tenant and those that come with the system, each with its stable version."""
        found: list[OperatorModel] = []
        token = ""
        while True:
            request = pb.ListModelsRequest(page_token=token)
            page = self._connection.call(_SERVICE, "ListModels", self._stub.ListModels, request, Ask(timeout_s))
            found += map(operator_model, page.models)
            token = page.next_page_token
            if not token:
                return found

    def model(self, name: str, *, timeout_s: float | None = None) -> OperatorModel:
        """One, with all its versions."""
        request = pb.GetModelRequest(name=name)
        reply = self._connection.call(_SERVICE, "GetModel", self._stub.GetModel, request, Ask(timeout_s))
        return operator_model(reply.model)

    def content(self, name: str, version: int, *, timeout_s: float | None = None) -> bytes:
        """The safetensors file of a version."""
        request = pb.GetModelRequest(name=name, content_version=version)
        reply = self._connection.call(_SERVICE, "GetModel", self._stub.GetModel, request, Ask(timeout_s))
        return bytes(reply.content)

    def publish(
        self,
        name: str,
        content: bytes = b"",
        *,
        version: int = 0,
        channel: str = "",
        canary_weight: float = 0.0,
        timeout_s: float | None = None,
        validate_only: bool = False,
    ) -> OperatorModel:
        """Publish a safetensors file as a version of "tenant/name", or name a `version` that is there.

        `channel`: "stable": from now on it answers; "canary": it answers in a part `canary_weight` of the cases; "":
        only who names it. The first version is stable at once.
        """
        request = pb.PublishModelRequest(
            name=name,
            content=content,
            version=version,
            channel=f"CHANNEL_{channel.upper() or 'UNSPECIFIED'}",
            canary_weight=canary_weight,
        )
        ask = Ask(timeout_s, validate_only=validate_only)
        reply = self._connection.call(_SERVICE, "PublishModel", self._stub.PublishModel, request, ask)
        return operator_model(reply.model)

    def candidates(self, name: str, *, timeout_s: float | None = None) -> Candidates:
        """What `predict` was asked to keep in a collection (`keep_missed`); `timeout_s` is of each page."""
        found: list[Candidate] = []
        token = ""
        while True:
            request = pb.GetCandidatesRequest(name=name, page_token=token)
            page = self._connection.call(_SERVICE, "GetCandidates", self._stub.GetCandidates, request, Ask(timeout_s))
            found += map(candidate, page.candidates)
            token = page.next_page_token
            if not token:
                return Candidates(tuple(found))

    def delete_candidates(self, name: str, *, timeout_s: float | None = None) -> int:
        """Delete all of a collection: how many there were."""
        request = pb.DeleteCandidatesRequest(name=name)
        rpc = self._stub.DeleteCandidates
        reply = self._connection.call(_SERVICE, "DeleteCandidates", rpc, request, Ask(timeout_s))
        return int(reply.deleted_count)


def _trained(response: AnyMessage) -> Trained:
    found = pb.TrainResponse()
    if not response.Unpack(found):
        raise MalformedReply(f"the operation has a response of type {response.type_url}")
    return trained(found)


def _learnt(response: AnyMessage) -> Learnt:
    found = pb.LearnResponse()
    if not response.Unpack(found):
        raise MalformedReply(f"the operation has a response of type {response.type_url}")
    return learnt(found)
