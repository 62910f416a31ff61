"""faraday.v1.FiniteElementService: its methods, and who may call them."""

from __future__ import annotations

from router.call import Caller, Role
from router.codec.finite_element import SolveCodec
from router.pipeline import Pipeline
from router.rpcs import Rpc, Unary

SERVICE = "faraday.v1.FiniteElementService"


def rpcs(pipeline: Pipeline) -> list[Rpc]:
    codec = SolveCodec()

    async def solve(caller: Caller, body: bytes) -> bytes:
        return await pipeline.answer(caller, body, codec)

    return [Unary(f"/{SERVICE}/Solve", Role.ANALYST, solve)]
