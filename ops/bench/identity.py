"""The call that the router bench makes: Open Inference Protocol ModelInfer of the model `identity`."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from tritonclient import grpc as triton
from tritonclient.grpc import service_pb2 as pb
from tritonclient.utils import InferenceServerException

from ops.bench.contract import BenchFailed
from ops.bench.load import Address

MODEL = "identity"
TENSOR = "data"
_CALL_S = 20.0
_RETRY_S = 0.2
_RNG_SEED = 7


def message(size: int) -> bytes:
    """A request with `size` bytes of tensor. Random, so that nothing on the way can compress it."""
    request = pb.ModelInferRequest(model_name=MODEL)
    request.inputs.add(name=TENSOR, datatype="UINT8", shape=[size])
    request.raw_input_contents.append(np.random.default_rng(_RNG_SEED).bytes(size))
    encoded: bytes = request.SerializeToString()
    return encoded


def wait_until_answered(address: Address, timeout_s: float, check: Callable[[], None]) -> None:
    """Returns once a call is answered. `check` is asked between the attempts and may raise; BenchFailed in the end."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            return verify(address, sizes=(16,))
        except InferenceServerException as error:
            if time.monotonic() > end:
                raise BenchFailed(f"no answer after {timeout_s:g} s: {error}") from error
        check()
        time.sleep(_RETRY_S)


def verify(address: Address, sizes: tuple[int, ...]) -> None:
    """Make real calls with tritonclient. Raises its exception for a status, BenchFailed for a wrong answer."""
    headers = {"authorization": f"Bearer {address.token}"} if address.token else None
    with triton.InferenceServerClient(f"127.0.0.1:{address.port}") as client:
        for size in sizes:
            sent = np.random.default_rng(size).integers(0, 256, size, np.uint8)
            given = triton.InferInput(TENSOR, [size], "UINT8")
            given.set_data_from_numpy(sent)
            result = client.infer(MODEL, [given], headers=headers, client_timeout=_CALL_S)
            if not np.array_equal(result.as_numpy(TENSOR), sent):
                raise BenchFailed(f"an answer of {size} bytes is not what was sent")
