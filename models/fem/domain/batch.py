"""A batch of tasks on general meshes: one answer or refusal each, neighbours on an equal domain sharing its mesh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TypeVar

import numpy as np
from skfem import Mesh

from models.base import Array, Refusal, Result, Scalar
from models.fem.domain.build import mesh_of
from models.fem.domain.extent import refuse_extremes, refuse_overflow
from models.fem.domain.task import DomainTask

T = TypeVar("T", bound=DomainTask)
R = TypeVar("R", bound=Result)

_MESH = tuple(field.name for field in fields(DomainTask) if field.name != "conditions")  # the degree curves cells


def in_order(tasks: Sequence[T], answer: Callable[[T, Mesh], R]) -> list[R | Refusal]:
    """Of exceptions only a `Refusal` is an answer."""
    answers: list[R | Refusal] = []
    latest: tuple[T, Mesh] | None = None
    for task in tasks:
        try:
            task.check()
            mesh = latest[1] if latest and _same_mesh(latest[0], task) else _mesh(task)
            latest = task, mesh
            with np.errstate(all="ignore"):
                result = answer(task, mesh)
            refuse_overflow(result)
            answers.append(result)
        except Refusal as refusal:
            answers.append(refusal)
    return answers


def _mesh(task: DomainTask) -> Mesh:
    mesh = mesh_of(task)
    refuse_extremes(task, mesh)
    return mesh


def _same_mesh(one: DomainTask, other: DomainTask) -> bool:
    return all(_same(getattr(one, name), getattr(other, name)) for name in _MESH)


def _same(one: Array | Scalar | None, other: Array | Scalar | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))
