"""Ours as a program like the peer's, in a process of its own whose threads are pinned.

    python -m ops.bench.operators.forward_ours forward PROBLEM.npz ANSWER.npz REPETITIONS

Two repetitions go before those that count. Prints, as JSON, the CPU seconds of each; ANSWER holds the outputs.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch

from models.operators.fno.config import FNO
from models.operators.fno.exchange import load
from models.operators.operator import Functions

COMMAND = (sys.executable, "-m", "ops.bench.operators.forward_ours")
NETWORK = FNO(modes=(16, 16), width=32, lifting=64, mixing=16, projection=64, basis="periodic")
_WARM = 2


def main(problem: str, answer: str, repetitions: int) -> None:
    torch.set_num_threads(1)
    with np.load(problem) as arrays:
        weights = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    values = weights.pop("values")
    operator = load(weights, NETWORK).eval()
    given = Functions(values.flatten(2).mT.contiguous(), torch.zeros(0), tuple(values.shape[2:]))
    seconds = []
    with torch.inference_mode():
        for _ in range(_WARM + repetitions):
            began = time.process_time()
            output = operator(given)
            seconds.append(time.process_time() - began)
    np.savez(answer, allow_pickle=False, eager=output.mT.reshape(values.shape).numpy())
    print(json.dumps({"eager": seconds[_WARM:]}))


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3], int(sys.argv[4]))
