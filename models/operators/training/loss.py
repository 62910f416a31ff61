"""Relative errors of functions, one per sample: |v − u| / |u| in L² or in H¹, by quadrature.

By quadrature, so that a loss is of functions and not of the grid they are known on (Kovachki et al. 2023, Neural
operator, arXiv:2108.08481, section 4). In H¹ slopes count too (Czarnecki et al. 2017, Sobolev training,
arXiv:1706.04859).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from models.base import Refusal
from models.operators.operator import Functions
from models.operators.training.quadrature import axes, weights

Squares = Callable[[Functions], Tensor]


def l2_squares(of: Functions) -> Tensor:
    """(batch,): ∫ |v|² over the measure of the domain, summed over channels."""
    return torch.einsum("bpc,p->b", of.values.square(), weights(of.positions, of.grid))


def h1_squares(of: Functions) -> Tensor:
    """(batch,): ∫ |v|² + |∇v|², where v is linear between neighbours on a grid.

    Raises `Refusal` NO_GRID for scattered points, which have no neighbours.
    """
    if not of.grid:
        raise Refusal("NO_GRID", "slopes need a grid; take the loss l2 for scattered points", "recipe.loss")
    total = l2_squares(of)
    values = of.values.reshape(len(of.values), *of.grid, -1)
    rule = weights(of.positions, of.grid).reshape(of.grid)
    for axis, coordinates in enumerate(axes(of.positions, of.grid)):
        steps = coordinates.diff().reshape([-1 if other == axis else 1 for other in range(len(of.grid))])
        slopes = values.diff(dim=axis + 1) / steps[..., None]
        across = rule.sum(dim=axis, keepdim=True) * steps / steps.sum()  # of the other axes, times that of an interval
        total = total + torch.einsum("b...c,...->b", slopes.square(), across)
    return total


NORMS: Mapping[str, Squares] = {"l2": l2_squares, "h1": h1_squares}


def relative(answer: Functions, target: Tensor, squares: Squares = l2_squares) -> Tensor:
    """(batch,): the norm of answer − target over that of the target, which is not zero."""
    error = Functions(answer.values - target, answer.positions, answer.grid)
    truth = Functions(target, answer.positions, answer.grid)
    return (squares(error) / squares(truth)).sqrt()
