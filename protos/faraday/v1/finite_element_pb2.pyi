from faraday.v1 import common_pb2 as _common_pb2
from google.longrunning import operations_pb2 as _operations_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
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

class Structured(_message.Message):
    __slots__ = ("divisions", "lengths", "shape", "cell_kind")
    DIVISIONS_FIELD_NUMBER: _ClassVar[int]
    LENGTHS_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    CELL_KIND_FIELD_NUMBER: _ClassVar[int]
    divisions: _common_pb2.Tensor
    lengths: _common_pb2.Tensor
    shape: str
    cell_kind: str
    def __init__(self, divisions: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., lengths: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., shape: _Optional[str] = ..., cell_kind: _Optional[str] = ...) -> None: ...

class Cells(_message.Message):
    __slots__ = ("nodes", "cells", "boundary_facets", "boundary_labels", "boundary_names")
    NODES_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    BOUNDARY_FACETS_FIELD_NUMBER: _ClassVar[int]
    BOUNDARY_LABELS_FIELD_NUMBER: _ClassVar[int]
    BOUNDARY_NAMES_FIELD_NUMBER: _ClassVar[int]
    nodes: _common_pb2.Tensor
    cells: _common_pb2.Tensor
    boundary_facets: _common_pb2.Tensor
    boundary_labels: _common_pb2.Tensor
    boundary_names: str
    def __init__(self, nodes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., boundary_facets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., boundary_labels: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., boundary_names: _Optional[str] = ...) -> None: ...

class Mesh(_message.Message):
    __slots__ = ("unit_square", "triangles", "structured", "cells", "mesh_id")
    UNIT_SQUARE_FIELD_NUMBER: _ClassVar[int]
    TRIANGLES_FIELD_NUMBER: _ClassVar[int]
    STRUCTURED_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    MESH_ID_FIELD_NUMBER: _ClassVar[int]
    unit_square: UnitSquare
    triangles: Triangles
    structured: Structured
    cells: Cells
    mesh_id: str
    def __init__(self, unit_square: _Optional[_Union[UnitSquare, _Mapping]] = ..., triangles: _Optional[_Union[Triangles, _Mapping]] = ..., structured: _Optional[_Union[Structured, _Mapping]] = ..., cells: _Optional[_Union[Cells, _Mapping]] = ..., mesh_id: _Optional[str] = ...) -> None: ...

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

class Elasticity(_message.Message):
    __slots__ = ("plane", "young_modulus", "poisson_ratio", "body_force", "traction_facets", "traction_values", "fixed_points", "fixed_axes", "fixed_values", "expansion", "temperature", "cell_temperature")
    PLANE_FIELD_NUMBER: _ClassVar[int]
    YOUNG_MODULUS_FIELD_NUMBER: _ClassVar[int]
    POISSON_RATIO_FIELD_NUMBER: _ClassVar[int]
    BODY_FORCE_FIELD_NUMBER: _ClassVar[int]
    TRACTION_FACETS_FIELD_NUMBER: _ClassVar[int]
    TRACTION_VALUES_FIELD_NUMBER: _ClassVar[int]
    FIXED_POINTS_FIELD_NUMBER: _ClassVar[int]
    FIXED_AXES_FIELD_NUMBER: _ClassVar[int]
    FIXED_VALUES_FIELD_NUMBER: _ClassVar[int]
    EXPANSION_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    CELL_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    plane: str
    young_modulus: _common_pb2.Tensor
    poisson_ratio: _common_pb2.Tensor
    body_force: _common_pb2.Tensor
    traction_facets: _common_pb2.Tensor
    traction_values: _common_pb2.Tensor
    fixed_points: _common_pb2.Tensor
    fixed_axes: _common_pb2.Tensor
    fixed_values: _common_pb2.Tensor
    expansion: _common_pb2.Tensor
    temperature: _common_pb2.Tensor
    cell_temperature: _common_pb2.Tensor
    def __init__(self, plane: _Optional[str] = ..., young_modulus: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., poisson_ratio: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., body_force: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., traction_facets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., traction_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., fixed_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., fixed_axes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., fixed_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., expansion: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., temperature: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_temperature: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DiffusionInverse(_message.Message):
    __slots__ = ("conductivity", "source", "cell_source", "dirichlet_points", "dirichlet_values", "neumann_edges", "neumann_values", "measured_points", "measured_values", "measured_deviations", "patches", "magnitude", "roughness", "largest_factor", "tolerance", "steps", "session")
    CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_POINTS_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_VALUES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_EDGES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_VALUES_FIELD_NUMBER: _ClassVar[int]
    MEASURED_POINTS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_VALUES_FIELD_NUMBER: _ClassVar[int]
    MEASURED_DEVIATIONS_FIELD_NUMBER: _ClassVar[int]
    PATCHES_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    ROUGHNESS_FIELD_NUMBER: _ClassVar[int]
    LARGEST_FACTOR_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    conductivity: _common_pb2.Tensor
    source: _common_pb2.Tensor
    cell_source: _common_pb2.Tensor
    dirichlet_points: _common_pb2.Tensor
    dirichlet_values: _common_pb2.Tensor
    neumann_edges: _common_pb2.Tensor
    neumann_values: _common_pb2.Tensor
    measured_points: _common_pb2.Tensor
    measured_values: _common_pb2.Tensor
    measured_deviations: _common_pb2.Tensor
    patches: _common_pb2.Tensor
    magnitude: float
    roughness: float
    largest_factor: float
    tolerance: float
    steps: int
    session: str
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_edges: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_deviations: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., patches: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., magnitude: _Optional[float] = ..., roughness: _Optional[float] = ..., largest_factor: _Optional[float] = ..., tolerance: _Optional[float] = ..., steps: _Optional[int] = ..., session: _Optional[str] = ...) -> None: ...

