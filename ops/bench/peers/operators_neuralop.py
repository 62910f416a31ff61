"""A peer: the FNO of neuraloperator, trained for some CPU seconds.

    operators_neuralop.py DATA.npz CPU_SECONDS

As its own script for Darcy has it: 16 modes, its positional embedding, its AdamW with a rate of 5e-3 and a decay of
1e-4, inputs and targets normalised. Changed in its favour, as the time is short: 32 channels, which have room for more
epochs than 64, a rate that falls along a cosine to nothing at the end of the budget, and the relative L² loss that it
is judged by rather than H1. Prints error, CPU seconds and epochs as JSON.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import math
import sys
import time

import numpy as np
import torch
from neuralop.models import FNO
from neuralop.training import AdamW

BATCH, RATE, DECAY = 8, 5e-3, 1e-4


def main(path, budget_s):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with np.load(path) as arrays:
        side = tuple(arrays["grid"].tolist())
        inputs, targets, test_inputs, test_targets = (
            torch.tensor(arrays[name]).reshape(-1, 1, *side)
            for name in ("inputs", "targets", "test_inputs", "test_targets")
        )
    mean, scale = inputs.mean(), inputs.std()
    lift, height = targets.mean(), targets.std()
    inputs, test_inputs = (inputs - mean) / scale, (test_inputs - mean) / scale
    model = FNO(
        n_modes=(16, 16),
        in_channels=1,
        out_channels=1,
        hidden_channels=32,
        n_layers=4,
        projection_channel_ratio=2,
        positional_embedding="grid",
    )
    optimizer = AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    draw = torch.Generator().manual_seed(0)
    began = time.process_time()
    batches, spent = 0, 0.0
    while spent < budget_s:
        for chosen in torch.randperm(len(inputs), generator=draw).split(BATCH):
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1 + math.cos(math.pi * min(1.0, spent / budget_s))) / 2
            optimizer.zero_grad()
            relative(model(inputs[chosen]) * height + lift, targets[chosen]).mean().backward()
            optimizer.step()
            batches += 1
            spent = time.process_time() - began
            if spent >= budget_s:
                break
    with torch.no_grad():
        answers = torch.cat([model(part) for part in test_inputs.split(10)]) * height + lift
    error = float(relative(answers, test_targets).mean())
    print(json.dumps({"error": error, "cpu_s": spent, "epochs": batches * BATCH / len(inputs)}))


def relative(answers, targets):
    return (answers - targets).flatten(1).norm(dim=1) / targets.flatten(1).norm(dim=1)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
