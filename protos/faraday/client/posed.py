"""Any problem that a server lists, by its name and those of its data; and domains that the server cuts into cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faraday.client.conditions import Conditions, written
from faraday.client.problem import Domain, element
from faraday.client.solution import Solution, solution
from faraday.client.tensors import encode
from faraday.v1 import finite_element_pb2 as pb

Datum = npt.ArrayLike | str | Conditions
_BESIDE = ("error_bound", "integrals", "derivatives")  # fields of the request itself


@dataclass(frozen=True)
class Shape:
    """A domain by its name, as `client.fem.problems` lists them under `shape`."""

    name: str
    divisions: Sequence[int]  # bricks along each direction of the shape
    lengths: Sequence[float] | None = None  # of its sides, or its radii; the shape's own where None
    cell_kind: str = "triangle"

    def message(self) -> pb.Mesh:
        made = pb.Structured(divisions=encode(self.divisions, "int64"), shape=self.name, cell_kind=self.cell_kind)
        if self.lengths is not None:
            made.lengths.CopyFrom(encode(self.lengths, "float64"))
        return pb.Mesh(structured=made)

    def content(self) -> pb.Cells:
        raise ValueError(f"the server makes the mesh of a {self.name} itself")


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem by the name of its field in `SolveRequest.problem`.

    Arrays go as they are; numbers and lists of numbers as float64 where a tensor is wanted, so that a tensor of whole
    numbers takes an array of them. `conditions` may be a mapping: {"left": "u = 0", "right": "q = sin(pi*y)"}.
    """

    problem: str
    mesh: Domain
    data: Mapping[str, Datum]
    degree: int | None = None  # of the element; the problem's own where None

    def request(self) -> pb.SolveRequest:
        request = pb.SolveRequest(mesh=self.mesh.message())
        if self.degree is not None:
            request.element = element(self.degree)
        kinds = {field.name: field.message_type for field in request.DESCRIPTOR.oneofs_by_name["problem"].fields}
        if self.problem not in kinds:
            raise ValueError(f"there is no problem {self.problem!r}; choose among {', '.join(kinds)}")
        message = getattr(request, self.problem)
        message.SetInParent()
        known = {field.name: field for field in message.DESCRIPTOR.fields}
        for name, given in self.data.items():
            if name in _BESIDE:
                setattr(request, name, given)
                continue
            if name not in known:
                raise ValueError(f"{self.problem} takes no {name!r}; it takes {', '.join(known)}")
            if isinstance(given, Mapping):
                setattr(message, name, written(given))
            elif known[name].message_type is None:
                setattr(message, name, given)
            else:
                whole = isinstance(given, np.ndarray)
                getattr(message, name).CopyFrom(encode(np.atleast_1d(given), None if whole else "float64"))
        return request

    def answer(self, response: pb.SolveResponse) -> Solution:
        return solution(response)