class DiffusionAdaptive(_message.Message):
    __slots__ = ("conductivity", "source", "cell_source", "dirichlet_points", "dirichlet_values", "neumann_edges", "neumann_values", "tolerance", "max_cells", "marking")
    CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_POINTS_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_VALUES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_EDGES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_VALUES_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    MAX_CELLS_FIELD_NUMBER: _ClassVar[int]
    MARKING_FIELD_NUMBER: _ClassVar[int]
    conductivity: _common_pb2.Tensor
    source: _common_pb2.Tensor
    cell_source: _common_pb2.Tensor
    dirichlet_points: _common_pb2.Tensor
    dirichlet_values: _common_pb2.Tensor
    neumann_edges: _common_pb2.Tensor
    neumann_values: _common_pb2.Tensor
    tolerance: float
    max_cells: int
    marking: float
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_edges: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., tolerance: _Optional[float] = ..., max_cells: _Optional[int] = ..., marking: _Optional[float] = ...) -> None: ...

class DiffusionGoal(_message.Message):
    __slots__ = ("conductivity", "source", "cell_source", "dirichlet_points", "dirichlet_values", "neumann_edges", "neumann_values", "goal_density", "goal_cell_density", "goal_edges", "goal_edge_values", "goal_flux_weights")
    CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_POINTS_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_VALUES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_EDGES_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_VALUES_FIELD_NUMBER: _ClassVar[int]
    GOAL_DENSITY_FIELD_NUMBER: _ClassVar[int]
    GOAL_CELL_DENSITY_FIELD_NUMBER: _ClassVar[int]
    GOAL_EDGES_FIELD_NUMBER: _ClassVar[int]
    GOAL_EDGE_VALUES_FIELD_NUMBER: _ClassVar[int]
    GOAL_FLUX_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    conductivity: _common_pb2.Tensor
    source: _common_pb2.Tensor
    cell_source: _common_pb2.Tensor
    dirichlet_points: _common_pb2.Tensor
    dirichlet_values: _common_pb2.Tensor
    neumann_edges: _common_pb2.Tensor
    neumann_values: _common_pb2.Tensor
    goal_density: _common_pb2.Tensor
    goal_cell_density: _common_pb2.Tensor
    goal_edges: _common_pb2.Tensor
    goal_edge_values: _common_pb2.Tensor
    goal_flux_weights: _common_pb2.Tensor
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_edges: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., goal_density: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., goal_cell_density: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., goal_edges: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., goal_edge_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., goal_flux_weights: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class SolveRequest(_message.Message):
    __slots__ = ("options", "mesh", "element", "diffusion", "elasticity", "diffusion_inverse", "diffusion_adaptive", "diffusion_goal")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    ELASTICITY_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_INVERSE_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_ADAPTIVE_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_GOAL_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    elasticity: Elasticity
    diffusion_inverse: DiffusionInverse
    diffusion_adaptive: DiffusionAdaptive
    diffusion_goal: DiffusionGoal
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., elasticity: _Optional[_Union[Elasticity, _Mapping]] = ..., diffusion_inverse: _Optional[_Union[DiffusionInverse, _Mapping]] = ..., diffusion_adaptive: _Optional[_Union[DiffusionAdaptive, _Mapping]] = ..., diffusion_goal: _Optional[_Union[DiffusionGoal, _Mapping]] = ...) -> None: ...

