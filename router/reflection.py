"""gRPC server reflection, in both versions that clients ask for: their messages have the same bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha._async import ReflectionServicer

from router.codec.common import parse
from router.rpcs import Messages, Rpc, Stream

SERVICES = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")


def rpcs(services: Iterable[str]) -> list[Rpc]:
    """Reflection on these services; the descriptors are public, so anybody may read them."""
    servicer = ReflectionServicer([*services, SERVICES[1]])

    async def answer(messages: Messages) -> AsyncGenerator[bytes, None]:
        requests = (parse(pb.ServerReflectionRequest, body) async for _, body in messages)
        async for response in servicer.ServerReflectionInfo(requests, None):
            yield response.SerializeToString()

    return [Stream(f"/{service}/ServerReflectionInfo", None, answer) for service in SERVICES]
