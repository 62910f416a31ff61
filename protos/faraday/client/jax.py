"""Differentiable solves for JAX: `u = diffusion(client, mesh, conductivity=k, dirichlet=(where, g))` inside `jax.grad`.

The calls are host callbacks (`jax.pure_callback`), so that they work inside `jax.jit`; under `jax.vmap` they are made
one after another. Numbers travel as float64 and come back in the dtype of the data: float32, unless `jax_enable_x64` is
set. Reverse mode only: JAX takes one rule for a function, and one for forward mode by callbacks has no transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from faraday.client.client import Client
from faraday.client.differentiable import Solver, solver
from faraday.client.mesh import Mesh, Predicate
from faraday.client.tensors import Array

Where = npt.ArrayLike | Predicate


def diffusion(
    client: Client,
    mesh: Mesh,
    *,
    conductivity: jax.typing.ArrayLike,
    dirichlet: tuple[Where, jax.typing.ArrayLike],
    source: jax.typing.ArrayLike | None = None,
    cell_source: jax.typing.ArrayLike | None = None,
    neumann: tuple[Where, jax.typing.ArrayLike] | None = None,
    degree: int = 1,
    session: str | None = None,
    timeout_s: float | None = None,
) -> jax.Array:
    """(points,): u of `client.fem.solve`, differentiable by every array that is given here.

    One number stands for all cells, points, given values or edges. Calls with the same `session`, a random UUID of
    yours, share meshes and factors; a gradient shares its value's in any case. What the server refuses, or did not
    solve, is raised as JAX raises what happens in a callback: a `JaxRuntimeError` that quotes it.
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
    present = {name: jnp.asarray(value, dtype=float) for name, value in given.items() if value is not None}
    solved: jax.Array = _solve(asked, tuple(present))(*present.values())
    return solved


def _solve(asked: Solver, names: Sequence[str]) -> Callable[..., Any]:
    """u of the data with these names."""

    def field(*values: jax.Array) -> Array:
        return np.asarray(asked.field(_data(names, values)), dtype=values[0].dtype)

    def gradients(cotangent: jax.Array, *values: jax.Array) -> tuple[Array, ...]:
        found = asked.gradients(_data(names, values), np.asarray(cotangent, dtype=np.float64))
        return tuple(np.asarray(found[name], dtype=value.dtype) for name, value in zip(names, values, strict=True))

    @jax.custom_vjp  # type: ignore[untyped-decorator]  # jax is not there where types are checked
    def solve(*values: jax.Array) -> Any:
        shape = jax.ShapeDtypeStruct((asked.point_count,), values[0].dtype)
        return jax.pure_callback(field, shape, *values, vmap_method="sequential")

    def forward(*values: jax.Array) -> tuple[Any, tuple[jax.Array, ...]]:
        return solve(*values), values

    def backward(values: tuple[jax.Array, ...], cotangent: jax.Array) -> Any:
        shapes = tuple(jax.ShapeDtypeStruct(value.shape, value.dtype) for value in values)
        return jax.pure_callback(gradients, shapes, cotangent, *values, vmap_method="sequential")

    solve.defvjp(forward, backward)
    made: Callable[..., Any] = solve
    return made


def _data(names: Sequence[str], values: Sequence[jax.Array]) -> dict[str, Array]:
    return {name: np.asarray(value, dtype=np.float64) for name, value in zip(names, values, strict=True)}
