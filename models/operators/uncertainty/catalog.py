"""The methods by name. Light: PyTorch is imported where a method is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from models.operators.operator import Operator
    from models.operators.pairs import Pairs
    from models.operators.scaling import Scaling
    from models.operators.uncertainty.method import Method

_HERE = "models.operators.uncertainty"
METHODS: Mapping[str, str] = {
    "variance_head": f"{_HERE}.variance_head:VarianceHead",
    "laplace_last_layer": f"{_HERE}.laplace.last_layer:LastLayer",
    "laplace_full": f"{_HERE}.laplace.low_rank:LowRank",
    "variational": f"{_HERE}.variational.head:VariationalHead",
    "variational_all": f"{_HERE}.variational.weights:VariationalWeights",
    "ensemble": f"{_HERE}.ensemble:Ensemble",
}


class Kind(Protocol):
    """How a method is made: the classes themselves."""

    def fit(
        self,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs,
        *,
        seed: int,
        others: tuple[Operator, ...] = (),
    ) -> Method:
        """`training` is what the operator was trained on, `calibration` what it never saw. `others` are operators
        trained like it from other seeds, which only an ensemble asks for. All draws follow from `seed`. Raises
        ValueError where there is too little to learn from."""
        ...

    def restore(self, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> Method:
        """From what `Method.tensors` gave, with the operator and the scaling it was fitted to."""
        ...


def load(name: str) -> Kind:
    """Raises KeyError for a name that is not in METHODS."""
    module, _, kind = METHODS[name].partition(":")
    found: Kind = getattr(import_module(module), kind)
    return found
