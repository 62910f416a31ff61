"""What tasks have in common of whose answers functionals may be asked, and the gradients of these. Light."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from models.base import Array, Result, Task, scalar, tensor
from models.fem.domain.integrals import Integral, Vocabulary, read_integrals

VECTOR = ("ux", "uy", "uz")  # the components of a vector, as integrals spell them


@dataclass(frozen=True, kw_only=True)
class FunctionalTask(Task):
    """J is the sum of the integrals; see `integrals` for how they are written."""

    integrals: str = scalar("", "J: integrals over cells and boundaries, added up, e.g. cells: u**2; right: dn(u)")

    @property
    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """What the integrals may speak of."""

    @property
    @abstractmethod
    def dimension(self) -> int: ...

    def read_integrals(self) -> tuple[Integral, ...]:
        """None where the text is empty. Raises `Refusal` MALFORMED_EXPRESSION or DUPLICATE."""
        return read_integrals(self.integrals, self.vocabulary, self.dimension)


@dataclass(frozen=True, kw_only=True)
class DifferentiableTask(FunctionalTask):
    """Whose model knows the gradients of J."""

    derivatives: bool = scalar(False, "whether the gradients of the integrals are wanted, too")


@dataclass(frozen=True, kw_only=True)
class FunctionalResult(Result):
    functional: Array | None = tensor(
        "float64", (1,), "J: the integrals and the products with cotangents, where there are any", optional=True
    )
