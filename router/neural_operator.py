"""faraday.v1.NeuralOperatorService: its methods, and who may call them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

from faraday.v1 import neural_operator_pb2 as pb
from models.base import Refusal
from models.operators.acquisition import task as acquire_task
from models.operators.evaluation import calibrate_task, metrics_task
from models.operators.learning import task as learn_task
from models.operators.training import task as train_task
from router import status
from router.call import Caller, Role
from router.candidates import Candidates
from router.codec.contract import OperationCodec
from router.codec.named import NamedCodec
from router.codec.neural_operator.predict import PredictCodec, PredictStreamCodec, failed
from router.errors import Rejection
from router.in_order import in_order
from router.operations.starting import Starter
from router.operator_registry import OperatorRegistry
from router.pipeline import Pipeline
from router.rpcs import Messages, Rpc, Stream, Unary

SERVICE = "faraday.v1.NeuralOperatorService"
TRAIN = NamedCodec(train_task.SPEC, pb.TrainRequest, pb.TrainResponse)
LEARN = NamedCodec(learn_task.SPEC, pb.LearnRequest, pb.LearnResponse)
ACQUIRE = NamedCodec(acquire_task.SPEC, pb.AcquireRequest, pb.AcquireResponse)
CALIBRATE = NamedCodec(calibrate_task.SPEC, pb.CalibrateRequest, pb.CalibrateResponse)
METRICS = NamedCodec(metrics_task.SPEC, pb.GetMetricsRequest, pb.GetMetricsResponse)
_STREAM_WINDOW = 16  # requests of one stream that are under way at once; answers keep their order


class NeuralOperatorService:
    def __init__(
        self, pipeline: Pipeline, registry: OperatorRegistry, starter: Starter, candidates: Candidates
    ) -> None:
        self._pipeline = pipeline
        self._registry = registry
        self._starter = starter
        self._candidates = candidates
        self._predict_codec = PredictCodec()
        self._stream_codec = PredictStreamCodec()

    def rpcs(self) -> list[Rpc]:
        def unary(name: str, answer: Callable[[Caller, bytes], Awaitable[bytes]]) -> Rpc:
            return Unary(f"/{SERVICE}/{name}", Role.ANALYST, answer)

        return [
            unary("Predict", self._predict),
            Stream(f"/{SERVICE}/PredictStream", Role.ANALYST, self._predict_stream),
            unary("Train", self._train),
            unary("Calibrate", self._calibrate),
            unary("GetMetrics", self._get_metrics),
            unary("Acquire", self._acquire),
            unary("Learn", self._learn),
            unary("ListModels", self._registry.list),
            unary("GetModel", self._registry.get),
            unary("PublishModel", self._registry.publish),
            unary("GetCandidates", self._candidates.get),
            unary("DeleteCandidates", self._candidates.delete),
        ]

    async def _predict(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, self._predict_codec)

    async def _train(self, caller: Caller, body: bytes) -> bytes:
        return await self._starter.start(caller, body, TRAIN)

    async def _calibrate(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, CALIBRATE)

    async def _get_metrics(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, METRICS)

    async def _acquire(self, caller: Caller, body: bytes) -> bytes:
        return await self._pipeline.answer(caller, body, ACQUIRE)

    async def _learn(self, caller: Caller, body: bytes) -> bytes:
        return await self._starter.start(caller, body, LEARN)

    def _predict_stream(self, messages: Messages) -> AsyncGenerator[bytes, None]:
        return in_order(messages, self._predict_one, _STREAM_WINDOW)

    async def _predict_one(self, message: tuple[Caller, bytes]) -> bytes:
        """As one of FiniteElementService.SolveBatch: a request that fails does not end the stream."""
        caller, body = message
        try:
            return await self._pipeline.answer(caller, body, self._stream_codec)
        except (Rejection, Refusal) as error:
            return failed(status.status_of(error, ""))


def operations() -> Mapping[str, OperationCodec]:
    """The methods that start operations, each with what takes one up again."""
    return {f"/{SERVICE}/Train": TRAIN, f"/{SERVICE}/Learn": LEARN}
