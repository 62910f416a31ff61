"""Conductivity from measured values of u: a problem whose solution takes many steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faraday.client import evidence
from faraday.client.diffusion import Diffusion
from faraday.client.errors import MalformedReply
from faraday.client.evidence import Evidence
from faraday.client.mesh import Mesh
from faraday.client.problem import element
from faraday.client.tensors import Array, decode, encode
from faraday.v1 import finite_element_pb2 as pb


@dataclass(frozen=True, eq=False)
class Inverse:
    """Find k, near the conductivity of `prior`, with which u is near to what was measured.

    `points` are numbers of mesh points, `values` what was measured there, `deviations` the standard deviations of that:
    one, or one for each. `patches` (cells,) are from 0, and cells of a patch share one factor. What is None is left to
    the server: `client.fem.problems()` tells its choice and the ranges.
    """

    prior: Diffusion
    points: npt.ArrayLike
    values: npt.ArrayLike
    deviations: npt.ArrayLike
    patches: npt.ArrayLike | None = None
    magnitude: float | None = None
    roughness: float | None = None
    largest_factor: float | None = None
    tolerance: float | None = None
    steps: int | None = None

    @property
    def mesh(self) -> Mesh:
        return self.prior.mesh

    def request(self) -> pb.SolveRequest:
        prior = self.prior
        message = pb.DiffusionInverse(
            measured_points=encode(np.asarray(self.points), "int64"),
            measured_values=encode(np.asarray(self.values)),
            measured_deviations=encode(np.atleast_1d(np.asarray(self.deviations))),
            magnitude=self.magnitude,
            roughness=self.roughness,
            largest_factor=self.largest_factor,
            tolerance=self.tolerance,
            steps=self.steps,
        )
        given = prior.message()
        for field, value in given.ListFields():
            getattr(message, field.name).CopyFrom(value)
        if self.patches is not None:
            message.patches.CopyFrom(encode(np.asarray(self.patches), "int64"))
        return pb.SolveRequest(mesh=prior.mesh.message(), element=element(prior.degree), diffusion_inverse=message)

    def answer(self, response: pb.SolveResponse) -> Identified:
        """Every array is empty after validate_only. Raises `MalformedReply`."""
        found = evidence.decode(response.evidence)
        if found.outcome is evidence.Outcome.VALIDATED:
            return Identified(np.empty(0), np.empty(0), np.empty(0), np.empty(0), found)
        outputs = {output.name: decode(output.tensor) for output in response.outputs}
        missing = {"conductivity", "residuals", "objective"} - outputs.keys()
        if missing or not response.HasField("solution"):
            raise MalformedReply(f"an answer came without its {', '.join(sorted(missing)) or 'solution'}")
        return Identified(
            conductivity=outputs["conductivity"],
            values=decode(response.solution),
            residuals=outputs["residuals"],
            objective=outputs["objective"],
            evidence=found,
        )


@dataclass(frozen=True, eq=False)
class Identified:
    """What explains the measurements."""

    conductivity: Array  # float64 (cells,)
    values: Array  # float64 (points,): u for it
    residuals: Array  # float64 (measured,): (u − measured) / deviation
    objective: Array  # float64: misfit plus penalty before the search and after each step
    evidence: Evidence
