"""A peer: the identity as one Ray Serve replica behind Serve's own gRPC ingress; the environment chooses which ingress.

python ray_serve.py GRPC_PORT HTTP_PORT TEMP_DIR
"""

from __future__ import annotations

import importlib
import sys
import threading
from typing import Any

import ray
from ray import serve
from ray.serve.config import HTTPOptions, gRPCOptions
from ray.serve.schema import LoggingConfig
from tritonclient.grpc import service_pb2 as pb

# Serve writes a line of log for every request unless told not to; without it the peer is faster.
QUIET = LoggingConfig(enable_access_log=False)


# Serve lets 5 requests at once into a replica unless told otherwise; its guide says to raise that for async code.
@serve.deployment(num_replicas=1, max_ongoing_requests=1024, ray_actor_options={"num_cpus": 0.1}, logging_config=QUIET)
class Identity:
    def __init__(self) -> None:
        importlib.import_module("triton_servicer")

    async def ModelInfer(self, request: Any) -> Any:
        response = pb.ModelInferResponse(model_name=request.model_name, id=request.id)
        for given in request.inputs:
            response.outputs.add(name=given.name, datatype=given.datatype, shape=given.shape)
        response.raw_output_contents.extend(request.raw_input_contents)
        return response


def main(grpc_port: int, http_port: int, temp_dir: str) -> None:
    ray.init(address="local", include_dashboard=False, log_to_driver=False, _temp_dir=temp_dir)
    servicer = "triton_servicer.add_GRPCInferenceServiceServicer_to_server"
    serve.start(
        http_options=HTTPOptions(host="127.0.0.1", port=http_port),
        grpc_options=gRPCOptions(port=grpc_port, grpc_servicer_functions=[servicer]),
        logging_config=QUIET,
    )
    serve.run(
        Identity.bind(),  # type: ignore[attr-defined]  # the decorator's type leaves it out
        name="identity",
        route_prefix="/identity",
    )
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
