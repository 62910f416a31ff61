"""tritonclient's servicer for Ray Serve, whose proxy pickles requests on their way to a replica.

The classes of tritonclient's stubs name a module that cannot be imported, `grpc_service_pb2`, so they cannot be pickled
until it can. Both the proxy and the replica import this.
"""

from __future__ import annotations

import sys

from tritonclient.grpc import service_pb2
from tritonclient.grpc.service_pb2_grpc import add_GRPCInferenceServiceServicer_to_server

__all__ = ["add_GRPCInferenceServiceServicer_to_server"]

sys.modules.setdefault("grpc_service_pb2", service_pb2)
