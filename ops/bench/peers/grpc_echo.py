"""A peer: the bare grpc.aio server that one would write by hand, of generated stubs, in one process.

python grpc_echo.py PORT
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc.aio
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Identity(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]  # tritonclient ships no types
    async def ModelInfer(self, request: Any, context: Any) -> Any:
        response = pb.ModelInferResponse(model_name=request.model_name, id=request.id)
        for given in request.inputs:
            response.outputs.add(name=given.name, datatype=given.datatype, shape=given.shape)
        response.raw_output_contents.extend(request.raw_input_contents)
        return response


async def serve(port: int) -> None:
    server = grpc.aio.server(options=UNLIMITED)
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Identity(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
