"""An elastic body of simplices as a client poses it: mesh, moduli, tractions and supports. Light: NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Array, Task, tensor


@dataclass(frozen=True, kw_only=True)
class BodyTask(Task):
    """What elasticity and the search for a topology have in common."""

    divisions: Array | None = tensor(
        "int64", ("axes",), "(nx, ny) or (nx, ny, nz): a rectangle or box of so many equal bricks", optional=True
    )
    lengths: Array | None = tensor("float64", ("axes",), "its lengths; 1 where absent", optional=True)
    nodes: Array | None = tensor("float64", ("nodes", "axes"), "coordinates of a mesh of your own", optional=True)
    cells: Array | None = tensor(
        "int64",
        ("cells", 3),
        "node numbers of each triangle or tetrahedron, in either orientation",
        optional=True,
        alternatives=(("cells", 4),),
    )
    young_modulus: Array = tensor("float64", (-1,), "E > 0, of full material: one value, or one per cell")
    poisson_ratio: Array = tensor("float64", (-1,), "-1 < ν < 0.5: one value, or one per cell")
    traction_facets: Array | None = tensor(
        "int64", ("tractions", "axes"), "boundary edges or faces with a given traction, by their nodes", optional=True
    )
    traction_values: Array | None = tensor(
        "float64",
        ("tractions", "axes"),
        "t per area on each: constant, or linear with a row for each of its nodes",
        optional=True,
        alternatives=(("tractions", -1, "axes"),),
    )
    fixed_points: Array | None = tensor("int64", ("fixed",), "points with a prescribed component", optional=True)
    fixed_axes: Array | None = tensor("int64", ("fixed",), "which component: 0, 1 or 2", optional=True)

    @property
    def dimension(self) -> int:
        """Of the mesh, where it is one."""
        if self.divisions is not None:
            return len(self.divisions)
        return 3 if self.nodes is not None and self.nodes.shape[1] == 3 else 2
