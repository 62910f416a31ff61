"""Learn actively: the task, its result, and its line in the catalogue. Light: no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.operators.acquisition.names import STRATEGIES
from models.operators.published import PublicationResult
from models.operators.training.recipe_task import named
from models.operators.training.task import MOST_SAMPLES, TrainTask

MOST_ROUNDS = 100


@dataclass(frozen=True, kw_only=True)
class LearnTask(TrainTask):
    """As training, where `samples` are those that are labelled before the first round."""

    strategy: str = scalar("residual", "how it is chosen what to label", choices=tuple(STRATEGIES))
    rounds: int = scalar(4, "of choosing, labelling and training, 1 to 100")
    labels: int = scalar(50, "how many functions are labelled in each round")
    pool_samples: int = scalar(1000, "how many functions there are to choose from")

    def check(self) -> None:
        super().check()
        if self.problem != "darcy":
            raise Refusal("UNKNOWN_CHOICE", f"is {self.problem!r}; what is learnt actively here is darcy", "problem")
        for name, most in (("rounds", MOST_ROUNDS), ("labels", MOST_SAMPLES), ("pool_samples", MOST_SAMPLES)):
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise Refusal("OUT_OF_RANGE", f"is {value}; send 1 to {most}", name, {"value": str(value)})


@dataclass(frozen=True, kw_only=True)
class LearnResult(PublicationResult):
    verdict: str = scalar("", "whether it may take the place of the version that answers now, and why")
    metric_names: str = scalar("", "what was measured on the test samples, separated by commas")
    metrics: Array = tensor("float64", ("metrics",), "the figures, in the order of their names")
    chosen: Array = tensor("int64", ("labels",), "places in the pool of what was labelled, in order")


SPEC = Spec(
    name="operators.learn",
    version="1",
    summary="Active learning: chooses what to label, labels it by finite elements, trains; publishes what is as good.",
    task=LearnTask,
    result=LearnResult,
    factory="models.operators.learning.learner:Learner",
    example=lambda: LearnTask(
        divisions=8,
        samples=8,
        validation_samples=4,
        test_samples=4,
        rounds=1,
        labels=4,
        pool_samples=8,
        strategy="random",
        epochs=1,
        batch=6,
        uncertainty="none",
        architecture='{"type":"fno","modes":[4,4],"width":6,"layers":2,"lifting":8,"mixing":4,"projection":8}',
    ),
    max_batch=1,
    resources=ON_DEMAND,
    stepped=True,
    artefacts=named,
)
