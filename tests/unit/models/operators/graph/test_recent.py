"""What is kept from one step of training to the next."""

from __future__ import annotations

import torch

from models.operators.graph.recent import Recent


def test_the_same_points_are_looked_at_once_in_training_and_each_time_in_use() -> None:
    made: list[int] = []
    recent: Recent[int] = Recent()

    def make() -> int:
        made.append(len(made))
        return made[-1]

    points = torch.rand(4, 2)
    assert [recent.of(points.clone(), True, make) for _ in range(3)] == [0, 0, 0]
    assert recent.of(points + 1, True, make) == 1
    assert [recent.of(points + 1, False, make) for _ in range(2)] == [2, 3]
    assert recent.of(points + 1, True, make) == 4


def test_points_that_were_moved_in_place_are_other_points() -> None:
    recent: Recent[float] = Recent()
    points = torch.zeros(2, 2)
    assert recent.of(points, True, lambda: float(points.sum())) == 0
    points += 1
    assert recent.of(points, True, lambda: float(points.sum())) == 4
