from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skfem import Mesh

from models.base import Array, Result, tensor
from models.fem.domain.batch import in_order
from models.fem.domain.task import DomainTask


@dataclass(frozen=True, kw_only=True)
class Posed(DomainTask):
    def check(self) -> None:
        self.check_domain(100_000)


@dataclass(frozen=True, kw_only=True)
class Nodes(Result):
    count: Array = tensor("int64", (1,), "of the mesh")


def test_neighbours_on_an_equal_domain_share_its_mesh_and_others_do_not() -> None:
    meshes: list[Mesh] = []

    def answer(task: Posed, mesh: Mesh) -> Nodes:
        meshes.append(mesh)
        return Nodes(count=np.array([mesh.p.shape[1]]))

    square = Posed(divisions=np.array([2, 2]))
    straight, curved = (Posed(shape="channel", divisions=np.array([4, 2, 4]), degree=degree) for degree in (1, 2))
    again = Posed(divisions=np.array([2, 2]), conditions="left: u = 0")
    longer = Posed(divisions=np.array([2, 2]), lengths=np.array([1.0, 2.0]))
    answers = in_order([square, again, straight, curved, longer], answer)
    assert all(isinstance(each, Nodes) for each in answers), answers
    assert meshes[0] is meshes[1]
    assert len({id(mesh) for mesh in meshes}) == 4  # cells of degree 2 follow the cylinder
