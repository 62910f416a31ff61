"""Differentiable solves for PyTorch: `u = diffusion(client, mesh, conductivity=k, dirichlet=(where, g))`, backward().

Reverse mode asks the server for a vector-Jacobian product, forward mode for a Jacobian-vector product. Numbers travel
as float64 on the CPU; the answer has the dtype and device of the conductivity. Second derivatives are not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch.autograd.function import once_differentiable

from faraday.client.client import Client
from faraday.client.differentiable import Solver, solver
from faraday.client.mesh import Mesh, Predicate
from faraday.client.tensors import Array

Where = npt.ArrayLike | Predicate
Given: TypeAlias = torch.Tensor | float


def diffusion(
    client: Client,
    mesh: Mesh,
    *,
    conductivity: torch.Tensor,
    dirichlet: tuple[Where, Given],
    source: Given | None = None,
    cell_source: Given | None = None,
    neumann: tuple[Where, Given] | None = None,
    degree: int = 1,
    session: str | None = None,
    timeout_s: float | None = None,
) -> torch.Tensor:
    """(points,): u of `client.fem.solve`, differentiable by every tensor that is given here.

    One number stands for all cells, points, given values or edges. Calls with the same `session`, a random UUID of
    yours, share meshes and factors; backward shares its forward's in any case. Raises `NotConverged` and
    `FaradayError`.
    """
    where, values = dirichlet
    edges, fluxes = (None, None) if neumann is None else neumann
    given = {
        "conductivity": conductivity,
        "source": source,
        "cell_source": cell_source,
        "dirichlet_values": values,
        "neumann_values": fluxes,
    }
    asked = solver(client, mesh, dirichlet=where, neumann=edges, degree=degree, session=session, timeout_s=timeout_s)
    present = {name: torch.as_tensor(value) for name, value in given.items() if value is not None}
    solved: torch.Tensor = _Solve.apply(asked, tuple(present), *present.values())  # type: ignore[no-untyped-call]
    return solved


class _Solve(torch.autograd.Function):
    """The data come behind the solver and their names; the conductivity is the first of them."""

    @staticmethod
    def forward(asked: Solver, names: Sequence[str], *values: torch.Tensor) -> torch.Tensor:
        return _tensor(asked.field(_data(names, values)), like=values[0])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.asked, ctx.names, *values = inputs
        ctx.save_for_backward(*values)
        ctx.save_for_forward(*values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[Any, ...]:
        values = ctx.saved_tensors
        found = ctx.asked.gradients(_data(ctx.names, values), _array(cotangent))
        return None, None, *(_tensor(found[name], like=value) for name, value in zip(ctx.names, values, strict=True))

    @staticmethod
    def jvp(ctx: Any, _asked: None, _names: None, *changes: torch.Tensor | None) -> torch.Tensor:
        values = ctx.saved_tensors
        direction = {
            name: _array(change) for name, change in zip(ctx.names, changes, strict=True) if change is not None
        }
        return _tensor(ctx.asked.tangent(_data(ctx.names, values), direction), like=values[0])


def _data(names: Sequence[str], values: Sequence[torch.Tensor]) -> dict[str, Array]:
    return {name: _array(value) for name, value in zip(names, values, strict=True)}


def _array(tensor: torch.Tensor) -> Array:
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float64)


def _tensor(array: Array, like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(array, dtype=like.dtype, device=like.device)
