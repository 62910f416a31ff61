from faraday.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Element(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ELEMENT_UNSPECIFIED: _ClassVar[Element]
    ELEMENT_P1: _ClassVar[Element]
    ELEMENT_P2: _ClassVar[Element]
ELEMENT_UNSPECIFIED: Element
ELEMENT_P1: Element
ELEMENT_P2: Element

class UnitSquare(_message.Message):
    __slots__ = ("x_count", "y_count")
    X_COUNT_FIELD_NUMBER: _ClassVar[int]
    Y_COUNT_FIELD_NUMBER: _ClassVar[int]
    x_count: int
    y_count: int
    def __init__(self, x_count: _Optional[int] = ..., y_count: _Optional[int] = ...) -> None: ...

class Triangles(_message.Message):
    __slots__ = ("nodes", "cells")
    NODES_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    nodes: _common_pb2.Tensor
    cells: _common_pb2.Tensor
    def __init__(self, nodes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Mesh(_message.Message):
    __slots__ = ("unit_square", "triangles")
    UNIT_SQUARE_FIELD_NUMBER: _ClassVar[int]
    TRIANGLES_FIELD_NUMBER: _ClassVar[int]
    unit_square: UnitSquare
    triangles: Triangles
    def __init__(self, unit_square: _Optional[_Union[UnitSquare, _Mapping]] = ..., triangles: _Optional[_Union[Triangles, _Mapping]] = ...) -> None: ...

class Diffusion(_message.Message):
    __slots__ = ("conductivity", "source", "cell_source", "dirichlet_points", "dirichlet_values", "neumann_edges", "neumann_values")
    CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_POINTS_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_VALUES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_EDGES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_VALUES_FIELD_NUMBER: _ClassVar[int]
    conductivity: _common_pb2.Tensor
    source: _common_pb2.Tensor
    cell_source: _common_pb2.Tensor
    dirichlet_points: _common_pb2.Tensor
    dirichlet_values: _common_pb2.Tensor
    neumann_edges: _common_pb2.Tensor
    neumann_values: _common_pb2.Tensor
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_edges: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class SolveRequest(_message.Message):
    __slots__ = ("options", "mesh", "element", "diffusion")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ...) -> None: ...

class SolveResponse(_message.Message):
    __slots__ = ("solution", "points", "cells", "cell_bound", "evidence")
    SOLUTION_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    CELL_BOUND_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    solution: _common_pb2.Tensor
    points: _common_pb2.Tensor
    cells: _common_pb2.Tensor
    cell_bound: _common_pb2.Tensor
    evidence: _common_pb2.Evidence
    def __init__(self, solution: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_bound: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ...) -> None: ...
