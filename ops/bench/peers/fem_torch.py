"""A peer: torch-fem, on PyTorch's CPU build, by its direct solver (PARDISO where it is installed) and its multigrid.

    fem_torch.py WORK PROBLEM.npz ANSWER.npz REPETITIONS

What is timed is CPU seconds of `model.solve`, and of `backward` after it. Prints, as JSON, the seconds of each
repetition by configuration; ANSWER holds one answer for each, at the problem's nodes or cells.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import numpy as np
import torch
from torchfem import PlanarHeat, Solid
from torchfem.materials import IsotropicConductivity2D, IsotropicElasticity3D

POISSON_RATIO = 0.3
CONFIGURATIONS = {"direct": {"method": "direct"}, "CG+AMG": {"method": "cg", "stol": 1e-10}}
# One linear increment: Newton's own criterion must not ask for more than the linear solver can give.
NEWTON = {"rtol": 1e-7, "atol": 1e-12}


def derivative(problem, repetitions):
    """The gradient of |u|²/2 by the conductivity of each cell, beside the forward solve."""
    field = torch.tensor(problem["fields"][0], requires_grad=True)
    model = PlanarHeat(torch.tensor(problem["nodes"]), torch.tensor(problem["cells"]), IsotropicConductivity2D(field))
    model.heat_flux = torch.tensor(problem["loads"][0])[:, None]
    model.constraints[torch.tensor(problem["fixed"])] = True
    seconds, answers = {}, {}
    for name, options in CONFIGURATIONS.items():
        ahead, back = [], []
        for _ in range(repetitions + 1):
            field.grad = None
            began = time.process_time()
            model.material = IsotropicConductivity2D(field)
            u, *_ = model.solve(differentiable_parameters=field, **options, **NEWTON)
            between = time.process_time()
            (u.pow(2).sum() / 2).backward()
            ahead.append(between - began)
            back.append(time.process_time() - between)
        seconds |= {f"{name}, forward": ahead[1:], f"{name}, gradient": back[1:]}
        answers[f"{name}, gradient"] = field.grad.numpy().copy()
    return seconds, answers


def elastic(problem, repetitions):
    young = torch.tensor(problem["fields"][0])
    material = IsotropicElasticity3D(young, torch.full_like(young, POISSON_RATIO))
    model = Solid(torch.tensor(problem["nodes"]), torch.tensor(problem["cells"]), material)
    model.forces = torch.tensor(problem["loads"][0].reshape(-1, 3))
    model.constraints[torch.tensor(problem["fixed"])] = True
    seconds, answers = {}, {}
    for name, options in CONFIGURATIONS.items():
        took = []
        for _ in range(repetitions + 1):
            began = time.process_time()
            u, *_ = model.solve(**options, **NEWTON)
            took.append(time.process_time() - began)
        seconds[name], answers[name] = took[1:], u.numpy().ravel()
    return seconds, answers


WORKS = {work.__name__: work for work in (derivative, elastic)}


def main(work, problem, answer, repetitions):
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with np.load(problem) as arrays:
        given = dict(arrays)
    seconds, answers = WORKS[work](given, int(repetitions))
    np.savez(answer, **answers)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
