"""The training loop: a generator of steps, which is taken up again from the state of any of them.

What is random (the order of samples, their symmetries) is drawn anew in each epoch from the recipe's seed and the
number of the epoch, so that no generator has a state to keep.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch

from models.base import Array, Progress, Refusal, State, Step
from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.training.checked import check
from models.operators.training.fitted import fitted_scaling
from models.operators.training.loss import NORMS, relative
from models.operators.training.optimiser import adamw, moments_of, restore_moments
from models.operators.training.recipe import Recipe
from models.operators.training.samples import Samples, samples
from models.operators.training.schedule import share_of_rate
from models.operators.weights import arrays_of, restore

# Points that a step passes forth and back. A small FNO needs about a second for them on one core.
STEP_POINTS = 2**19
_EVALUATED_POINTS = 2**16  # at once: more would not stay in the caches


@dataclass(frozen=True, eq=False)
class Trained:
    operator: Operator  # with the weights of the best validation error
    scaling: Scaling
    error: float  # that error, relative in L²: the mean over samples
    history: Array  # (epochs, 2): of each the mean loss, and the validation error after it


def train(
    recipe: Recipe, pairs: Pairs, validation: Pairs, state: State | None = None, device: str = "cpu"
) -> Generator[Step, None, Trained]:
    """Yields steps of about a second, and returns what was learnt. Weights are those of the best validation error, so
    that an honest error is one on a third set.

    Raises `Refusal` as `checked.check` does, and DIVERGED where a loss is no number.
    """
    check(recipe, pairs, validation)
    scaling = fitted_scaling(pairs, recipe.clamped).to(torch.device(device))
    run = _Run(recipe, samples(pairs, scaling, device), samples(validation, scaling, device), scaling)
    at = run.start() if state is None else run.restored(state)
    while not run.has_ended(at):
        at = run.advanced(at)
        yield Step(run.progress(at), run.arrays(at))
    restore(run.operator, at.best)
    return Trained(run.operator, scaling, float(at.history[:, 1].min()), at.history)


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a training is, beside the weights and the moments of the optimiser."""

    epoch: int
    batch: int  # the next one of the epoch
    loss: float  # the sum over the samples of the epoch so far
    history: Array  # as in `Trained`
    best: dict[str, Array]  # the weights of the best validation error


