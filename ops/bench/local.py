"""A router worker and one replica of each model without Ray, which is in no request's path: as a program.

    python -m ops.bench.local STATE_FOLDER PORT [MODEL]

The worker is the one that `faraday up` starts, with token, rate limit and metrics on, and finds the replicas, which
live in this process, by the endpoint table. The identity is always there. What `faraday up` tells of itself is in the
state folder once it is ready.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cluster.batcher import Batcher, Run
from cluster.dispatch import Endpoint, Table
from cluster.plane.frames import Begin, Infer
from cluster.plane.server import PlaneServer
from models.catalog import CATALOG
from models.identity import SPEC
from ops import cluster_options, up
from ops.settings_sources import load
from ops.state import StateFolder, write_private
from router.call import Principal, Role
from router.minting import mint, read_signing_key
from router.rate_table import create_rate_table

_NODE = "local"
_TOKEN_S = 3600.0


async def serve(folder: Path, port: int, models: Sequence[str]) -> None:
    """Until SIGTERM."""
    settings = load(None, {"FARADAY_STATE_DIR": str(folder), "FARADAY_SERVER__WORKERS": "1"} | _UNLIMITED)
    state = StateFolder(folder)
    up.prepare(settings, state)
    create_rate_table(state.rate_table, os.urandom)
    artefacts = cluster_options.artefacts(settings, state)
    endpoints: dict[str, tuple[Endpoint, ...]] = {}
    for spec in (SPEC, *(CATALOG[model] for model in models)):
        model = spec.load("cpu", artefacts)
        spec.warm_up(model)
        server = PlaneServer(spec, Batcher(model, spec.max_batch, spec.quick), _unobserved)
        unix = folder / f"{spec.name}.sock"
        await server.listen_unix(unix)
        endpoints[spec.name] = (Endpoint(spec.name, _NODE, str(unix)),)
    Table(_NODE, endpoints).write(state.table)
    reading, writing = os.pipe()
    arguments = ("--state", str(folder), "--index", "0", "--port", str(port), "--ready-fd", str(writing))
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.worker", *arguments, pass_fds=(writing,), env=dict(os.environ)
    )
    os.close(writing)
    said = await asyncio.to_thread(os.read, reading, 4096)
    if said != b"ready":
        raise SystemExit(f"the router worker says {said!r}")
    key = read_signing_key(state.signing_key)
    principal = Principal("local", "local", frozenset({Role.ADMIN}))
    token = mint(key, principal, settings.auth.issuer, settings.auth.audience, time.time(), _TOKEN_S)
    write_private(state.token, token)
    described = {"endpoint": f"127.0.0.1:{port}", "token_file": str(state.token), "ca_file": None}
    write_private(state.client, json.dumps(described))
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    worker.terminate()
    await worker.wait()


_UNLIMITED = {"FARADAY_RATE__PER_SECOND": "1000000", "FARADAY_RATE__BURST": "1000000"}


def _unobserved(asked: Infer | Begin, run: Run, ended: float) -> None:
    pass


if __name__ == "__main__":
    import uvloop  # as replicas have it

    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