class NamedTensor(_message.Message):
    __slots__ = ("name", "tensor")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TENSOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    tensor: _common_pb2.Tensor
    def __init__(self, name: _Optional[str] = ..., tensor: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class SolveResponse(_message.Message):
    __slots__ = ("solution", "points", "cells", "cell_bound", "evidence", "outputs")
    SOLUTION_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    CELL_BOUND_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    solution: _common_pb2.Tensor
    points: _common_pb2.Tensor
    cells: _common_pb2.Tensor
    cell_bound: _common_pb2.Tensor
    evidence: _common_pb2.Evidence
    outputs: _containers.RepeatedCompositeFieldContainer[NamedTensor]
    def __init__(self, solution: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_bound: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., outputs: _Optional[_Iterable[_Union[NamedTensor, _Mapping]]] = ...) -> None: ...

class SolveBatchRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: SolveRequest
    def __init__(self, request: _Optional[_Union[SolveRequest, _Mapping]] = ...) -> None: ...

class SolveBatchResponse(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: SolveResponse
    error: _status_pb2.Status
    def __init__(self, response: _Optional[_Union[SolveResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Functional(_message.Message):
    __slots__ = ("cotangent", "measured_points", "measured_values", "measured_deviations")
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    MEASURED_POINTS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_VALUES_FIELD_NUMBER: _ClassVar[int]
    MEASURED_DEVIATIONS_FIELD_NUMBER: _ClassVar[int]
    cotangent: _common_pb2.Tensor
    measured_points: _common_pb2.Tensor
    measured_values: _common_pb2.Tensor
    measured_deviations: _common_pb2.Tensor
    def __init__(self, cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_deviations: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DiffusionTangent(_message.Message):
    __slots__ = ("conductivity_tangent", "source_tangent", "cell_source_tangent", "dirichlet_tangent", "neumann_tangent")
    CONDUCTIVITY_TANGENT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TANGENT_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_TANGENT_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_TANGENT_FIELD_NUMBER: _ClassVar[int]
    NEUMANN_TANGENT_FIELD_NUMBER: _ClassVar[int]
    conductivity_tangent: _common_pb2.Tensor
    source_tangent: _common_pb2.Tensor
    cell_source_tangent: _common_pb2.Tensor
    dirichlet_tangent: _common_pb2.Tensor
    neumann_tangent: _common_pb2.Tensor
    def __init__(self, conductivity_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., source_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class DifferentiateRequest(_message.Message):
    __slots__ = ("options", "mesh", "element", "diffusion", "functional", "diffusion_tangent", "session")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONAL_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_TANGENT_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    functional: Functional
    diffusion_tangent: DiffusionTangent
    session: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., functional: _Optional[_Union[Functional, _Mapping]] = ..., diffusion_tangent: _Optional[_Union[DiffusionTangent, _Mapping]] = ..., session: _Optional[str] = ...) -> None: ...

class DifferentiateResponse(_message.Message):
    __slots__ = ("value", "solution", "adjoint", "solution_tangent", "gradients", "evidence")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SOLUTION_FIELD_NUMBER: _ClassVar[int]
    ADJOINT_FIELD_NUMBER: _ClassVar[int]
    SOLUTION_TANGENT_FIELD_NUMBER: _ClassVar[int]
    GRADIENTS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    value: float
    solution: _common_pb2.Tensor
    adjoint: _common_pb2.Tensor
    solution_tangent: _common_pb2.Tensor
    gradients: _containers.RepeatedCompositeFieldContainer[NamedTensor]
    evidence: _common_pb2.Evidence
    def __init__(self, value: _Optional[float] = ..., solution: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., adjoint: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., solution_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., gradients: _Optional[_Iterable[_Union[NamedTensor, _Mapping]]] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ...) -> None: ...

class EvaluateFunctionalRequest(_message.Message):
    __slots__ = ("options", "mesh", "element", "diffusion", "functional", "session")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONAL_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    functional: Functional
    session: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., functional: _Optional[_Union[Functional, _Mapping]] = ..., session: _Optional[str] = ...) -> None: ...

class EvaluateFunctionalResponse(_message.Message):
    __slots__ = ("value", "evidence")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    value: float
    evidence: _common_pb2.Evidence
    def __init__(self, value: _Optional[float] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ...) -> None: ...

class EstimateErrorRequest(_message.Message):
    __slots__ = ("options", "mesh", "element", "diffusion", "field", "bound")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    field: _common_pb2.Tensor
    bound: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., field: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., bound: _Optional[str] = ...) -> None: ...

class EstimateErrorResponse(_message.Message):
    __slots__ = ("cell_bound", "evidence")
    CELL_BOUND_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    cell_bound: _common_pb2.Tensor
    evidence: _common_pb2.Evidence
    def __init__(self, cell_bound: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ...) -> None: ...

class StoredMesh(_message.Message):
    __slots__ = ("mesh_id", "cell_kind", "node_count", "cell_count", "size_bytes", "boundary_names")
    MESH_ID_FIELD_NUMBER: _ClassVar[int]
    CELL_KIND_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CELL_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    BOUNDARY_NAMES_FIELD_NUMBER: _ClassVar[int]
    mesh_id: str
    cell_kind: str
    node_count: int
    cell_count: int
    size_bytes: int
    boundary_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, mesh_id: _Optional[str] = ..., cell_kind: _Optional[str] = ..., node_count: _Optional[int] = ..., cell_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., boundary_names: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateMeshRequest(_message.Message):
    __slots__ = ("options", "cells")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    cells: Cells
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., cells: _Optional[_Union[Cells, _Mapping]] = ...) -> None: ...

class CreateMeshResponse(_message.Message):
    __slots__ = ("mesh",)
    MESH_FIELD_NUMBER: _ClassVar[int]
    mesh: StoredMesh
    def __init__(self, mesh: _Optional[_Union[StoredMesh, _Mapping]] = ...) -> None: ...

class GetMeshRequest(_message.Message):
    __slots__ = ("options", "mesh_id", "include_content")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_CONTENT_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh_id: str
    include_content: bool
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh_id: _Optional[str] = ..., include_content: bool = ...) -> None: ...

class GetMeshResponse(_message.Message):
    __slots__ = ("mesh", "cells")
    MESH_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    mesh: StoredMesh
    cells: Cells
    def __init__(self, mesh: _Optional[_Union[StoredMesh, _Mapping]] = ..., cells: _Optional[_Union[Cells, _Mapping]] = ...) -> None: ...

class ListProblemsRequest(_message.Message):
    __slots__ = ("options", "page_size", "page_token")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    page_size: int
    page_token: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ProblemField(_message.Message):
    __slots__ = ("name", "paths", "type", "shapes", "required", "default_value", "choices", "doc")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    DOC_FIELD_NUMBER: _ClassVar[int]
    name: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    type: str
    shapes: _containers.RepeatedScalarFieldContainer[str]
    required: bool
    default_value: str
    choices: _containers.RepeatedScalarFieldContainer[str]
    doc: str
    def __init__(self, name: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ..., type: _Optional[str] = ..., shapes: _Optional[_Iterable[str]] = ..., required: bool = ..., default_value: _Optional[str] = ..., choices: _Optional[_Iterable[str]] = ..., doc: _Optional[str] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("name", "model", "model_version", "summary", "inputs", "outputs")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    model: str
    model_version: str
    summary: str
    inputs: _containers.RepeatedCompositeFieldContainer[ProblemField]
    outputs: _containers.RepeatedCompositeFieldContainer[ProblemField]
    def __init__(self, name: _Optional[str] = ..., model: _Optional[str] = ..., model_version: _Optional[str] = ..., summary: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[ProblemField, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[ProblemField, _Mapping]]] = ...) -> None: ...

class ListProblemsResponse(_message.Message):
    __slots__ = ("problems", "next_page_token")
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    next_page_token: str
    def __init__(self, problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class OptimizeRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: SolveRequest
    def __init__(self, request: _Optional[_Union[SolveRequest, _Mapping]] = ...) -> None: ...

class OptimizeResponse(_message.Message):
    __slots__ = ("response",)
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    response: SolveResponse
    def __init__(self, response: _Optional[_Union[SolveResponse, _Mapping]] = ...) -> None: ...
