"""A peer: neuraloperator's FNO, eager on PyTorch's CPU build, in inference mode as its users would serve it.

    operators_forward.py forward PROBLEM.npz ANSWER.npz REPETITIONS

Two repetitions go before those that count. Prints, as JSON, the CPU seconds of each; ANSWER holds the outputs.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import numpy as np
import torch
from neuralop.models import FNO

WARM = 2


def main(problem, answer, repetitions):
    torch.set_num_threads(1)
    with np.load(problem) as arrays:
        weights = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    values = weights.pop("values")
    model = FNO(n_modes=(16, 16), in_channels=1, out_channels=1, hidden_channels=32)
    model.load_state_dict(weights)
    model.eval()
    seconds = []
    with torch.inference_mode():
        for _ in range(WARM + repetitions):
            began = time.process_time()
            output = model(values)
            seconds.append(time.process_time() - began)
    np.savez(answer, eager=output.numpy())
    print(json.dumps({"eager": seconds[WARM:]}))


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3], int(sys.argv[4]))
