"""The fields that name an operator and samples to hold it against: sent, or made by finite elements. Light."""

from __future__ import annotations

from dataclasses import dataclass

from models.artefacts import check_name
from models.base import Refusal, scalar
from models.operators.sent import SentTask
from models.operators.training.task import PROBLEMS

MOST_VALUES = 1 << 18  # nodes of made samples in all: some seconds of finite elements
LEAST = 2


@dataclass(frozen=True, kw_only=True)
class EvaluationTask(SentTask):
    operator: str = scalar("faraday/darcy", "which operator, owner/name")
    version: int = scalar(0, "which of its versions; 0: the stable one")
    problem: str = scalar("same", "what samples are made: those of the operator, or `own`", choices=("same", *PROBLEMS))
    divisions: int = scalar(0, "of made samples: squares along a side, 4 to 256; 0: as many as it was calibrated on")
    samples: int = scalar(100, "of made samples: how many, 2 at least, 262144 nodes in all")
    seed: int = scalar(1, "of made samples")

    @property
    def affinity(self) -> str:
        return f"{self.operator}@{self.version}"

    def check(self) -> None:
        check_name(self.operator, "operator")
        if self.version < 0:
            raise _out_of_range("version", self.version, "0 or the number of a version")
        if self.problem == "own":
            self._check_own()
            return
        self.check_nothing_sent()
        if self.divisions != 0 and not 4 <= self.divisions <= 256:
            raise _out_of_range("divisions", self.divisions, "4 to 256, or 0")
        self.check_samples(self.divisions)

    def check_samples(self, divisions: int) -> None:
        """Raises `Refusal` OUT_OF_RANGE where they would take too long to make."""
        most = MOST_VALUES // (divisions + 1) ** 2
        if not LEAST <= self.samples <= most:
            raise _out_of_range("samples", self.samples, f"{LEAST} to {most} at {divisions} divisions")

    def _check_own(self) -> None:
        self.check_sent()
        assert self.inputs is not None
        if len(self.inputs) < LEAST:
            raise Refusal("WRONG_SIZE", f"has {len(self.inputs)} samples; send {LEAST} at least", "inputs")


def _out_of_range(field: str, value: float, wanted: str) -> Refusal:
    return Refusal("OUT_OF_RANGE", f"is {value:g}; send {wanted}", field, {"value": f"{value:g}"})