class _Run:
    """Holds what changes in place: the operator and its optimiser."""

    def __init__(self, recipe: Recipe, training: Samples, validation: Samples, scaling: Scaling) -> None:
        self.operator: Operator = recipe.architecture.build(recipe.seed).to(scaling.input_mean.device)
        self._optimiser = adamw(self.operator, recipe.rate, recipe.decay)
        self._recipe, self._training, self._validation, self._scaling = recipe, training, validation, scaling
        self._batches = -(-len(training) // recipe.batch)
        self._autocast = torch.autocast(
            scaling.input_mean.device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"
        )

    def start(self) -> _Place:
        inputs, scaling = self._training.inputs, self._scaling
        outputs = scaling.output(self._training.targets, inputs.positions)
        self.operator.prepare(Functions(outputs, inputs.positions, inputs.grid))
        return _Place(0, 0, 0.0, np.zeros((0, 2)), arrays_of(self.operator))

    def has_ended(self, at: _Place) -> bool:
        patience, errors = self._recipe.patience, at.history[:, 1]
        waited = len(errors) - 1 - int(errors.argmin()) if len(errors) else 0
        return at.epoch >= self._recipe.epochs or 0 < patience <= waited

    def advanced(self, at: _Place) -> _Place:
        """Some batches further, at most to the end of an epoch. Raises `Refusal` DIVERGED."""
        of_epoch = self._training.coarse() if self._is_coarse(at.epoch) else self._training
        order, images = self._drawn(at.epoch)
        size = self._recipe.batch
        count = max(1, STEP_POINTS // (size * of_epoch.points))
        end = min(self._batches, at.batch + count)
        loss = at.loss
        for batch in range(at.batch, end):
            chosen = slice(batch * size, (batch + 1) * size)
            loss += self._stepped(of_epoch.of(order[chosen], images[batch]), at.epoch + batch / self._batches)
        if not np.isfinite(loss):
            raise Refusal("DIVERGED", "the loss is no number any more: take a lower rate", "recipe.rate")
        moved = replace(at, batch=end, loss=loss)
        return self._closed(moved) if end == self._batches else moved

    def progress(self, at: _Place) -> Progress:
        done = at.epoch + at.batch / self._batches
        scalars = {"rate": self._rate(done)}
        if at.batch:
            scalars["loss"] = at.loss / min(at.batch * self._recipe.batch, len(self._training))
        elif len(at.history):
            scalars["loss"] = float(at.history[-1, 0])
        if len(at.history):
            scalars["validation_error"] = float(at.history[-1, 1])
        message = f"epoch {at.epoch} of {self._recipe.epochs}, " + ", ".join(
            f"{name.replace('_', ' ')} {value:.3g}" for name, value in scalars.items()
        )
        return Progress(
            step=at.epoch * self._batches + at.batch,
            fraction=done / self._recipe.epochs,
            message=message,
            scalars=scalars,
        )

    def arrays(self, at: _Place) -> dict[str, Array]:
        return {
            **_named("operator", arrays_of(self.operator)),
            **_named("moments", moments_of(self._optimiser, self.operator)),
            **_named("best", at.best),
            "place": np.array([at.epoch, at.batch]),
            "loss": np.array([at.loss]),
            "history": at.history,
        }

    def restored(self, state: State) -> _Place:
        restore(self.operator, _part("operator", state))
        restore_moments(self._optimiser, self.operator, _part("moments", state))
        epoch, batch = state["place"].tolist()
        return _Place(epoch, batch, float(state["loss"][0]), state["history"], _part("best", state))

    def _stepped(self, batch: Samples, done: float) -> float:
        """One step of the optimiser; returns the sum of the samples' losses before it."""
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate(done)
        with self._autocast:
            output = self.operator(batch.inputs)
        losses = relative(self._answer(output, batch), batch.targets, NORMS[self._recipe.loss])
        self._optimiser.zero_grad()
        torch.autograd.backward(losses.mean())
        self._optimiser.step()
        return float(losses.detach().sum())

    def _closed(self, at: _Place) -> _Place:
        """After the last batch of an epoch."""
        error = self._error()
        is_best = not len(at.history) or error < at.history[:, 1].min()
        return _Place(
            epoch=at.epoch + 1,
            batch=0,
            loss=0.0,
            history=np.vstack((at.history, [at.loss / len(self._training), error])),
            best=arrays_of(self.operator) if is_best else at.best,
        )

    @torch.no_grad()
    def _error(self) -> float:
        """On the validation set."""
        held, size = self._validation, max(1, _EVALUATED_POINTS // self._validation.points)
        errors = []
        for first in range(0, len(held), size):
            batch = held.of(np.arange(first, min(first + size, len(held))))
            errors.append(relative(self._answer(self.operator(batch.inputs), batch), batch.targets))
        return float(torch.cat(errors).mean())

    def _answer(self, output: torch.Tensor, batch: Samples) -> Functions:
        positions = batch.inputs.positions
        return Functions(self._scaling.answer(output.float(), positions), positions, batch.inputs.grid)

    def _drawn(self, epoch: int) -> tuple[Array, Array]:
        """The order (samples,) and the symmetry of each batch (batches,)."""
        rng = np.random.default_rng([self._recipe.seed, epoch])
        order = rng.permutation(len(self._training))
        is_square = self._recipe.augmentation == "square"
        return order, rng.integers(8, size=self._batches) if is_square else np.zeros(self._batches, np.int64)

    def _is_coarse(self, epoch: int) -> bool:
        return epoch < self._recipe.coarse * self._recipe.epochs

    def _rate(self, done: float) -> float:
        """`done` in epochs."""
        return self._recipe.rate * share_of_rate(done / self._recipe.epochs, self._recipe.warm_up)


def _named(prefix: str, arrays: dict[str, Array]) -> dict[str, Array]:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def _part(prefix: str, state: State) -> dict[str, Array]:
    return {name.removeprefix(f"{prefix}."): array for name, array in state.items() if name.startswith(f"{prefix}.")}
