"""What is kept from one step of training to the next."""

from __future__ import annotations

from dataclasses import replace

import torch

from models.operators.operator import Functions
from models.operators.points.recent import Recent

POINTS = Functions(torch.zeros(2, 4, 1), torch.rand(4, 2))


class Counted:
    """How often something was made so far."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


def test_the_same_points_are_looked_at_once_in_training_and_each_time_in_use() -> None:
    recent, make = Recent[int](), Counted()
    again = Functions(torch.ones(5, 4, 1), POINTS.positions.clone())
    assert [recent.of(inputs, True, make) for inputs in (POINTS, again, POINTS)] == [1, 1, 1]
    assert [recent.of(POINTS, False, make) for _ in range(2)] == [2, 3]
    assert recent.of(POINTS, True, make) == 4


def test_other_points_another_grid_and_another_precision_are_other_points() -> None:
    recent, make = Recent[int](), Counted()
    others = (
        POINTS,
        replace(POINTS, positions=POINTS.positions + 1),
        replace(POINTS, grid=(2, 2)),
        replace(POINTS, values=POINTS.values.double()),
    )
    assert [recent.of(inputs, True, make) for inputs in others] == [1, 2, 3, 4]


def test_points_that_were_moved_in_place_are_other_points() -> None:
    recent, make = Recent[int](), Counted()
    moving = replace(POINTS, positions=POINTS.positions.clone())
    assert recent.of(moving, True, make) == 1
    moving.positions.add_(1)
    assert recent.of(moving, True, make) == 2
