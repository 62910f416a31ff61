"""Every way in which the client's solves can be differentiated: NumPy by hand, torch, JAX.

J = ½ Σ w u², so that its derivative by u depends on u.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np

from faraday.client import Client, Mesh, unit_square
from faraday.client.differentiable import solver
from faraday.client.tensors import Array
from faraday.client.values import everywhere

Where = Callable[..., Array]
Data = Mapping[str, Array]
# J and its gradient by each of the data.
ValueAndGradients = Callable[[Client, Mesh, int, Where, Where, Data, Array], tuple[float, dict[str, Array]]]


def by_hand(
    client: Client, mesh: Mesh, degree: int, dirichlet: Where, neumann: Where, data: Data, weights: Array
) -> tuple[float, dict[str, Array]]:
    asked = solver(client, mesh, dirichlet=dirichlet, neumann=neumann, degree=degree)
    u = asked.field(data)
    return float(weights @ u**2) / 2, asked.gradients(data, weights * u)


def by_torch(
    client: Client, mesh: Mesh, degree: int, dirichlet: Where, neumann: Where, data: Data, weights: Array
) -> tuple[float, dict[str, Array]]:
    import torch

    from faraday.client.torch import diffusion

    given = {name: torch.tensor(value, requires_grad=True) for name, value in data.items()}
    u = diffusion(
        client,
        mesh,
        conductivity=given["conductivity"],
        source=given["source"],
        cell_source=given["cell_source"],
        dirichlet=(dirichlet, given["dirichlet_values"]),
        neumann=(neumann, given["neumann_values"]),
        degree=degree,
    )
    loss = torch.tensor(weights) @ u**2 / 2
    loss.backward()
    return loss.item(), {name: value.grad.numpy() for name, value in given.items()}


def by_jax(
    client: Client, mesh: Mesh, degree: int, dirichlet: Where, neumann: Where, data: Data, weights: Array
) -> tuple[float, dict[str, Array]]:
    import jax

    from faraday.client.jax import diffusion

    def loss(given: Data) -> jax.Array:
        u = diffusion(
            client,
            mesh,
            conductivity=given["conductivity"],
            source=given["source"],
            cell_source=given["cell_source"],
            dirichlet=(dirichlet, given["dirichlet_values"]),
            neumann=(neumann, given["neumann_values"]),
            degree=degree,
        )
        return weights @ u**2 / 2

    with jax.enable_x64(True):
        value, gradients = jax.jit(jax.value_and_grad(loss))(dict(data))
        return float(value), {name: np.asarray(gradient) for name, gradient in gradients.items()}


FRAMEWORKS: dict[str, ValueAndGradients] = {
    "numpy": by_hand,
    "torch": by_torch,
    "jax": by_jax,
}


def no_cotangent_has_no_gradient(client: Client) -> None:
    asked = solver(client, unit_square(3), dirichlet=everywhere)
    data = {"conductivity": np.ones(1), "source": np.ones(1), "dirichlet_values": np.zeros(1)}
    assert not any(gradient.any() for gradient in asked.gradients(data, np.zeros(16)).values())


def torch_forward_mode_is_the_tangent(client: Client) -> None:
    import torch
    from torch.autograd import forward_ad

    from faraday.client.torch import diffusion

    mesh = unit_square(4)
    conductivity, change = torch.linspace(1, 2, 32, dtype=torch.float64), torch.ones(32, dtype=torch.float64)
    with forward_ad.dual_level(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch 2.13 scripts its own rules by what it deprecates
        dual = forward_ad.make_dual(conductivity, change)
        u = diffusion(client, mesh, conductivity=dual, source=1.0, dirichlet=(everywhere, 0.0))
        tangent = forward_ad.unpack_dual(u).tangent
    data = {"conductivity": conductivity.numpy(), "source": np.ones(()), "dirichlet_values": np.zeros(())}
    asked = solver(client, mesh, dirichlet=everywhere)
    np.testing.assert_allclose(tangent.numpy(), asked.tangent(data, {"conductivity": np.ones(32)}), rtol=1e-12)


def torch_keeps_the_precision_of_the_conductivity(client: Client) -> None:
    import torch

    from faraday.client.torch import diffusion

    k = torch.ones(8, requires_grad=True)
    u = diffusion(client, unit_square(2), conductivity=k, source=1.0, dirichlet=(everywhere, 0.0))
    u.sum().backward()
    assert u.dtype == torch.float32
    assert k.grad is not None and k.grad.dtype == torch.float32


def jax_forward_mode_is_the_tangent(client: Client) -> None:
    import jax
    import jax.numpy as jnp

    from faraday.client.jax import diffusion

    mesh = unit_square(4)

    def field(k: jax.Array) -> jax.Array:
        return diffusion(client, mesh, conductivity=k, source=1.0, dirichlet=(everywhere, 0.0), forward_mode=True)

    with jax.enable_x64(True):
        conductivity, change = jnp.linspace(1, 2, 32), jnp.ones(32)
        _, tangent = jax.jvp(field, (conductivity,), (change,))
        _, again = jax.jit(lambda k, way: jax.jvp(field, (k,), (way,)))(conductivity, change)
        gradient = jax.jit(jax.grad(lambda k: field(k).sum()))(conductivity)
    data = {"conductivity": np.asarray(conductivity), "source": np.ones(()), "dirichlet_values": np.zeros(())}
    expected = solver(client, mesh, dirichlet=everywhere).tangent(data, {"conductivity": np.ones(32)})
    np.testing.assert_allclose(tangent, expected, rtol=1e-12)
    np.testing.assert_allclose(again, expected, rtol=1e-12)
    np.testing.assert_allclose(
        np.asarray(gradient).sum(), expected.sum(), rtol=1e-10
    )  # the other mode, along the same change


def jax_keeps_the_precision_of_the_data(client: Client) -> None:
    import jax
    import jax.numpy as jnp

    from faraday.client.jax import diffusion

    def total(k: jax.Array) -> jax.Array:
        return diffusion(client, unit_square(2), conductivity=k, source=1.0, dirichlet=(everywhere, 0.0)).sum()

    gradient = jax.grad(total)(jnp.ones(8))
    assert gradient.dtype == jnp.float32
    np.testing.assert_allclose(gradient.sum(), -total(jnp.ones(8)), rtol=1e-5)  # u is proportional to 1/k


def jax_asks_for_each_of_a_vmapped_batch(client: Client) -> None:
    import jax
    import jax.numpy as jnp

    from faraday.client.jax import diffusion

    def highest(k: jax.Array) -> jax.Array:
        return diffusion(client, unit_square(4), conductivity=k, source=1.0, dirichlet=(everywhere, 0.0)).max()

    found = jax.jit(jax.vmap(jax.grad(highest)))(jnp.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(found, found[0] / np.array([1.0, 4.0, 16.0]), rtol=1e-5)


def jax_takes_large_fields_inside_jit(client: Client) -> None:
    """Above a size JAX hands arrays to callbacks without waiting for them."""
    import jax
    import jax.numpy as jnp

    from faraday.client.jax import diffusion

    mesh = unit_square(96)

    @jax.jit
    def total(k: jax.Array) -> jax.Array:
        u = diffusion(client, mesh, conductivity=jnp.exp(k), source=1.0, dirichlet=(everywhere, 0.0))
        return jnp.sum(u**2)

    gradient = jax.jit(jax.grad(total))(jnp.zeros(len(mesh.cells)))
    np.testing.assert_allclose(gradient.sum(), -2 * total(jnp.zeros(len(mesh.cells))), rtol=1e-4)


def jax_raises_what_the_server_refuses(client: Client) -> None:
    import jax
    import jax.numpy as jnp
    import pytest

    from faraday.client.jax import diffusion

    with pytest.raises(jax.errors.JaxRuntimeError, match="NOT_POSITIVE"):
        diffusion(client, unit_square(2), conductivity=-jnp.ones(1), dirichlet=(everywhere, 0.0)).block_until_ready()


CHECKS: dict[str, Callable[[Client], None]] = {
    check.__name__.replace("_", " "): check
    for check in (
        no_cotangent_has_no_gradient,
        torch_forward_mode_is_the_tangent,
        torch_keeps_the_precision_of_the_conductivity,
        jax_forward_mode_is_the_tangent,
        jax_keeps_the_precision_of_the_data,
        jax_asks_for_each_of_a_vmapped_batch,
        jax_takes_large_fields_inside_jit,
        jax_raises_what_the_server_refuses,
    )
}
