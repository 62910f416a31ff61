"""`faraday demo`: an installation of its own, one real call to every service, the answers and their evidence."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton

from faraday.client import Client, Diffusion, Inverse, unit_square
from models.operators.private import task as private_operator
from models.surrogate import task as surrogate
from ops import up as installation
from ops.settings import Dataset, Settings
from ops.state import StateFolder
from router.call import Principal, Role
from router.minting import mint, read_signing_key
from router.pricing import owner_of

Say = Callable[[str], None]
_BUDGET = Dataset(unit="client", epsilon=4.0, delta=1e-6)
_BUDGETS = {surrogate.DATASET: _BUDGET, private_operator.DATASET: _BUDGET}


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
                "privacy": settings.privacy.model_copy(update={"datasets": _BUDGETS}),
            }
        )
        state = StateFolder(root)
        began = time.monotonic()
        status = installation.up(own, state, progress)
        try:
            say(f"a Ray cluster with the router in front is ready after {time.monotonic() - began:.1f} s\n")
            with Client.local(root) as client:
                _solve(client, say)
                _identify(client, say)
                _predict(client, say)
            _infer(status.endpoint, state.token.read_text(), say)
            _private(own, state, status.endpoint, say)
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


def _identify(client: Client, say: Say) -> None:
    """Measured values of a solution whose conductivity is known, so that what is found can be held against it."""
    say("FiniteElementService.Optimize, a long-running operation: which conductivity explains what was measured?")
    mesh = unit_square(16)
    true = np.where(mesh.centroids[:, 0] < 0.5, 1.0, 5.0)
    left = (lambda x, y: x == 0, 0.0)
    measured = client.fem.solve(mesh, conductivity=true, source=1.0, dirichlet=left)
    points = np.arange(20, len(measured.points), 7)
    patches = (true > 1.0).astype(np.int64)
    prior = Diffusion(mesh, source=1.0, dirichlet=left)
    operation = client.fem.optimize(Inverse(prior, points, measured.values[points], 1e-4, patches))
    for progress in operation.watch():
        say(f"  {progress}")
    found = operation.result()
    off = np.abs(found.conductivity / true - 1).max()
    say(f"  two unknown conductivities, 1 and 5: found to {off:.1e}")
    say(f"      evidence: {found.evidence}")
    say("")


def _predict(client: Client, say: Say) -> None:
    """A permeability that the operator has not seen, with intervals; and the same held to a tolerance."""
    say("NeuralOperatorService.Predict: the pressure of Darcy flow through two phases, by an operator that learnt it")
    axis = np.linspace(0.0, 1.0, 43)
    waves = np.sin(7 * axis)[:, None] + np.cos(5 * axis)[None, :]
    permeability = np.where(waves >= 0, 12.0, 3.0)[None, ..., None]
    said = client.operators.predict(permeability)
    at = np.unravel_index(said.mean.argmax(), said.mean.shape)
    between = f"{said.low[at]:.4f} to {said.high[at]:.4f}"
    say(f"  largest pressure {said.mean[at]:.4f}, interval {between}; {said.samples[0]}")
    say(f"      evidence: {said.evidence}")
    for tolerance in (0.2, 0.05):
        held = client.operators.predict(permeability, verify="tolerance", tolerance=tolerance)
        say(f"  within {tolerance:.0%}? {held.samples[0]}")
    say("")


def _infer(endpoint: str, token: str, say: Say) -> None:
    say("GRPCInferenceService.ModelInfer, by an unmodified tritonclient: the identity model, which sleeps until asked")
    given = np.arange(8, dtype=np.uint8)
    tensor = triton.InferInput("data", given.shape, "UINT8")
    tensor.set_data_from_numpy(given)
    began = time.monotonic()
    answer = _asked(endpoint, token, "identity", tensor)
    took_s = time.monotonic() - began
    say(f"  sent {given.tolist()}, got {answer.as_numpy('data').tolist()} in {took_s:.2f} s, waking included")
    say(f"      evidence: {_evidence(answer)}")
    say("")


def _private(settings: Settings, state: StateFolder, endpoint: str, say: Say) -> None:
    """Answers from clients' records, paid for out of budgets, and what these say afterwards."""
    say("The same, from records that are private (synthetic ones here): a plate's field, as other clients measured it")
    principal = Principal("demo", owner_of(surrogate.DATASET), frozenset({Role.ANALYST}))
    key = read_signing_key(settings.auth.eddsa_private_key_file or state.signing_key)
    token = mint(key, principal, settings.auth.issuer, settings.auth.audience, time.time(), 300.0)
    tensor = triton.InferInput("conductivity", (2, 2), "FP64")
    tensor.set_data_from_numpy(np.array([[1.0, 2.0], [0.5, 1.0]]))
    answer = _asked(endpoint, token, surrogate.SPEC.name, tensor)
    say(f"  u at nine sensors: {np.round(answer.as_numpy('u'), 3).tolist()}")
    say(f"      evidence: {_evidence(answer)}")
    say("And a public neural operator, corrected by what clients measured since their ground has clogged")
    task = private_operator.example()
    ground = triton.InferInput("permeability", task.permeability.shape, "FP32")
    ground.set_data_from_numpy(task.permeability)
    answer = _asked(endpoint, token, private_operator.SPEC.name, ground)
    public, mean, noise = (answer.as_numpy(name).max() for name in ("public", "mean", "noise_deviation"))
    say(f"  largest pressure {public:.4f} without their records, {mean:.4f} with them; noise {noise:.4f}")
    say(f"      evidence: {_evidence(answer)}")
    with Client(endpoint, token=token) as client:
        for dataset in _BUDGETS:
            say(f"PrivacyService.GetBudget: {client.privacy.budget(dataset)}")
    say("")


def _asked(endpoint: str, token: str, model: str, tensor: triton.InferInput) -> triton.InferResult:
    client = triton.InferenceServerClient(endpoint)
    try:
        return client.infer(model, [tensor], headers={"authorization": f"Bearer {token}"})
    finally:
        client.close()


def _evidence(answer: triton.InferResult) -> str:
    said = {
        name.removeprefix("faraday."): getattr(value, value.WhichOneof("parameter_choice"))
        for name, value in answer.get_response().parameters.items()
        if name.startswith("faraday.")
    }
    return ", ".join(f"{name} {value}" for name, value in said.items() if value not in ("", False))
