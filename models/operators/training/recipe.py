"""All that decides a training, beside its data. Light: a router may read one."""

from __future__ import annotations

from typing import Literal

import msgspec

from models.base import Refusal
from models.operators.architecture import Architecture

# Of one training; a step is a part of an epoch, so that this is no limit of an operation's steps.
MOST_EPOCHS = 100_000


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same recipe on the same data is the same operator, to the last bit on the same machine and threads."""

    architecture: Architecture
    seed: int = 0  # of the initial weights, of the order of samples and of their symmetries
    epochs: int = 100
    batch: int = 16  # samples per step of the optimiser
    rate: float = 3e-3  # the highest learning rate
    decay: float = 1e-4  # of weights, decoupled (Loshchilov & Hutter 2019, arXiv:1711.05101)
    warm_up: float = 0.1  # the share of the epochs in which the rate rises
    loss: Literal["l2", "h1"] = "l2"  # relative, in the norm of that name
    clamped: Literal["none", "all"] = "none"  # sides of the unit box where the answer is 0 by construction
    augmentation: Literal["none", "square"] = "none"  # square: the problem has all eight symmetries of the unit square
    coarse: float = 0.0  # the share of the epochs, at first, that see every second node of a grid only
    patience: int = 0  # epochs without a better validation error that end a training; 0: none do
    precision: Literal["float32", "bfloat16"] = "float32"  # of products; weights and losses are float32 in both

    def check(self) -> None:
        """Raise `Refusal` OUT_OF_RANGE, naming the field."""
        ranges: dict[str, tuple[float, float, float]] = {
            "seed": (self.seed, 0, 2**63 - 1),
            "epochs": (self.epochs, 1, MOST_EPOCHS),
            "batch": (self.batch, 1, 2**20),
            "rate": (self.rate, 1e-12, 1e3),
            "decay": (self.decay, 0, 1e3),
            "warm_up": (self.warm_up, 0, 1),
            "coarse": (self.coarse, 0, 1),
            "patience": (self.patience, 0, MOST_EPOCHS),
        }
        for name, (value, low, high) in ranges.items():
            if not low <= value <= high:  # which NaN is not
                raise Refusal(
                    "OUT_OF_RANGE",
                    f"is {value:g}; it must be from {low:g} to {high:g}",
                    f"recipe.{name}",
                    {"parameter": name, "value": f"{value:g}"},
                )
