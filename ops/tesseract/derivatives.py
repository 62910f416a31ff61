"""Which models differentiate what, and how a product with a Jacobian is asked of them: one row each.

A vector-Jacobian product is a model's gradient of J = Σ cotangent · output; for `fem.diffusion` that is a model of its
own, for the others an answer to the cotangent among their inputs. `fem.diffusion.gradient` knows tangents, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.base import Array, Refusal
from models.schema import Flat


@dataclass(frozen=True)
class Derivative:
    """`model` answers for the one whose row it is. Names of endpoints come first, of its fields second."""

    model: str
    cotangents: Mapping[str, str]  # of an output: the input that takes its cotangent
    gradients: Mapping[str, str]  # of an input: the output that is its gradient
    tangents: Mapping[str, str] = field(default_factory=dict)  # of an input: the one that takes its tangent
    pushed: Mapping[str, str] = field(default_factory=dict)  # of an output: the one that is its tangent
    unasked: tuple[str, ...] = ()  # inputs of the original that no derivative depends on, unknown to `model`

    def inputs(self, given: Flat) -> Flat:
        """What of a call's inputs goes to `model`."""
        left_out = {*self.unasked, *self.cotangents.values(), *self.tangents.values()}
        scalars, arrays = given
        return (
            {name: value for name, value in scalars.items() if name not in left_out},
            {name: array for name, array in arrays.items() if name not in left_out},
        )

    @property
    def spellings(self) -> dict[str, str]:
        """How a call of a product names the fields that `model` may find wrong."""
        return {
            **{theirs: f"cotangent_vector[{name}]" for name, theirs in self.cotangents.items()},
            **{theirs: f"tangent_vector[{name}]" for name, theirs in self.tangents.items()},
        }


def check_names(asked: Iterable[str], known: Iterable[str], said: str) -> None:
    """Raise `Refusal` at the field `said` unless all of `asked` are `known`, and there are any."""
    choices = ", ".join(known)
    wrong = [name for name in asked if name not in known]
    if wrong or not asked:
        what = f"names {wrong[0][:80]!r}" if wrong else "names nothing"
        raise Refusal("NOT_DIFFERENTIABLE", f"{what}; choose of {choices}", said, {"known": choices})


def check_vector(vector: Iterable[str], asked: Iterable[str], said: str, names: str) -> None:
    """Raise `Refusal` unless the vector has an entry for each name that is asked for, and no other."""
    if set(vector) != set(asked):
        raise Refusal("MALFORMED_VECTOR", f"must have the names of {names}, each once", said)


def pulled_back(gradient: Array, like: Array) -> Array:
    """The gradient by an input of this shape: where one value stands for all cells or points, the sum over them."""
    over = tuple(axis for axis, size in enumerate(like.shape) if size == 1 and gradient.shape[axis] != 1)
    summed: Array = np.sum(gradient, axis=over, keepdims=True) if over else gradient
    return summed


_U = {"u": "cotangent"}
_FLOW = {"velocity": "velocity_cotangent", "pressure": "pressure_cotangent", "body_force": "force_cotangent"}


def _own(model: str, cotangents: Mapping[str, str], **gradients: str) -> Derivative:
    return Derivative(model, cotangents, {name: f"{theirs}_gradient" for name, theirs in gradients.items()})


def _both_ways(row: Derivative, **tangents: str) -> Derivative:
    return replace(row, tangents=tangents, pushed={"u": "u_tangent"})


_DIFFUSION = {
    "conductivity": "conductivity",
    "source": "source",
    "cell_source": "cell_source",
    "dirichlet_values": "dirichlet",
    "neumann_values": "neumann",
}

DERIVATIVES: Mapping[str, Derivative] = {
    "fem.diffusion": Derivative(
        "fem.diffusion.gradient",
        _U,
        gradients={name: f"{stem}_gradient" for name, stem in _DIFFUSION.items()},
        tangents={name: f"{stem}_tangent" for name, stem in _DIFFUSION.items()},
        pushed={"u": "u_tangent"},
        unasked=("error_bound",),
    ),
    "fem.form": _both_ways(
        _own("fem.form", _U, coefficient_values="coefficient"), coefficient_values="coefficient_tangent"
    ),
    "fem.heat": _own("fem.heat", _U, conductivity="conductivity", capacity="capacity", initial_values="initial"),
    "fem.helmholtz": _own("fem.helmholtz", _U, wave_speed="wave_speed", damping="damping"),
    "fem.hyperelasticity": _own(
        "fem.hyperelasticity",
        {"displacement": "cotangent"},
        young_modulus="young_modulus",
        poisson_ratio="poisson_ratio",
        point_force="force",
    ),
    "fem.modes": _own("fem.modes", {"eigenvalues": "cotangent"}, density="density"),
    "fem.navier_stokes": _own("fem.navier_stokes", _FLOW, viscosity="viscosity", point_force="force"),
    "fem.nonlinear_diffusion": _both_ways(
        _own("fem.nonlinear_diffusion", _U, conductivity="conductivity", point_source="source"),
        conductivity="conductivity_tangent",
    ),
    "fem.stokes": _own("fem.stokes", _FLOW, viscosity="viscosity", point_force="force"),
    "fem.transport": _both_ways(
        _own("fem.transport", _U, diffusivity="diffusivity", reaction="reaction"),
        diffusivity="diffusivity_tangent",
        reaction="reaction_tangent",
    ),
}
