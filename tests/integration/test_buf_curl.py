"""A client that knows nothing of us: `buf curl`, with our .proto files or by reflection, plaintext HTTP/2."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from tests.support.installation import Installation

pytestmark = pytest.mark.cluster

BUF = str(Path(sys.executable).with_name("buf"))
PROTOS = Path(__file__).parents[2] / "protos"
SOLVE = "faraday.v1.FiniteElementService/Solve"


def curl(
    faraday: Installation, method: str, request: dict[str, Any], *options: str, token: str | None = None
) -> subprocess.CompletedProcess[str]:
    identity = () if token is None else ("-H", f"authorization: Bearer {token}")
    return subprocess.run(
        [
            *(BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *identity, *options),
            *("--data", json.dumps(request), f"http://{faraday.endpoint}/{method}"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def tensor(dtype: str, numbers: Any) -> dict[str, Any]:
    array = np.asarray(numbers, dtype)
    return {
        "dtype": f"D_TYPE_{dtype.upper()}",
        "shape": list(array.shape),
        "data": base64.b64encode(array.tobytes()).decode(),
    }


def status_of(done: subprocess.CompletedProcess[str]) -> tuple[str, list[Any]]:
    """The code and the details of a call that failed."""
    status = json.loads(done.stderr)
    kinds = {"google.rpc.ErrorInfo": ErrorInfo, "google.rpc.BadRequest": BadRequest}
    details = [(kinds[detail["type"]], detail["value"] + "==") for detail in status["details"]]
    return status["code"], [kind.FromString(base64.b64decode(value)) for kind, value in details]


def problem() -> dict[str, Any]:
    """−Δu = 1 on the unit square in 2 × 2 squares, u = 0 on its boundary: one inner point."""
    return {
        "mesh": {"unitSquare": {"xCount": 2, "yCount": 2}},
        "diffusion": {
            "conductivity": tensor("float64", [1.0]),
            "source": tensor("float64", [1.0]),
            "dirichletPoints": tensor("int64", [0, 1, 2, 3, 5, 6, 7, 8]),
            "dirichletValues": tensor("float64", np.zeros(8)),
        },
    }


@pytest.mark.parametrize("schema", [("--schema", str(PROTOS)), ("--reflect",)], ids=["schema", "reflection"])
def test_a_solve_in_json_comes_back_with_its_evidence(faraday: Installation, schema: tuple[str, ...]) -> None:
    done = curl(faraday, SOLVE, problem(), *schema, token=faraday.token())
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    values = np.frombuffer(base64.b64decode(answer["solution"]["data"]))
    # By hand: the hat of the middle point has ∫|∇φ|² = 4 and ∫φ = h² with h = 1/2, so u = h² / 4.
    assert values == pytest.approx([0, 0, 0, 0, 1 / 16, 0, 0, 0, 0], abs=1e-15)
    evidence = answer["evidence"]
    assert re.fullmatch("[0-9a-f]{32}", evidence["traceId"])
    assert evidence["outcome"] == "OUTCOME_CONVERGED"
    assert evidence["errorBound"]["kind"] == "BOUND_KIND_GUARANTEED"
    assert evidence["privacy"] == {"kind": "KIND_NOT_PRIVATE"}


def test_without_a_token_it_is_unauthenticated_with_a_reason(faraday: Installation) -> None:
    done = curl(faraday, SOLVE, problem(), "--schema", str(PROTOS))
    assert done.returncode != 0
    code, details = status_of(done)
    assert code == "unauthenticated"
    (info,) = details
    assert isinstance(info, ErrorInfo)
    assert info.domain == "faraday.v1"
    assert info.reason == "CREDENTIAL_MISSING"


def test_what_is_wrong_is_named_by_its_field(faraday: Installation) -> None:
    wrong = problem()
    wrong["diffusion"]["conductivity"] = tensor("float64", [-1.0])
    done = curl(faraday, SOLVE, wrong, "--schema", str(PROTOS), token=faraday.token())
    code, details = status_of(done)
    assert code == "invalid_argument"
    info, request = details
    assert (info.reason, request.field_violations[0].field) == ("NOT_POSITIVE", "diffusion.conductivity[0]")


def test_reflection_lists_every_service(faraday: Installation) -> None:
    done = subprocess.run(
        [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--list-services", f"http://{faraday.endpoint}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {
        "faraday.v1.FiniteElementService",
        "inference.GRPCInferenceService",
        "grpc.health.v1.Health",
    } <= set(done.stdout.split())
