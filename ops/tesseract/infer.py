"""The gateway's one question to the router, and its answer: ModelInfer of the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tritonclient.grpc import service_pb2 as pb

from models.base import Array, Scalar
from models.schema import Flat
from router.codec import raw_contents
from router.codec.open_inference import REQUEST_ID, describe_tensors, parameter, read_tensors, write_parameters

INFER = "/inference.GRPCInferenceService/ModelInfer"
METADATA = "/inference.GRPCInferenceService/ModelMetadata"
READY = "/inference.GRPCInferenceService/ModelReady"
_OURS = "faraday."


@dataclass(frozen=True)
class Answer:
    """Its outputs, and its evidence by the names of the parameters that bear it."""

    scalars: dict[str, Scalar]
    arrays: dict[str, Array]
    evidence: dict[str, Scalar]


def request(model: str, inputs: Flat, request_id: str, wanted: Collection[str] = ()) -> bytes:
    """`wanted` are the outputs to send back; all of them where it is empty."""
    scalars, arrays = inputs
    message = pb.ModelInferRequest(model_name=model)
    describe_tensors(arrays, message.inputs)
    write_parameters(scalars, message.parameters)
    if request_id:
        message.parameters[REQUEST_ID].string_param = request_id
    for name in wanted:
        message.outputs.add(name=name)
    return raw_contents.joined(message.SerializeToString(), raw_contents.REQUEST, arrays.values())


def answer(body: bytes) -> Answer:
    response = pb.ModelInferResponse.FromString(body)
    said = {name: parameter(value, name) for name, value in response.parameters.items()}
    return Answer(
        scalars={name: value for name, value in said.items() if not name.startswith(_OURS)},
        arrays=read_tensors(response.outputs, response.raw_output_contents, "outputs", "raw_output_contents"),
        evidence={name: value for name, value in said.items() if name.startswith(_OURS)},
    )


def about(model: str) -> bytes:
    """What ModelMetadata and ModelReady take."""
    message: bytes = pb.ModelMetadataRequest(name=model).SerializeToString()
    return message


def is_ready(body: bytes) -> bool:
    ready: bool = pb.ModelReadyResponse.FromString(body).ready
    return ready
