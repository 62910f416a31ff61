"""Derivatives and functionals of a solution, as `client.fem.differentiate` and `evaluate` take and return them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy.typing as npt

from faraday.client import evidence
from faraday.client.evidence import Evidence
from faraday.client.problem import read
from faraday.client.tensors import Array, decode, encode
from faraday.v1 import finite_element_pb2 as pb

# The names of a problem's data, and those that their tangents have.
TANGENTS = {
    "conductivity": "conductivity_tangent",
    "source": "source_tangent",
    "cell_source": "cell_source_tangent",
    "dirichlet_values": "dirichlet_tangent",
    "neumann_values": "neumann_tangent",
}


@dataclass(frozen=True, eq=False)
class Functional:
    """J(u) = cotangent·u + ½ Σ ((u − measured) / deviation)²; what is None counts for nothing."""

    cotangent: npt.ArrayLike | None = None  # (points,): the derivatives of J by u
    measured_points: npt.ArrayLike | None = None  # (measured,): point numbers
    measured_values: npt.ArrayLike | None = None  # (measured,)
    measured_deviations: npt.ArrayLike | None = None  # (1,) or (measured,), above 0; 1 if None

    def message(self) -> pb.Functional:
        arrays = {name: given for name, given in vars(self).items() if given is not None}
        whole = {"measured_points": "int64"}
        return pb.Functional(**{name: encode(given, whole.get(name, "float64")) for name, given in arrays.items()})


@dataclass(frozen=True, eq=False)
class Derivative:
    """After `validate_only` only the evidence says anything."""

    value: float  # J(u)
    solution: Array  # (points,): u
    adjoint: Array  # (points,): dJ by the load
    gradients: Mapping[str, Array]  # dJ by the problem's data, by name; one for each cell, point or given value
    tangent: Array | None  # (points,): the derivative of u along the direction; None without one
    evidence: Evidence


@dataclass(frozen=True)
class Value:
    """The value of a functional, and why to believe it."""

    value: float
    evidence: Evidence


def tangent_message(direction: Mapping[str, npt.ArrayLike]) -> pb.DiffusionTangent:
    """Of changes by the names of the data. ValueError for a name that is none."""
    unknown = direction.keys() - TANGENTS.keys()
    if unknown:
        raise ValueError(f"there is no {', '.join(sorted(unknown))} to change; choose among {', '.join(TANGENTS)}")
    return pb.DiffusionTangent(**{TANGENTS[name]: encode(given, "float64") for name, given in direction.items()})


def derivative(response: pb.DifferentiateResponse) -> Derivative:
    """Raises `MalformedReply`."""
    found = evidence.decode(response.evidence)
    validated = found.outcome is evidence.Outcome.VALIDATED
    nothing = encode([], "float64")
    return Derivative(
        value=response.value,
        solution=read(nothing if validated else response.solution, "solution", 1),
        adjoint=read(nothing if validated else response.adjoint, "adjoint", 1),
        gradients={each.name: decode(each.tensor) for each in response.gradients},
        tangent=read(response.solution_tangent, "tangent", 1) if response.HasField("solution_tangent") else None,
        evidence=found,
    )


def value(response: pb.EvaluateFunctionalResponse) -> Value:
    return Value(response.value, evidence.decode(response.evidence))
