"""Derivatives and functionals of a solution, as `client.fem.differentiate` and `evaluate` take and return them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy.typing as npt

from faraday.client import evidence
from faraday.client.evidence import Evidence
from faraday.client.problem import Problem, read
from faraday.client.tensors import Array, decode, encode
from faraday.v1 import finite_element_pb2 as pb

Asking = TypeVar("Asking", pb.DifferentiateRequest, pb.EvaluateFunctionalRequest)

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
    """J(u) = cotangent·u + ½ Σ ((u − measured) / deviation)² + integrals; what is None counts for nothing.

    `integrals` are over "cells" or boundaries, and added up: "cells: u**2; right: conductivity*dn(u)". Formulas may
    speak of u (ux, uy, uz of a vector, p of a flow, re and im of a wave), of grad(u), dx(u), dy(u), dz(u), of x, y, z
    and of the problem's coefficients; on boundaries of dn(u) along the normal n = (nx, ny, nz), too. Measured values
    are of `Diffusion` only.
    """

    cotangent: npt.ArrayLike | None = None  # of u's shape: the derivatives of J by u
    measured_points: npt.ArrayLike | None = None  # (measured,): point numbers
    measured_values: npt.ArrayLike | None = None  # (measured,)
    measured_deviations: npt.ArrayLike | None = None  # (1,) or (measured,), above 0; 1 if None
    integrals: str | None = None

    def message(self) -> pb.Functional:
        arrays = {name: given for name, given in vars(self).items() if given is not None and name != "integrals"}
        message = pb.Functional(integrals=self.integrals)
        for name, given in arrays.items():
            getattr(message, name).CopyFrom(encode(given, "int64" if name == "measured_points" else "float64"))
        return message


@dataclass(frozen=True, eq=False)
class Derivative:
    """After `validate_only` only the evidence says anything."""

    value: float  # J(u)
    solution: Array  # (points,), or as the problem's answer has it: u
    adjoint: Array | None  # (points,): dJ by the load, of diffusion; None of others
    gradients: Mapping[str, Array]  # dJ by the problem's data, by name; one for each cell, point or given value
    tangent: Array | None  # (points,): the derivative of u along the direction; None without one
    evidence: Evidence


@dataclass(frozen=True)
class Value:
    """The value of a functional, and why to believe it."""

    value: float
    evidence: Evidence


def asked(kind: type[Asking], problem: Problem[Any], functional: Functional, session: str) -> Asking:
    """The request about a functional of a problem. ValueError where the method does not know it."""
    posed = problem.request()
    name = posed.WhichOneof("problem")
    request = kind(mesh=posed.mesh, element=posed.element, functional=functional.message(), session=session)
    if posed.integrals:
        raise ValueError("integrals are said in the functional, not in the problem")
    known = [field.name for field in kind.DESCRIPTOR.oneofs_by_name["problem"].fields]
    if name not in known:
        raise ValueError(f"has no functionals here: {name}; choose among {', '.join(known)}")
    getattr(request, name).CopyFrom(getattr(posed, name))
    return request


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
        solution=decode(nothing if validated else response.solution),
        adjoint=read(response.adjoint, "adjoint", 1) if response.HasField("adjoint") else None,
        gradients={each.name: decode(each.tensor) for each in response.gradients},
        tangent=read(response.solution_tangent, "tangent", 1) if response.HasField("solution_tangent") else None,
        evidence=found,
    )


def value(response: pb.EvaluateFunctionalResponse) -> Value:
    return Value(response.value, evidence.decode(response.evidence))
