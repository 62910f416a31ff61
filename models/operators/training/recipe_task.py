"""The fields that say how an operator is trained, and where it goes: of every task that trains one. Light."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from models.artefacts import Named
from models.base import Refusal, scalar
from models.operators.architecture import Architecture
from models.operators.published import PublicationTask
from models.operators.training.recipe import Recipe
from models.operators.uncertainty.catalog import METHODS as CATALOG

# How an operator may say how sure it is; an ensemble would take several trainings.
METHODS = tuple(name for name in CATALOG if name != "ensemble")
_MOST_SIZE = 4096  # of anything that an architecture counts


@dataclass(frozen=True, kw_only=True)
class RecipeTask(PublicationTask):
    architecture: str = scalar(
        '{"type":"fno","modes":[12,12],"width":24}', 'as JSON, {"type": "fno", "modes": [12, 12], …}'
    )
    seed: int = scalar(0, "of the data, the initial weights and the order of samples")
    epochs: int = scalar(100, "passes over the data, at most")
    batch: int = scalar(16, "samples per step of the optimiser")
    rate: float = scalar(3e-3, "the highest learning rate")
    decay: float = scalar(1e-4, "of weights, decoupled")
    warm_up: float = scalar(0.1, "the part of the epochs in which the rate rises")
    loss: str = scalar("l2", "relative, in the norm of that name", choices=("l2", "h1"))
    clamped: str = scalar("none", "sides of the unit box where the answer is 0", choices=("none", "all"))
    augmentation: str = scalar("none", "symmetries of the problem", choices=("none", "square"))
    coarse: float = scalar(0.0, "the part of the epochs, at first, on every second node of a grid")
    patience: int = scalar(0, "epochs without a better validation error that end it; 0: none do")
    precision: str = scalar("float32", "of products", choices=("float32", "bfloat16"))
    uncertainty: str = scalar("variance_head", "how it says how sure it is", choices=("none", *METHODS))

    @property
    def recipe(self) -> Recipe:
        """Raises `Refusal` MALFORMED_ARCHITECTURE, OUT_OF_RANGE, UNKNOWN_CHOICE."""
        try:
            told = {name: getattr(self, name) for name in Recipe.__struct_fields__ if name != "architecture"}
            recipe = msgspec.convert(told | {"architecture": self._architecture()}, Recipe)
        except msgspec.ValidationError as error:
            raise Refusal("UNKNOWN_CHOICE", f"is no recipe: {error}", "") from None
        try:
            recipe.check()
        except Refusal as refusal:
            field = refusal.field.removeprefix("recipe.")
            raise Refusal(refusal.reason, refusal.message, field, refusal.details) from None
        return recipe

    def check_recipe(self) -> None:
        """Raises `Refusal`."""
        self.check_publication()
        self.recipe  # noqa: B018 raises

    def _architecture(self) -> Architecture:
        try:
            found: Architecture = msgspec.json.decode(self.architecture.encode(), type=Architecture)
        except (msgspec.MsgspecError, ValueError, UnicodeEncodeError) as error:
            raise Refusal("MALFORMED_ARCHITECTURE", f"is no architecture: {error}", "architecture") from None
        if any(size > _MOST_SIZE for size in _sizes(msgspec.to_builtins(found))):
            raise Refusal("OUT_OF_RANGE", f"counts more than {_MOST_SIZE} of something", "architecture")
        return found


def named(task: RecipeTask) -> Named:
    return Named(publishes=(task.publish,) if task.publish else ())


def _sizes(value: object) -> list[int]:
    """Every whole number in it."""
    match value:
        case dict():
            return [size for each in value.values() for size in _sizes(each)]
        case list() | tuple():
            return [size for each in value for size in _sizes(each)]
        case int():
            return [value]
        case _:
            return []
