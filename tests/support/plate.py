"""Questions to `surrogate.diffusion` of an installation, by an unmodified tritonclient."""

from __future__ import annotations

import numpy as np
import tritonclient.grpc as triton

from models.surrogate.task import DATASET, SPEC
from tests.support.installation import Installation

__all__ = ["DATASET", "ask", "token"]


def token(faraday: Installation, tenant: str) -> str:
    return faraday.cli("token", "--subject", "ada", "--tenant", tenant).out.strip()


def ask(faraday: Installation, bearer: str, source: float, request_id: str = "") -> dict[str, object]:
    """The evidence of an answer, with the answer itself."""
    tensor = triton.InferInput("conductivity", [2, 2], "FP64")
    tensor.set_data_from_numpy(np.array([[1.0, 2.0], [0.5, 1.0]]))
    client = triton.InferenceServerClient(faraday.endpoint)
    try:
        reply = client.infer(
            SPEC.name,
            [tensor],
            headers={"authorization": f"Bearer {bearer}"},
            parameters={"source": str(source), **({"faraday.request_id": request_id} if request_id else {})},
            client_timeout=60.0,
        )
    finally:
        client.close()
    said = {
        name: getattr(value, value.WhichOneof("parameter_choice"))
        for name, value in reply.get_response().parameters.items()
    }
    return {**said, "u": reply.as_numpy("u").tolist()}
