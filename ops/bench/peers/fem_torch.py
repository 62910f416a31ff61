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
    fields = [torch.tensor(field, requires_grad=True) for field in problem["fields"]]
    material = IsotropicConductivity2D(fields[0])
    model = PlanarHeat(torch.tensor(problem["nodes"]), torch.tensor(problem["cells"]), material)
    model.heat_flux = torch.tensor(problem["loads"][0])[:, None]
    model.constraints[torch.tensor(problem["fixed"])] = True
    seconds, answers = {}, {}
    for name, options in CONFIGURATIONS.items():
        ahead, back = [], []
        for number in range(repetitions, -1, -1):  # a new field each time: PARDISO keeps its last factors
            field = fields[number % len(fields)]
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
    ratio = torch.full((len(problem["cells"]),), POISSON_RATIO)
    materials = [IsotropicElasticity3D(torch.tensor(young), ratio) for young in problem["fields"]]
    model = Solid(torch.tensor(problem["nodes"]), torch.tensor(problem["cells"]), materials[0])
    model.forces = torch.tensor(problem["loads"][0].reshape(-1, 3))
    model.constraints[torch.tensor(problem["fixed"])] = True
    seconds, answers = {}, {}
    for name, options in CONFIGURATIONS.items():
        took = []
        for number in range(repetitions, -1, -1):  # a new field each time: PARDISO keeps its last factors
            began = time.process_time()
            model.material = materials[number % len(materials)]
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
