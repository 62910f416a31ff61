"""The symmetries of the square."""

from __future__ import annotations

import torch

from models.operators.generators.darcy import darcy, discrete_darcy
from models.operators.training.symmetry import COUNT, image


def test_there_are_eight_and_they_form_a_group() -> None:
    values = torch.arange(9.0).view(1, 9, 1)
    images = {tuple(image(values, 3, which).flatten().tolist()) for which in range(COUNT)}
    assert len(images) == COUNT
    again = {
        tuple(image(image(values, 3, one), 3, other).flatten().tolist())
        for one in range(COUNT)
        for other in range(COUNT)
    }
    assert again == images


def test_darcy_answers_the_image_of_an_input_by_the_image_of_the_answer() -> None:
    pairs = darcy(1, 10, seed=4)
    inputs, targets = torch.tensor(pairs.inputs), torch.tensor(pairs.targets)
    problem = discrete_darcy(10)
    for which in range(COUNT):
        (u,) = problem.solve([image(inputs, 11, which)[0, :, 0].numpy()])
        assert torch.allclose(torch.tensor(u).float(), image(targets, 11, which)[0, :, 0], rtol=1e-5, atol=1e-9)
