"""The generator where h2load is missing: grpc.aio in a process of its own.

It takes about as much CPU as a bare server, so on few cores it makes every figure smaller, a fast server's most.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import grpc
import grpc.aio

from ops.bench import h2load
from ops.bench.contract import BenchFailed
from ops.bench.load import METHOD, Address, Load, Measured, measured

_GRACE_S = 60.0


class GrpcLoad:
    note = f"generator: grpc.aio, since h2load is not installed; {h2load.INSTALL}"

    def run(self, address: Address, load: Load) -> Measured:
        with tempfile.NamedTemporaryFile(prefix="bench-") as body:
            Path(body.name).write_bytes(load.message)
            order = {
                "port": address.port,
                "token": address.token,
                "body": body.name,
                "reply_bytes": load.reply_bytes,
                "connections": load.connections,
                "streams": load.streams,
                "seconds": load.seconds,
            }
            done = subprocess.run(
                [sys.executable, "-m", "ops.bench.grpc_load"],
                input=json.dumps(order),
                capture_output=True,
                text=True,
                timeout=load.seconds + _GRACE_S,
            )
        if done.returncode != 0:
            raise BenchFailed(f"the generator ended with {done.returncode}: {done.stderr[-2000:]}")
        return Measured(**json.loads(done.stdout))


async def put(address: Address, load: Load) -> Measured:
    """Put the load on the server from this process. Raises BenchFailed, also for a call that failed."""
    metadata = [("authorization", f"Bearer {address.token}")] if address.token else []
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    channels = [
        grpc.aio.insecure_channel(f"127.0.0.1:{address.port}", options=options) for _ in range(load.connections)
    ]
    latencies_ms: list[float] = []
    for channel in channels:
        await asyncio.wait_for(channel.channel_ready(), _GRACE_S)
    began = time.perf_counter()

    async def stream(channel: grpc.aio.Channel) -> None:
        call = channel.unary_unary(METHOD)  # bytes in, bytes out
        while (start := time.perf_counter()) - began < load.seconds:
            reply = await call(load.message, metadata=metadata, timeout=_GRACE_S)
            latencies_ms.append((time.perf_counter() - start) * 1e3)
            if len(reply) < load.reply_bytes:
                raise BenchFailed(f"an answer has {len(reply)} bytes instead of {load.reply_bytes} or more")

    try:
        async with asyncio.TaskGroup() as group:
            for channel in channels:
                for _ in range(load.streams):
                    group.create_task(stream(channel))
        seconds = time.perf_counter() - began
    finally:
        for channel in channels:
            await channel.close()
    return measured(len(latencies_ms), seconds, latencies_ms)


def main() -> None:
    order = json.load(sys.stdin)
    address = Address(order.pop("port"), order.pop("token"))
    load = Load(message=Path(order.pop("body")).read_bytes(), **order)
    json.dump(asdict(asyncio.run(put(address, load))), sys.stdout)


if __name__ == "__main__":
    main()
