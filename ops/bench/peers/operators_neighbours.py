"""A peer: neuraloperator's neighbour search without Open3D, which its graph operators fall back to.

    operators_neighbours.py neighbours POINTS.npz ANSWER.npz REPETITIONS

Prints, as JSON, the CPU seconds of each repetition; ANSWER holds the pairs, as query × points + source.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import numpy as np
import torch
from neuralop.layers.neighbor_search import native_neighbor_search


def main(problem, answer, repetitions):
    torch.set_num_threads(1)
    with np.load(problem) as given:
        points, radius = torch.from_numpy(given["points"]), float(given["radius"])
    seconds = []
    for _ in range(repetitions + 1):
        began = time.process_time()
        found = native_neighbor_search(points, points, radius)
        seconds.append(time.process_time() - began)
    splits, indices = (found[f"neighbors_{name}"].numpy() for name in ("row_splits", "index"))
    pairs = np.repeat(np.arange(len(points)), np.diff(splits)) * len(points) + indices
    np.savez(answer, native=pairs)
    json.dump({"native": seconds[1:]}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3], int(sys.argv[4]))
