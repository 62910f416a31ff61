"""An operator as a function of all its weights, and its derivative there: what the Jacobian takes from weights to
answers and back, without the Jacobian."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor
from torch.func import functional_call

from models.operators.operator import Functions, Operator


class Linearised:
    """Weights are one real vector; a complex parameter is its real and imaginary parts in turn. Final."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._parameters = {name: each.detach() for name, each in operator.named_parameters()}
        self.weights = torch.cat([_real(each).flatten() for each in self._parameters.values()])

    def output(self, weights: Tensor, inputs: Functions) -> Tensor:
        """(batch, points, channels), by other weights (size,)."""
        answer: Tensor = functional_call(self._operator, self._named(weights), (inputs,))
        return answer

    def push(self, inputs: Functions, directions: Tensor) -> Tensor:
        """J v of each v (count, size): how the output moves with the weights, (count, batch, points, channels).

        By transposing y ↦ Jᵀy, which is linear. `torch.func` asks that nothing in an operator leaves PyTorch, which
        is not so where matrices of a grid are kept by its bytes.
        """
        with torch.enable_grad():
            weights = self.weights.clone().requires_grad_()
            output = self.output(weights, inputs)
            cotangent = torch.zeros_like(output, requires_grad=True)
            [back] = torch.autograd.grad(output, weights, cotangent, create_graph=True)
            return torch.stack([torch.autograd.grad(back, cotangent, v, retain_graph=True)[0] for v in directions])

    def pull(self, inputs: Functions, cotangents: Tensor) -> Tensor:
        """Jᵀ y of each y (count, batch, points, channels), (count, size)."""
        with torch.enable_grad():
            weights = self.weights.clone().requires_grad_()
            output = self.output(weights, inputs)
            return torch.stack([torch.autograd.grad(output, weights, y, retain_graph=True)[0] for y in cotangents])

    def _named(self, weights: Tensor) -> dict[str, Tensor]:
        parts = torch.split(weights, [prod(_real(each).shape) for each in self._parameters.values()])
        return {
            name: _like(part.reshape(_real(each).shape), each)
            for (name, each), part in zip(self._parameters.items(), parts, strict=True)
        }


def _real(parameter: Tensor) -> Tensor:
    return torch.view_as_real(parameter) if parameter.is_complex() else parameter


def _like(real: Tensor, parameter: Tensor) -> Tensor:
    return torch.view_as_complex(real) if parameter.is_complex() else real
