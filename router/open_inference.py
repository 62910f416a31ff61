"""inference.GRPCInferenceService: every served model, for any client of the Open Inference Protocol.

Its messages are tritonclient's own: a second copy of package `inference` cannot live in one process.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Protocol

import numpy as np
from tritonclient.grpc import model_config_pb2 as config
from tritonclient.grpc import service_pb2 as pb

from models import schema
from models.base import Refusal, Spec, TensorField
from router.call import Caller, Role
from router.codec.common import parse
from router.codec.open_inference import NAMES, InferCodec, known_model
from router.errors import Rejection
from router.in_order import in_order
from router.pipeline import Pipeline
from router.rpcs import Messages, Rpc, Stream, Unary
from router.statistics import Statistics

SERVICE = "inference.GRPCInferenceService"
_STREAM_WINDOW = 16  # requests of one stream that are under way at once; answers keep their order
_NS = 1e9


class Upstream(Protocol):
    """The external server that answers for a model."""

    async def ready(self) -> bool: ...


class OpenInference:
    def __init__(
        self,
        specs: Mapping[str, Spec],
        pipeline: Pipeline,
        codec: InferCodec,
        statistics: Statistics,
        upstreams: Mapping[str, Upstream],
        serving: Callable[[], bool],
        version: str,
    ) -> None:
        """`serving` tells whether the router takes calls: what ServerReady says."""
        self._specs = specs
        self._pipeline = pipeline
        self._codec = codec
        self._statistics = statistics
        self._upstreams = upstreams
        self._serving = serving
        self._version = version

    def rpcs(self) -> list[Rpc]:
        def unary(name: str, role: Role | None, answer: Callable[[Caller, bytes], Awaitable[bytes]]) -> Rpc:
            return Unary(f"/{SERVICE}/{name}", role, answer)

        return [
            unary("ServerLive", None, self._live),
            unary("ServerReady", None, self._ready),
            unary("ServerMetadata", Role.ANALYST, self._server_metadata),
            unary("ModelReady", Role.ANALYST, self._model_ready),
            unary("ModelMetadata", Role.ANALYST, self._model_metadata),
            unary("ModelConfig", Role.ANALYST, self._model_config),
            unary("ModelStatistics", Role.ANALYST, self._model_statistics),
            unary("RepositoryIndex", Role.ANALYST, self._repository_index),
            unary("ModelInfer", Role.ANALYST, self._infer),
            Stream(f"/{SERVICE}/ModelStreamInfer", Role.ANALYST, self._stream_infer),
        ]

    async def _live(self, caller: Caller, body: bytes) -> bytes:
        return _bytes(pb.ServerLiveResponse(live=True))

    async def _ready(self, caller: Caller, body: bytes) -> bytes:
        return _bytes(pb.ServerReadyResponse(ready=self._serving()))

    async def _server_metadata(self, caller: Caller, body: bytes) -> bytes:
        extensions = ["model_configuration", "statistics", "model_repository(index)"]
        return _bytes(pb.ServerMetadataResponse(name="faraday", version=self._version, extensions=extensions))

    async def _model_ready(self, caller: Caller, body: bytes) -> bytes:
        """A model that sleeps is ready: the first request wakes it."""
        request = parse(pb.ModelReadyRequest, body)
        spec = known_model(self._specs, request.name, request.version)
        upstream = self._upstreams.get(spec.name)
        return _bytes(pb.ModelReadyResponse(ready=upstream is None or await upstream.ready()))

    async def _model_metadata(self, caller: Caller, body: bytes) -> bytes:
        request = parse(pb.ModelMetadataRequest, body)
        spec = known_model(self._specs, request.name, request.version)
        metadata = pb.ModelMetadataResponse(name=spec.name, versions=[spec.version], platform="faraday")
        for side, declared in ((metadata.inputs, spec.task), (metadata.outputs, spec.result)):
            for name, field in schema.tensors(declared).items():
                side.add(name=name, datatype=_datatype(field), shape=_dimensions(field))
        return _bytes(metadata)

    async def _model_config(self, caller: Caller, body: bytes) -> bytes:
        request = parse(pb.ModelConfigRequest, body)
        spec = known_model(self._specs, request.name, request.version)
        described = config.ModelConfig(name=spec.name, platform="faraday", backend="faraday", max_batch_size=0)
        for name, field in schema.tensors(spec.task).items():
            kind = config.DataType.Value(f"TYPE_{_datatype(field)}")
            described.input.add(name=name, data_type=kind, dims=_dimensions(field), optional=field.optional)
        for name, field in schema.tensors(spec.result).items():
            kind = config.DataType.Value(f"TYPE_{_datatype(field)}")
            described.output.add(name=name, data_type=kind, dims=_dimensions(field))
        for scalar, declared in schema.scalars(spec.task).items():
            described.parameters[scalar].string_value = str(declared.default)
        return _bytes(pb.ModelConfigResponse(config=described))

    async def _model_statistics(self, caller: Caller, body: bytes) -> bytes:
        request = parse(pb.ModelStatisticsRequest, body)
        names = [known_model(self._specs, request.name, request.version).name] if request.name else list(self._specs)
        return _bytes(pb.ModelStatisticsResponse(model_stats=[self._statistics_of(name) for name in names]))

    def _statistics_of(self, name: str) -> Any:
        counted = self._statistics.of(name)
        inferences = counted.succeeded
        stats = pb.ModelStatistics(
            name=name,
            version=self._specs[name].version,
            last_inference=int(counted.last_unix_s * 1000),
            inference_count=inferences,
            execution_count=round(counted.batches),
        )
        for field, count, seconds in (
            ("success", inferences, counted.succeeded_s),
            ("fail", counted.failed, counted.failed_s),
            ("queue", inferences, counted.queue_s),
            ("compute_infer", inferences, counted.run_s),
        ):
            duration = getattr(stats.inference_stats, field)
            duration.count = count
            duration.ns = int(seconds * _NS)
        return stats

    async def _repository_index(self, caller: Caller, body: bytes) -> bytes:
        index = pb.RepositoryIndexResponse()
        for spec in self._specs.values():
            index.models.add(name=spec.name, version=spec.version, state="READY")
        return _bytes(index)

    async def _infer(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, self._codec)

    def _stream_infer(self, messages: Messages) -> AsyncGenerator[bytes, None]:
        return in_order(messages, self._stream_item, _STREAM_WINDOW)

    async def _stream_item(self, message: tuple[Caller, bytes]) -> bytes:
        """A request that fails does not end the stream."""
        caller, body = message
        try:
            inferred = pb.ModelInferResponse.FromString(await self._infer(caller, body))
        except (Rejection, Refusal) as error:
            return _bytes(pb.ModelStreamInferResponse(error_message=f"{error.reason}: {error}"))
        return _bytes(pb.ModelStreamInferResponse(infer_response=inferred))


def _bytes(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded


def _datatype(field: TensorField) -> str:
    return NAMES[np.dtype(field.dtype)]


def _dimensions(field: TensorField) -> list[int]:
    """-1 for every size that is not fixed, or not the same in all allowed shapes."""
    shapes = (field.shape, *field.alternatives)
    return [
        sizes[0] if isinstance(sizes[0], int) and len(set(sizes)) == 1 else -1 for sizes in zip(*shapes, strict=True)
    ]
