"""The model that chooses what a published operator should learn next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor

from models.artefacts import Artefacts
from models.base import Array, Evidence, Refusal
from models.operators.acquisition.darcy_error import darcy_error
from models.operators.acquisition.strategy import (
    Known,
    Plausible,
    no_error_estimate,
    no_plausible_answers,
    strategy,
)
from models.operators.acquisition.task import AcquireResult, AcquireTask
from models.operators.calibrated import Calibrated
from models.operators.operator import Functions
from models.operators.predict.forward import nodes
from models.operators.predict.library import Library
from models.operators.uncertainty.laplace.last_layer import LastLayer

_DRAWS = 16


class Acquirer:
    def __init__(self, device: str, artefacts: Artefacts) -> None:
        self._library = Library(artefacts, device)

    def run(self, tasks: Sequence[AcquireTask]) -> list[AcquireResult | Refusal]:
        """One result or refusal for each task, in order."""
        return [self._one(task) for task in tasks]

    def _one(self, task: AcquireTask) -> AcquireResult | Refusal:
        try:
            task.check()
            held = self._library.of(task.operator, task.version)
            operator = held.calibrated
            _check_channels(operator, task)
            empty = task.values[:0] if task.labelled is None else task.labelled
            known = Known(
                operator.operator,
                operator.scaling,
                _functions(operator, task, empty),
                _plausible(operator),
                darcy_error if operator.card.problem == "darcy" else no_error_estimate,
            )
            rng = np.random.default_rng(task.seed & (2**63 - 1))
            chosen = strategy(task.strategy).choose(_functions(operator, task, task.values), task.budget, known, rng)
        except Refusal as refusal:
            return refusal
        method = f"{task.strategy} of {len(task.values)} functions; {held.name} version {held.version}"
        return AcquireResult(chosen=chosen, version=held.version, evidence=Evidence(method=method))


def _check_channels(operator: Calibrated, task: AcquireTask) -> None:
    want = operator.card.architecture.input_channels
    if task.values.shape[2] != want:
        details = {"got": str(task.values.shape[2]), "want": str(want)}
        raise Refusal("WRONG_CHANNELS", f"has {details['got']} channels; the operator takes {want}", "values", details)


def _functions(operator: Calibrated, task: AcquireTask, values: Array) -> Functions:
    grid = () if task.grid is None else tuple(task.grid.tolist())
    positions = nodes(grid) if task.positions is None else task.positions
    like = operator.operator.head.weight
    return Functions(torch.from_numpy(np.array(values)).to(like), torch.from_numpy(np.array(positions)).to(like), grid)


def _plausible(operator: Calibrated) -> Plausible:
    """Draws of the head's weights, where the operator's doubts are about these."""
    if operator.method is None or operator.card.uncertainty != "laplace_last_layer":
        return no_plausible_answers
    belief = cast(LastLayer, operator.method.method)

    def plausible(inputs: Functions) -> Tensor:
        return belief.samples(inputs, _DRAWS, torch.Generator().manual_seed(0))

    return plausible
