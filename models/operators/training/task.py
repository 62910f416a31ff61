"""Train an operator: the task, its result, and its line in the catalogue. Light: no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.operators.published import PublicationResult
from models.operators.sent import SentTask
from models.operators.training.recipe_task import RecipeTask, named

# Problems that finite elements make data of, by name; "own": the data are sent.
PROBLEMS = ("darcy", "heat", "helmholtz", "plate_with_a_hole", "burgers", "own")
MOST_SAMPLES = 20_000
MOST_DIVISIONS = 256
LEAST_CALIBRATION = 40  # a half teaches a method, the other tells the 95 % of 20 functions


@dataclass(frozen=True, kw_only=True)
class TrainTask(SentTask, RecipeTask):
    problem: str = scalar("darcy", "what is learnt: data of finite elements, or `own` data", choices=PROBLEMS)
    divisions: int = scalar(42, "of made data: squares along a side, 4 to 256")
    samples: int = scalar(1000, "of made data: how many to train on")
    validation_samples: int = scalar(100, "that pick the best weights; the last ones but those below")
    calibration_samples: int = scalar(400, "that say how sure it is, 40 at least; the last ones but those below")
    test_samples: int = scalar(100, "that it is measured on; the last ones")

    def check(self) -> None:
        self.check_recipe()
        self._check_counts()
        if self.problem == "own":
            self._check_own()
            return
        self.check_nothing_sent()
        if not 4 <= self.divisions <= MOST_DIVISIONS:
            raise _out_of_range("divisions", self.divisions, f"4 to {MOST_DIVISIONS}")
        if not 2 <= self.samples <= MOST_SAMPLES:
            raise _out_of_range("samples", self.samples, f"2 to {MOST_SAMPLES}")

    @property
    def held_back(self) -> int:
        """How many samples are not trained on."""
        calibration = 0 if self.uncertainty == "none" else self.calibration_samples
        return self.validation_samples + calibration + self.test_samples

    def _check_counts(self) -> None:
        for name, least in (("validation_samples", 1), ("test_samples", 1)):
            count = getattr(self, name)
            if not least <= count <= MOST_SAMPLES:
                raise _out_of_range(name, count, f"{least} to {MOST_SAMPLES}")
        if self.uncertainty != "none" and not LEAST_CALIBRATION <= self.calibration_samples <= MOST_SAMPLES:
            wanted = f"{LEAST_CALIBRATION} to {MOST_SAMPLES}"
            raise _out_of_range("calibration_samples", self.calibration_samples, wanted)

    def _check_own(self) -> None:
        self.check_sent()
        assert self.inputs is not None
        count = len(self.inputs) - self.held_back
        if not 2 <= count <= MOST_SAMPLES:
            got, held = str(len(self.inputs)), str(self.held_back)
            message = f"has {got} samples, of which {held} are held back; 2 to {MOST_SAMPLES} are to be left"
            raise Refusal("WRONG_SIZE", message, "inputs", {"got": got, "held": held})


def _out_of_range(field: str, value: float, wanted: str) -> Refusal:
    return Refusal("OUT_OF_RANGE", f"is {value:g}; send {wanted}", field, {"value": f"{value:g}"})


@dataclass(frozen=True, kw_only=True)
class TrainResult(PublicationResult):
    metric_names: str = scalar("", "what was measured on the test samples, separated by commas")
    metrics: Array = tensor("float64", ("metrics",), "the figures, in the order of their names")
    history: Array = tensor("float64", ("epochs", 2), "the mean loss of each epoch, and the validation error after it")


SPEC = Spec(
    name="operators.train",
    version="1",
    summary="Makes data by finite elements, trains a neural operator, calibrates it, measures it and publishes it.",
    task=TrainTask,
    result=TrainResult,
    factory="models.operators.training.trainer:Trainer",
    example=lambda: TrainTask(
        divisions=8,
        samples=12,
        validation_samples=4,
        test_samples=4,
        epochs=2,
        batch=6,
        uncertainty="none",
        clamped="all",
        architecture='{"type":"fno","modes":[4,4],"width":6,"layers":2,"lifting":8,"mixing":4,"projection":8}',
    ),
    max_batch=1,
    resources=ON_DEMAND,
    stepped=True,
    artefacts=named,
)
