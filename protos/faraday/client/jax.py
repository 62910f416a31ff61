"""Differentiable solves for JAX: `u = diffusion(client, mesh, conductivity=k, dirichlet=(where, g))` inside `jax.grad`.

The calls are host callbacks (`jax.pure_callback`), so that they work inside `jax.jit`; under `jax.vmap` they are made
one after another. Numbers travel as float64 and come back in the dtype of the data: float32, unless `jax_enable_x64` is
set. Reverse mode asks for a vector-Jacobian product, forward mode for a Jacobian-vector product. JAX takes one rule for
a function: that of both modes is a linear function with its transpose (`linear_call`), which has no rule for batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.custom_derivatives import SymbolicZero, linear_call

from faraday.client.client import Client
from faraday.client.differentiable import Solver, solver
from faraday.client.mesh import Mesh, Predicate
from faraday.client.tensors import Array

Where = npt.ArrayLike | Predicate
Values = Sequence[jax.Array]


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
    forward_mode: bool = False,
    session: str | None = None,
    timeout_s: float | None = None,
) -> jax.Array:
    """(points,): u of `client.fem.solve`, differentiable by every array that is given here.

    One number stands for all cells, points, given values or edges. With `forward_mode` it knows `jax.jvp` beside
    reverse mode, and then `jax.vmap` does not know its derivatives. Calls with the same `session`, a random UUID of
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
    rule = _both if forward_mode else _reverse
    solved: jax.Array = rule(_Calls(asked, tuple(present)))(*present.values())
    return solved


@dataclass(frozen=True)
class _Calls:
    """What the server is asked, as functions of arrays: u of the data with these names, and its derivatives."""

    asked: Solver
    names: tuple[str, ...]

    def field(self, *values: jax.Array) -> Any:
        def ask(*given: jax.Array) -> Array:
            return np.asarray(self.asked.field(_data(self.names, given)), dtype=given[0].dtype)

        return jax.pure_callback(ask, self._shape(values), *values, vmap_method="sequential")

    def tangent(self, values: Values, changed: Sequence[int], changes: Values) -> Any:
        """Along changes of some of the data."""

        def ask(given: Values, ways: Values) -> Array:
            direction = _data([self.names[at] for at in changed], ways)
            return np.asarray(self.asked.tangent(_data(self.names, given), direction), dtype=given[0].dtype)

        return jax.pure_callback(ask, self._shape(values), tuple(values), tuple(changes), vmap_method="sequential")

    def gradients(self, values: Values, changed: Sequence[int], cotangent: jax.Array) -> Any:
        """By some of the data."""

        def ask(given: Values, slope: jax.Array) -> tuple[Array, ...]:
            found = self.asked.gradients(_data(self.names, given), np.asarray(slope, dtype=np.float64))
            return tuple(np.asarray(found[self.names[at]], dtype=given[at].dtype) for at in changed)

        shapes = tuple(jax.ShapeDtypeStruct(values[at].shape, values[at].dtype) for at in changed)
        return jax.pure_callback(ask, shapes, tuple(values), cotangent, vmap_method="sequential")

    def _shape(self, values: Values) -> Any:
        return jax.ShapeDtypeStruct((self.asked.point_count,), values[0].dtype)


def _reverse(calls: _Calls) -> Callable[..., Any]:
    """u with the rule of reverse mode."""
    every = range(len(calls.names))
    solve = jax.custom_vjp(calls.field)
    solve.defvjp(
        lambda *values: (calls.field(*values), values), lambda values, slope: calls.gradients(values, every, slope)
    )
    made: Callable[..., Any] = solve
    return made


def _both(calls: _Calls) -> Callable[..., Any]:
    """u with one rule for both modes: the product with a tangent, of which JAX is told the transpose."""
    solve = jax.custom_jvp(calls.field)

    def derivative(values: Values, changes: Sequence[Any]) -> Any:
        changed = [at for at, change in enumerate(changes) if not isinstance(change, SymbolicZero)]
        tangent = linear_call(
            lambda given, ways: calls.tangent(given, changed, ways),
            lambda given, slope: calls.gradients(given, changed, slope),
            tuple(values),
            tuple(changes[at] for at in changed),
        )
        return calls.field(*values), tangent

    solve.defjvp(derivative, symbolic_zeros=True)
    made: Callable[..., Any] = solve
    return made


def _data(names: Sequence[str], values: Sequence[jax.Array]) -> dict[str, Array]:
    return {name: np.asarray(value, dtype=np.float64) for name, value in zip(names, values, strict=True)}
