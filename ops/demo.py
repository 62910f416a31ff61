"""`faraday demo`: an installation of its own, one real call to every service, the answers and their evidence."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton

from faraday.client import Client, unit_square
from ops import up as installation
from ops.settings import Settings
from ops.state import StateFolder

Say = Callable[[str], None]


def run(settings: Settings, say: Say, progress: Say) -> None:
    """In a state folder that is thrown away, on ports that are free. Raises what the calls raise."""
    with tempfile.TemporaryDirectory(prefix="faraday-demo-") as folder:
        root = Path(folder)
        own = settings.model_copy(
            update={
                "state_dir": root,
                "server": settings.server.model_copy(update={"port": 0}),
                "metrics": settings.metrics.model_copy(update={"port": 0}),
                "ray": settings.ray.model_copy(update={"dashboard": False}),
            }
        )
        state = StateFolder(root)
        began = time.monotonic()
        status = installation.up(own, state, progress)
        try:
            say(f"a Ray cluster with the router in front is ready after {time.monotonic() - began:.1f} s\n")
            with Client.local(root) as client:
                _solve(client, say)
            _infer(status.endpoint, state.token.read_text(), say)
        finally:
            installation.down(state)
    say("stopped; nothing is left running")


def _solve(client: Client, say: Say) -> None:
    """−Δu = f with the solution known, so that the bound can be held against the true error."""
    say("FiniteElementService.Solve: −∇·(k ∇u) = f on the unit square, u = sin πx sin πy")
    for degree, n in ((1, 32), (2, 32)):
        field = client.fem.solve(
            unit_square(n),
            source=lambda x, y: 2 * np.pi**2 * np.sin(np.pi * x) * np.sin(np.pi * y),
            dirichlet=0.0,
            degree=degree,
        )
        x, y = field.points.T
        off = np.abs(field.values - np.sin(np.pi * x) * np.sin(np.pi * y)).max()
        say(f"  P{degree}, {len(field.values)} points: largest difference at a point {off:.1e}")
        say(f"      evidence: {field.evidence}")
    say("")


def _infer(endpoint: str, token: str, say: Say) -> None:
    say("GRPCInferenceService.ModelInfer, by an unmodified tritonclient: the identity model, which sleeps until asked")
    given = np.arange(8, dtype=np.uint8)
    tensor = triton.InferInput("data", given.shape, "UINT8")
    tensor.set_data_from_numpy(given)
    client = triton.InferenceServerClient(endpoint)
    try:
        began = time.monotonic()
        answer = client.infer("identity", [tensor], headers={"authorization": f"Bearer {token}"})
        took_s = time.monotonic() - began
    finally:
        client.close()
    evidence = {
        name.removeprefix("faraday."): getattr(value, value.WhichOneof("parameter_choice"))
        for name, value in answer.get_response().parameters.items()
        if name.startswith("faraday.") and getattr(value, value.WhichOneof("parameter_choice")) not in ("", False)
    }
    say(f"  sent {given.tolist()}, got {answer.as_numpy('data').tolist()} in {took_s:.2f} s, waking included")
    say("      evidence: " + ", ".join(f"{name} {value}" for name, value in evidence.items()))
    say("")
