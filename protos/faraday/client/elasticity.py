"""Linear elasticity: −div σ(u) = f, u prescribed by components, σ n = t on traction facets, no traction elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faraday.client.mesh import Mesh, Predicate
from faraday.client.problem import element
from faraday.client.solution import Solution, solution
from faraday.client.tensors import Array, encode
from faraday.client.values import Values, facets_of, many, one_or_many, points_of, vectors
from faraday.v1 import finite_element_pb2 as pb

Where = npt.ArrayLike | Predicate
# A displacement: a component for each axis, None where it is free; or one number for all of them.
Displacement = float | Sequence[Values | None]
Vector = npt.ArrayLike | Callable[..., npt.ArrayLike]  # a function of the coordinates returns a component for each axis

_WHOLE = {"fixed_points", "fixed_axes", "traction_facets"}


@dataclass(frozen=True, eq=False)
class Elasticity:
    """What `client.fem.elasticity` takes: see there."""

    mesh: Mesh
    young_modulus: Values
    poisson_ratio: Values
    fixed: Sequence[tuple[Where, Displacement]]
    body_force: Vector | None = None
    tractions: Sequence[tuple[Where, Vector]] = ()
    expansion: Values | None = None
    temperature: Values | None = None
    cell_temperature: Values | None = None
    plane: str = "strain"
    degree: int = 2

    def request(self) -> pb.SolveRequest:
        arrays = {name: encode(array, "int64" if name in _WHOLE else None) for name, array in self._arrays().items()}
        return pb.SolveRequest(
            mesh=self.mesh.message(),
            element=element(self.degree),
            elasticity=pb.Elasticity(plane=self.plane, **arrays),
        )

    def answer(self, response: pb.SolveResponse) -> Solution:
        return solution(response)

    def _arrays(self) -> dict[str, Array]:
        centroids = self.mesh.centroids
        arrays = {
            "young_modulus": one_or_many(self.young_modulus, centroids),
            "poisson_ratio": one_or_many(self.poisson_ratio, centroids),
            **self._fixed(),
            **self._tractions(),
        }
        if self.body_force is not None:
            arrays["body_force"] = vectors(self.body_force, self.mesh.points(self.degree))
        if self.expansion is not None:
            arrays["expansion"] = one_or_many(self.expansion, centroids)
        if self.temperature is not None:
            arrays["temperature"] = one_or_many(self.temperature, self.mesh.nodes)
        if self.cell_temperature is not None:
            arrays["cell_temperature"] = many(self.cell_temperature, centroids)
        return arrays

    def _fixed(self) -> dict[str, Array]:
        """Where two entries prescribe the same component, the later one counts."""
        given: dict[tuple[int, int], float] = {}
        axis_count = self.mesh.nodes.shape[1]
        for where, displacement in self.fixed:
            points = points_of(self.mesh, where, self.degree, "fixed")
            places = self.mesh.points(self.degree)[points]
            for axis, component in enumerate(_components(displacement, axis_count)):
                if component is not None:
                    values = many(component, places).tolist()
                    given |= {(point, axis): value for point, value in zip(points.tolist(), values, strict=True)}
        pairs = np.array([*given], dtype=np.int64).reshape(-1, 2)
        return {"fixed_points": pairs[:, 0], "fixed_axes": pairs[:, 1], "fixed_values": np.array([*given.values()])}

    def _tractions(self) -> dict[str, Array]:
        """A row for each node of a facet: functions are linear between them."""
        if not self.tractions:
            return {}
        facets = [facets_of(self.mesh, where, "a traction") for where, _ in self.tractions]
        values = [_traction(self.mesh, each, given) for each, (_, given) in zip(facets, self.tractions, strict=True)]
        return {"traction_facets": np.concatenate(facets), "traction_values": np.concatenate(values)}


def _components(displacement: Displacement, axis_count: int) -> Sequence[Values | None]:
    if isinstance(displacement, int | float):
        return [displacement] * axis_count
    if len(displacement) != axis_count:
        raise ValueError(f"a displacement has {len(displacement)} components; {axis_count} are needed, None where free")
    return displacement


def _traction(mesh: Mesh, facets: Array, values: Vector) -> Array:
    """(facets, nodes of each, axes)"""
    places = mesh.nodes[facets]
    rows = vectors(values, places.reshape(-1, places.shape[-1]))
    return np.broadcast_to(rows, (places.shape[0] * places.shape[1], places.shape[2])).reshape(places.shape)
