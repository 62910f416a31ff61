"""The learning loop: choose what to label, label it by finite elements, train on all of it, and again.

Each round trains anew, from the recipe's own initial weights: what was learnt from few functions is a worse start than
none (Ash & Adams 2020, arXiv 1910.08475), and a version is then a function of its recipe and its data alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
import torch

from models.base import Array, Progress, Refusal, State, Step
from models.operators.acquisition.strategy import Known, Strategy
from models.operators.artefact import Card, part, under
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.restored import restored, tensors_of
from models.operators.scaling import Scaling
from models.operators.training.errors import relative_errors
from models.operators.training.recipe import Recipe
from models.operators.training.train import Trained, train

_LABELS = 16  # in a step: a quarter of a second of a small problem

Label = Callable[[Array], Array]  # (n, points, input channels) → (n, points, output channels), in units
Acquaint = Callable[[Operator, Scaling, Pairs], Known]  # with the operator, and all that it was trained on


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is learnt from. `start` is labelled; `pool` (functions, points, channels) is not, and on the same points.

    `validation` picks the weights of a training and `held_out` measures the candidate: no function is in two of these.
    """

    start: Pairs
    pool: Array
    validation: Pairs
    held_out: Pairs
    label: Label
    acquaint: Acquaint


@dataclass(frozen=True)
class Course:
    """`rounds` times `batch` labels; a training before the first and after each. With `updates` above 0 each training
    has about so many steps of the optimiser, however many functions it learns from, in place of the recipe's epochs."""

    recipe: Recipe
    strategy: Strategy
    rounds: int
    batch: int
    seed: int = 0
    updates: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.rounds < 1 or self.batch < 1 or self.updates < 0:
            raise ValueError(f"{self.rounds} rounds of {self.batch} labels, {self.updates} updates: too few")

    def recipe_for(self, count: int) -> Recipe:
        """For a training on so many functions."""
        if not self.updates:
            return self.recipe
        return msgspec.structs.replace(self.recipe, epochs=max(1, self.updates // -(-count // self.recipe.batch)))


@dataclass(frozen=True, eq=False)
class Candidate:
    """A version that might be published: `canary.verdict` says whether."""

    operator: Operator
    scaling: Scaling
    learnt: Pairs  # all that it was trained on
    chosen: Array  # (labels,) places in the pool, in order
    errors: Array  # (held out,): relative, in L²

    @property
    def metrics(self) -> dict[str, float]:
        return {
            "labels": float(len(self.learnt)),
            "held_out_error": float(self.errors.mean()),
            "held_out_error_p95": float(np.quantile(self.errors, 0.95)),
        }


@dataclass(frozen=True, eq=False)
class _At:
    """Where the loop is. What is chosen and not yet labelled has no target."""

    steps: int
    trained: int  # how many trainings are done
    chosen: Array
    targets: Array
    last: Mapping[str, Array] = field(default_factory=dict)  # the operator of the last training, and its scaling
    training: State | None = None  # of the one that is under way


def learn(course: Course, lesson: Lesson, state: State | None = None) -> Generator[Step, None, Candidate]:
    """Yields after some labels, and after each step of a training. Raises `Refusal` EMPTY_POOL, NOT_FINITE,
    ZERO_TARGET, OVERLAPPING_SETS before anything is done, and what training or a strategy refuse."""
    _check(lesson)
    loop = _Loop(course, lesson)
    at = loop.start() if state is None else _restored(state)
    while at.trained <= course.rounds:
        if at.training is None and len(at.chosen) < loop.wanted(at.trained):
            at = loop.choose(at)
        while len(at.targets) < len(at.chosen):
            at = loop.label(at)
            yield loop.step(at, Progress(0, 0.0, f"labelled {len(at.targets)} functions"))
        learnt = loop.learnt(at)
        steps = train(course.recipe_for(len(learnt)), learnt, lesson.validation, at.training)
        while True:
            try:
                one = next(steps)
            except StopIteration as end:
                trained: Trained = end.value
                break
            at = replace(at, steps=at.steps + 1, training=one.state)
            yield loop.step(at, one.progress)
        last = tensors_of(trained.operator, trained.scaling)
        at = replace(at, steps=at.steps + 1, trained=at.trained + 1, training=None, last=last)
        yield loop.step(at, Progress(0, 0.0, f"learnt from {len(learnt)} functions", loop.candidate(at).metrics))
    return loop.candidate(at)


@dataclass(frozen=True, eq=False)
class _Loop:
    course: Course
    lesson: Lesson

    def start(self) -> _At:
        targets = self.lesson.start.targets
        return _At(0, 0, np.zeros(0, np.int64), np.zeros((0, *targets.shape[1:]), targets.dtype))

    def wanted(self, trained: int) -> int:
        """How many functions of the pool are labelled before a training, after so many of them."""
        return min(trained * self.course.batch, len(self.lesson.pool))

    def choose(self, at: _At) -> _At:
        operator, scaling = self.operator(at)
        learnt = self.learnt(at)
        left = np.setdiff1d(np.arange(len(self.lesson.pool)), at.chosen)
        rng = np.random.default_rng([self.course.seed, at.trained])
        pool = self.functions(self.lesson.pool[left])
        places = self.course.strategy.choose(
            pool, self.wanted(at.trained) - len(at.chosen), self.lesson.acquaint(operator, scaling, learnt), rng
        )
        return replace(at, chosen=np.append(at.chosen, left[places]))

    def label(self, at: _At) -> _At:
        some = at.chosen[len(at.targets) : len(at.targets) + _LABELS]
        found = self.lesson.label(self.lesson.pool[some]).astype(at.targets.dtype)
        return replace(at, steps=at.steps + 1, targets=np.concatenate((at.targets, found)))

    def learnt(self, at: _At) -> Pairs:
        """All that has a target."""
        start, known = self.lesson.start, at.chosen[: len(at.targets)]
        inputs = np.concatenate((start.inputs, self.lesson.pool[known].astype(start.inputs.dtype)))
        return replace(start, inputs=inputs, targets=np.concatenate((start.targets, at.targets)))

    def candidate(self, at: _At) -> Candidate:
        operator, scaling = self.operator(at)
        errors = relative_errors(operator, scaling, self.lesson.held_out).numpy()
        return Candidate(operator, scaling, self.learnt(at), at.chosen, errors)

    def operator(self, at: _At) -> tuple[Operator, Scaling]:
        """That of the last training."""
        recipe = self.course.recipe
        return restored(Card(name="", problem="", architecture=recipe.architecture, clamped=recipe.clamped), at.last)

    def functions(self, inputs: Array) -> Functions:
        start = self.lesson.start
        values = torch.from_numpy(inputs.astype(np.float32))
        return Functions(values, torch.from_numpy(start.positions.astype(np.float32)), start.grid)

    def step(self, at: _At, inner: Progress) -> Step:
        """`inner` is of the labels or the training that is under way."""
        done = (at.trained + (inner.fraction or 0.0)) / (self.course.rounds + 1)
        told = f"round {at.trained} of {self.course.rounds}, {len(at.targets)} labels: {inner.message}"
        return Step(Progress(at.steps, done, told, inner.scalars), _arrays(at))


def _check(lesson: Lesson) -> None:
    if not len(lesson.pool):
        raise Refusal("EMPTY_POOL", "there is nothing to choose from; send functions", "pool")
    if not np.isfinite(lesson.pool).all():
        raise Refusal("NOT_FINITE", "has NaN or Inf", "pool")
    if not len(lesson.held_out) or not lesson.held_out.targets.any(axis=(1, 2)).all():
        raise Refusal("ZERO_TARGET", "is empty, or has an answer of zero: no error is relative to it", "held_out")
    pool = replace(lesson.start, inputs=lesson.pool.astype(np.float32), targets=np.zeros_like(lesson.pool))
    sets = {"start": lesson.start, "pool": pool, "validation": lesson.validation, "held_out": lesson.held_out}
    for name in ("validation", "held_out"):
        used = frozenset[str]().union(*(other.digests() for key, other in sets.items() if key != name))
        shared = len(used & sets[name].digests())
        if shared:
            message = f"shares {shared} functions with another set; an error on them says nothing"
            raise Refusal("OVERLAPPING_SETS", message, name, {"common": str(shared)})


def _arrays(at: _At) -> dict[str, Array]:
    inner = under("training", at.training) if at.training is not None else {}
    own = {"done": np.array([at.steps, at.trained]), "chosen": at.chosen, "targets": at.targets}
    return own | under("last", at.last) | inner


def _restored(state: State) -> _At:
    steps, trained = state["done"].tolist()
    return _At(steps, trained, state["chosen"], state["targets"], part(state, "last"), part(state, "training") or None)
