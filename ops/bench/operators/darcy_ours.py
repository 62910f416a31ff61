"""Ours: `python -m ops.bench.operators.darcy_ours DATA.npz CPU_SECONDS`; prints error, CPU seconds and epochs as JSON.

How many epochs the seconds have room for is measured on one of each kind first, outside of the budget.
"""

from __future__ import annotations

import json
import sys
import time

import msgspec
import numpy as np
import torch

from models.base import returned
from models.operators.pairs import Pairs
from models.operators.pretrained.recipe import DARCY
from models.operators.training.errors import relative_errors
from models.operators.training.recipe import Recipe
from models.operators.training.train import Trained, train

_ROOM = 0.9  # of the budget: what a busy machine adds is not known beforehand
_HELD = 50  # of the training samples choose among epochs: the budget of samples is whole


def main() -> None:
    data, budget_s = sys.argv[1], float(sys.argv[2])
    torch.set_num_threads(1)
    with np.load(data) as arrays:
        positions, grid = arrays["positions"], tuple(arrays["grid"].tolist())
        pairs = Pairs(arrays["inputs"], arrays["targets"], positions, grid)
        test = Pairs(arrays["test_inputs"], arrays["test_targets"], positions, grid)
    training, held = pairs.of(slice(_HELD, None)), pairs.of(slice(0, _HELD))
    probe, _ = timed(msgspec.structs.replace(DARCY, epochs=2, coarse=0.5), training, held)
    epochs = max(2, round(2 * _ROOM * budget_s / probe))
    spent, trained = timed(msgspec.structs.replace(DARCY, epochs=epochs), training, held)
    error = float(relative_errors(trained.operator, trained.scaling, test).mean())
    print(json.dumps({"error": error, "cpu_s": spent, "epochs": epochs}))


def timed(recipe: Recipe, training: Pairs, held: Pairs) -> tuple[float, Trained]:
    """CPU seconds, and what was learnt in them."""
    began = time.process_time()
    trained = returned(train(recipe, training, held))
    return time.process_time() - began, trained


if __name__ == "__main__":
    main()
