"""The samples that a published operator is held against: none that it was made of."""

from __future__ import annotations

from models.base import Refusal
from models.operators.calibrated import Calibrated
from models.operators.evaluation.task import EvaluationTask
from models.operators.pairs import Pairs
from models.operators.training.data import MAKERS, maker
from models.operators.uncertainty.conformal import refuse_overlap


def samples(task: EvaluationTask, operator: Calibrated) -> Pairs:
    """Raises `Refusal` CALIBRATION_OVERLAPS, UNKNOWN_CHOICE, WRONG_CHANNELS."""
    pairs = _pairs(task, operator)
    architecture = operator.card.architecture
    for name, got, want in (
        ("inputs", pairs.inputs.shape[2], architecture.input_channels),
        ("targets", pairs.targets.shape[2], architecture.output_channels),
    ):
        if got != want:
            details = {"got": str(got), "want": str(want)}
            raise Refusal("WRONG_CHANNELS", f"have {got} channels; the operator's have {want}", name, details)
    refuse_overlap(pairs, operator.training | operator.calibration)
    return pairs


def _pairs(task: EvaluationTask, operator: Calibrated) -> Pairs:
    if task.problem == "own":
        return task.sent()
    problem = operator.card.problem if task.problem == "same" else task.problem
    if problem not in MAKERS:
        message = f"nobody here makes samples of {problem!r}; send your own, with problem `own`"
        raise Refusal("UNKNOWN_CHOICE", message, "problem", {"problem": problem})
    divisions = task.divisions or max(operator.grid, default=operator.card.most_points) - 1
    if divisions < 4:
        raise Refusal("OUT_OF_RANGE", "is 0, and the operator knows no grid; send 4 to 256", "divisions")
    task.check_samples(divisions)
    return maker(problem)(task.samples, divisions, task.seed)
