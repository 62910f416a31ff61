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

class Form(_message.Message):
    __slots__ = ("coefficient_values", "cotangent", "conditions", "form", "coefficients", "initial", "tolerance", "max_steps", "coefficient_tangent")
    COEFFICIENT_VALUES_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    COEFFICIENTS_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    COEFFICIENT_TANGENT_FIELD_NUMBER: _ClassVar[int]
    coefficient_values: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    form: str
    coefficients: str
    initial: str
    tolerance: float
    max_steps: int
    coefficient_tangent: _common_pb2.Tensor
    def __init__(self, coefficient_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., form: _Optional[str] = ..., coefficients: _Optional[str] = ..., initial: _Optional[str] = ..., tolerance: _Optional[float] = ..., max_steps: _Optional[int] = ..., coefficient_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Transport(_message.Message):
    __slots__ = ("diffusivity", "cell_velocity", "reaction", "cell_source", "cotangent", "conditions", "velocity", "source", "stabilisation", "diffusivity_tangent", "reaction_tangent")
    DIFFUSIVITY_FIELD_NUMBER: _ClassVar[int]
    CELL_VELOCITY_FIELD_NUMBER: _ClassVar[int]
    REACTION_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    VELOCITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STABILISATION_FIELD_NUMBER: _ClassVar[int]
    DIFFUSIVITY_TANGENT_FIELD_NUMBER: _ClassVar[int]
    REACTION_TANGENT_FIELD_NUMBER: _ClassVar[int]
    diffusivity: _common_pb2.Tensor
    cell_velocity: _common_pb2.Tensor
    reaction: _common_pb2.Tensor
    cell_source: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    velocity: str
    source: str
    stabilisation: str
    diffusivity_tangent: _common_pb2.Tensor
    reaction_tangent: _common_pb2.Tensor
    def __init__(self, diffusivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_velocity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., reaction: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., velocity: _Optional[str] = ..., source: _Optional[str] = ..., stabilisation: _Optional[str] = ..., diffusivity_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., reaction_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Heat(_message.Message):
    __slots__ = ("conductivity", "capacity", "cell_source", "initial_values", "cotangent", "conditions", "source", "initial", "time_step", "steps", "theta", "every")
    CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    CELL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    INITIAL_VALUES_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    TIME_STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    THETA_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    conductivity: _common_pb2.Tensor
    capacity: _common_pb2.Tensor
    cell_source: _common_pb2.Tensor
    initial_values: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    source: str
    initial: str
    time_step: float
    steps: int
    theta: float
    every: int
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., capacity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., initial_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., source: _Optional[str] = ..., initial: _Optional[str] = ..., time_step: _Optional[float] = ..., steps: _Optional[int] = ..., theta: _Optional[float] = ..., every: _Optional[int] = ...) -> None: ...

class DiffusionIdentify(_message.Message):
    __slots__ = ("conductivity", "source", "cell_source", "dirichlet_points", "dirichlet_values", "neumann_edges", "neumann_values", "measured_points", "measured_values", "measured_deviations", "patches", "lowest_conductivity", "highest_conductivity", "session", "variation", "rounding", "magnitude", "roughness", "tolerance", "steps")
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
    LOWEST_CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    ROUNDING_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    ROUGHNESS_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
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
    lowest_conductivity: _common_pb2.Tensor
    highest_conductivity: _common_pb2.Tensor
    session: str
    variation: float
    rounding: float
    magnitude: float
    roughness: float
    tolerance: float
    steps: int
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., dirichlet_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_edges: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., neumann_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_deviations: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., patches: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., lowest_conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., highest_conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., session: _Optional[str] = ..., variation: _Optional[float] = ..., rounding: _Optional[float] = ..., magnitude: _Optional[float] = ..., roughness: _Optional[float] = ..., tolerance: _Optional[float] = ..., steps: _Optional[int] = ...) -> None: ...

class ElasticityTopology(_message.Message):
    __slots__ = ("young_modulus", "poisson_ratio", "traction_facets", "traction_values", "force_points", "force_axes", "force_values", "fixed_points", "fixed_axes", "spring_points", "spring_axes", "spring_values", "output_points", "output_axes", "output_values", "solid_cells", "void_cells", "initial_design", "plane", "volume_fraction", "penalty", "lightest", "filter", "filter_radius", "sharpness", "tolerance", "steps")
    YOUNG_MODULUS_FIELD_NUMBER: _ClassVar[int]
    POISSON_RATIO_FIELD_NUMBER: _ClassVar[int]
    TRACTION_FACETS_FIELD_NUMBER: _ClassVar[int]
    TRACTION_VALUES_FIELD_NUMBER: _ClassVar[int]
    FORCE_POINTS_FIELD_NUMBER: _ClassVar[int]
    FORCE_AXES_FIELD_NUMBER: _ClassVar[int]
    FORCE_VALUES_FIELD_NUMBER: _ClassVar[int]
    FIXED_POINTS_FIELD_NUMBER: _ClassVar[int]
    FIXED_AXES_FIELD_NUMBER: _ClassVar[int]
    SPRING_POINTS_FIELD_NUMBER: _ClassVar[int]
    SPRING_AXES_FIELD_NUMBER: _ClassVar[int]
    SPRING_VALUES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_POINTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_AXES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_VALUES_FIELD_NUMBER: _ClassVar[int]
    SOLID_CELLS_FIELD_NUMBER: _ClassVar[int]
    VOID_CELLS_FIELD_NUMBER: _ClassVar[int]
    INITIAL_DESIGN_FIELD_NUMBER: _ClassVar[int]
    PLANE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FRACTION_FIELD_NUMBER: _ClassVar[int]
    PENALTY_FIELD_NUMBER: _ClassVar[int]
    LIGHTEST_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FILTER_RADIUS_FIELD_NUMBER: _ClassVar[int]
    SHARPNESS_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    young_modulus: _common_pb2.Tensor
    poisson_ratio: _common_pb2.Tensor
    traction_facets: _common_pb2.Tensor
    traction_values: _common_pb2.Tensor
    force_points: _common_pb2.Tensor
    force_axes: _common_pb2.Tensor
    force_values: _common_pb2.Tensor
    fixed_points: _common_pb2.Tensor
    fixed_axes: _common_pb2.Tensor
    spring_points: _common_pb2.Tensor
    spring_axes: _common_pb2.Tensor
    spring_values: _common_pb2.Tensor
    output_points: _common_pb2.Tensor
    output_axes: _common_pb2.Tensor
    output_values: _common_pb2.Tensor
    solid_cells: _common_pb2.Tensor
    void_cells: _common_pb2.Tensor
    initial_design: _common_pb2.Tensor
    plane: str
    volume_fraction: float
    penalty: float
    lightest: float
    filter: str
    filter_radius: float
    sharpness: float
    tolerance: float
    steps: int
    def __init__(self, young_modulus: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., poisson_ratio: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., traction_facets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., traction_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., force_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., force_axes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., force_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., fixed_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., fixed_axes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., spring_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., spring_axes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., spring_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., output_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., output_axes: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., output_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., solid_cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., void_cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., initial_design: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., plane: _Optional[str] = ..., volume_fraction: _Optional[float] = ..., penalty: _Optional[float] = ..., lightest: _Optional[float] = ..., filter: _Optional[str] = ..., filter_radius: _Optional[float] = ..., sharpness: _Optional[float] = ..., tolerance: _Optional[float] = ..., steps: _Optional[int] = ...) -> None: ...

class NavierStokes(_message.Message):
    __slots__ = ("viscosity", "point_force", "velocity_cotangent", "pressure_cotangent", "force_cotangent", "conditions", "stress", "force", "body", "density", "max_steps")
    VISCOSITY_FIELD_NUMBER: _ClassVar[int]
    POINT_FORCE_FIELD_NUMBER: _ClassVar[int]
    VELOCITY_COTANGENT_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_COTANGENT_FIELD_NUMBER: _ClassVar[int]
    FORCE_COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    STRESS_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    DENSITY_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    viscosity: _common_pb2.Tensor
    point_force: _common_pb2.Tensor
    velocity_cotangent: _common_pb2.Tensor
    pressure_cotangent: _common_pb2.Tensor
    force_cotangent: _common_pb2.Tensor
    conditions: str
    stress: str
    force: str
    body: str
    density: float
    max_steps: int
    def __init__(self, viscosity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., point_force: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., velocity_cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., pressure_cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., force_cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., stress: _Optional[str] = ..., force: _Optional[str] = ..., body: _Optional[str] = ..., density: _Optional[float] = ..., max_steps: _Optional[int] = ...) -> None: ...

class Stokes(_message.Message):
    __slots__ = ("viscosity", "point_force", "velocity_cotangent", "pressure_cotangent", "force_cotangent", "conditions", "stress", "force", "body")
    VISCOSITY_FIELD_NUMBER: _ClassVar[int]
    POINT_FORCE_FIELD_NUMBER: _ClassVar[int]
    VELOCITY_COTANGENT_FIELD_NUMBER: _ClassVar[int]
    PRESSURE_COTANGENT_FIELD_NUMBER: _ClassVar[int]
    FORCE_COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    STRESS_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    viscosity: _common_pb2.Tensor
    point_force: _common_pb2.Tensor
    velocity_cotangent: _common_pb2.Tensor
    pressure_cotangent: _common_pb2.Tensor
    force_cotangent: _common_pb2.Tensor
    conditions: str
    stress: str
    force: str
    body: str
    def __init__(self, viscosity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., point_force: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., velocity_cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., pressure_cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., force_cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., stress: _Optional[str] = ..., force: _Optional[str] = ..., body: _Optional[str] = ...) -> None: ...

class NavierStokesTransient(_message.Message):
    __slots__ = ("viscosity", "point_force", "conditions", "stress", "force", "body", "density", "initial", "duration", "steps", "every")
    VISCOSITY_FIELD_NUMBER: _ClassVar[int]
    POINT_FORCE_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    STRESS_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    DENSITY_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    viscosity: _common_pb2.Tensor
    point_force: _common_pb2.Tensor
    conditions: str
    stress: str
    force: str
    body: str
    density: float
    initial: str
    duration: float
    steps: int
    every: int
    def __init__(self, viscosity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., point_force: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., stress: _Optional[str] = ..., force: _Optional[str] = ..., body: _Optional[str] = ..., density: _Optional[float] = ..., initial: _Optional[str] = ..., duration: _Optional[float] = ..., steps: _Optional[int] = ..., every: _Optional[int] = ...) -> None: ...

class Hyperelasticity(_message.Message):
    __slots__ = ("young_modulus", "poisson_ratio", "point_force", "cotangent", "conditions", "force", "support", "load_steps", "max_steps")
    YOUNG_MODULUS_FIELD_NUMBER: _ClassVar[int]
    POISSON_RATIO_FIELD_NUMBER: _ClassVar[int]
    POINT_FORCE_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_FIELD_NUMBER: _ClassVar[int]
    LOAD_STEPS_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    young_modulus: _common_pb2.Tensor
    poisson_ratio: _common_pb2.Tensor
    point_force: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    force: str
    support: str
    load_steps: int
    max_steps: int
    def __init__(self, young_modulus: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., poisson_ratio: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., point_force: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., force: _Optional[str] = ..., support: _Optional[str] = ..., load_steps: _Optional[int] = ..., max_steps: _Optional[int] = ...) -> None: ...

class NonlinearDiffusion(_message.Message):
    __slots__ = ("conductivity", "point_source", "cotangent", "conditions", "law", "exponent", "regularisation", "coefficient", "source", "max_steps", "conductivity_tangent")
    CONDUCTIVITY_FIELD_NUMBER: _ClassVar[int]
    POINT_SOURCE_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    LAW_FIELD_NUMBER: _ClassVar[int]
    EXPONENT_FIELD_NUMBER: _ClassVar[int]
    REGULARISATION_FIELD_NUMBER: _ClassVar[int]
    COEFFICIENT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MAX_STEPS_FIELD_NUMBER: _ClassVar[int]
    CONDUCTIVITY_TANGENT_FIELD_NUMBER: _ClassVar[int]
    conductivity: _common_pb2.Tensor
    point_source: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    law: str
    exponent: float
    regularisation: float
    coefficient: str
    source: str
    max_steps: int
    conductivity_tangent: _common_pb2.Tensor
    def __init__(self, conductivity: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., point_source: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., law: _Optional[str] = ..., exponent: _Optional[float] = ..., regularisation: _Optional[float] = ..., coefficient: _Optional[str] = ..., source: _Optional[str] = ..., max_steps: _Optional[int] = ..., conductivity_tangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Helmholtz(_message.Message):
    __slots__ = ("wave_speed", "damping", "cotangent", "conditions", "angular_frequency", "source")
    WAVE_SPEED_FIELD_NUMBER: _ClassVar[int]
    DAMPING_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    ANGULAR_FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    wave_speed: _common_pb2.Tensor
    damping: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    angular_frequency: float
    source: str
    def __init__(self, wave_speed: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., damping: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., angular_frequency: _Optional[float] = ..., source: _Optional[str] = ...) -> None: ...

class Modes(_message.Message):
    __slots__ = ("tension", "young_modulus", "poisson_ratio", "density", "cotangent", "conditions", "problem", "count", "plane", "body_force")
    TENSION_FIELD_NUMBER: _ClassVar[int]
    YOUNG_MODULUS_FIELD_NUMBER: _ClassVar[int]
    POISSON_RATIO_FIELD_NUMBER: _ClassVar[int]
    DENSITY_FIELD_NUMBER: _ClassVar[int]
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PLANE_FIELD_NUMBER: _ClassVar[int]
    BODY_FORCE_FIELD_NUMBER: _ClassVar[int]
    tension: _common_pb2.Tensor
    young_modulus: _common_pb2.Tensor
    poisson_ratio: _common_pb2.Tensor
    density: _common_pb2.Tensor
    cotangent: _common_pb2.Tensor
    conditions: str
    problem: str
    count: int
    plane: str
    body_force: str
    def __init__(self, tension: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., young_modulus: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., poisson_ratio: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., density: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., problem: _Optional[str] = ..., count: _Optional[int] = ..., plane: _Optional[str] = ..., body_force: _Optional[str] = ...) -> None: ...

class ElasticityBricks(_message.Message):
    __slots__ = ("young_modulus", "poisson_ratio", "expansion", "conditions", "plane", "force", "temperature", "support")
    YOUNG_MODULUS_FIELD_NUMBER: _ClassVar[int]
    POISSON_RATIO_FIELD_NUMBER: _ClassVar[int]
    EXPANSION_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    PLANE_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_FIELD_NUMBER: _ClassVar[int]
    young_modulus: _common_pb2.Tensor
    poisson_ratio: _common_pb2.Tensor
    expansion: _common_pb2.Tensor
    conditions: str
    plane: str
    force: str
    temperature: str
    support: str
    def __init__(self, young_modulus: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., poisson_ratio: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., expansion: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., conditions: _Optional[str] = ..., plane: _Optional[str] = ..., force: _Optional[str] = ..., temperature: _Optional[str] = ..., support: _Optional[str] = ...) -> None: ...

class SolveRequest(_message.Message):
    __slots__ = ("options", "mesh", "element", "diffusion", "elasticity", "diffusion_inverse", "diffusion_adaptive", "diffusion_goal", "form", "transport", "heat", "diffusion_identify", "elasticity_topology", "navier_stokes", "stokes", "navier_stokes_transient", "hyperelasticity", "nonlinear_diffusion", "helmholtz", "modes", "elasticity_bricks", "error_bound", "session", "integrals", "derivatives")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    ELASTICITY_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_INVERSE_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_ADAPTIVE_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_GOAL_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_IDENTIFY_FIELD_NUMBER: _ClassVar[int]
    ELASTICITY_TOPOLOGY_FIELD_NUMBER: _ClassVar[int]
    NAVIER_STOKES_FIELD_NUMBER: _ClassVar[int]
    STOKES_FIELD_NUMBER: _ClassVar[int]
    NAVIER_STOKES_TRANSIENT_FIELD_NUMBER: _ClassVar[int]
    HYPERELASTICITY_FIELD_NUMBER: _ClassVar[int]
    NONLINEAR_DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    HELMHOLTZ_FIELD_NUMBER: _ClassVar[int]
    MODES_FIELD_NUMBER: _ClassVar[int]
    ELASTICITY_BRICKS_FIELD_NUMBER: _ClassVar[int]
    ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    INTEGRALS_FIELD_NUMBER: _ClassVar[int]
    DERIVATIVES_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    elasticity: Elasticity
    diffusion_inverse: DiffusionInverse
    diffusion_adaptive: DiffusionAdaptive
    diffusion_goal: DiffusionGoal
    form: Form
    transport: Transport
    heat: Heat
    diffusion_identify: DiffusionIdentify
    elasticity_topology: ElasticityTopology
    navier_stokes: NavierStokes
    stokes: Stokes
    navier_stokes_transient: NavierStokesTransient
    hyperelasticity: Hyperelasticity
    nonlinear_diffusion: NonlinearDiffusion
    helmholtz: Helmholtz
    modes: Modes
    elasticity_bricks: ElasticityBricks
    error_bound: str
    session: str
    integrals: str
    derivatives: bool
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., elasticity: _Optional[_Union[Elasticity, _Mapping]] = ..., diffusion_inverse: _Optional[_Union[DiffusionInverse, _Mapping]] = ..., diffusion_adaptive: _Optional[_Union[DiffusionAdaptive, _Mapping]] = ..., diffusion_goal: _Optional[_Union[DiffusionGoal, _Mapping]] = ..., form: _Optional[_Union[Form, _Mapping]] = ..., transport: _Optional[_Union[Transport, _Mapping]] = ..., heat: _Optional[_Union[Heat, _Mapping]] = ..., diffusion_identify: _Optional[_Union[DiffusionIdentify, _Mapping]] = ..., elasticity_topology: _Optional[_Union[ElasticityTopology, _Mapping]] = ..., navier_stokes: _Optional[_Union[NavierStokes, _Mapping]] = ..., stokes: _Optional[_Union[Stokes, _Mapping]] = ..., navier_stokes_transient: _Optional[_Union[NavierStokesTransient, _Mapping]] = ..., hyperelasticity: _Optional[_Union[Hyperelasticity, _Mapping]] = ..., nonlinear_diffusion: _Optional[_Union[NonlinearDiffusion, _Mapping]] = ..., helmholtz: _Optional[_Union[Helmholtz, _Mapping]] = ..., modes: _Optional[_Union[Modes, _Mapping]] = ..., elasticity_bricks: _Optional[_Union[ElasticityBricks, _Mapping]] = ..., error_bound: _Optional[str] = ..., session: _Optional[str] = ..., integrals: _Optional[str] = ..., derivatives: bool = ...) -> None: ...

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

class SolveInPiecesRequest(_message.Message):
    __slots__ = ("request", "piece_bytes")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    PIECE_BYTES_FIELD_NUMBER: _ClassVar[int]
    request: SolveRequest
    piece_bytes: int
    def __init__(self, request: _Optional[_Union[SolveRequest, _Mapping]] = ..., piece_bytes: _Optional[int] = ...) -> None: ...

class TensorPiece(_message.Message):
    __slots__ = ("name", "offset_bytes", "data")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset_bytes: int
    data: bytes
    def __init__(self, name: _Optional[str] = ..., offset_bytes: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class SolveInPiecesResponse(_message.Message):
    __slots__ = ("response", "piece")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    response: SolveResponse
    piece: TensorPiece
    def __init__(self, response: _Optional[_Union[SolveResponse, _Mapping]] = ..., piece: _Optional[_Union[TensorPiece, _Mapping]] = ...) -> None: ...

class Functional(_message.Message):
    __slots__ = ("cotangent", "measured_points", "measured_values", "measured_deviations", "integrals")
    COTANGENT_FIELD_NUMBER: _ClassVar[int]
    MEASURED_POINTS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_VALUES_FIELD_NUMBER: _ClassVar[int]
    MEASURED_DEVIATIONS_FIELD_NUMBER: _ClassVar[int]
    INTEGRALS_FIELD_NUMBER: _ClassVar[int]
    cotangent: _common_pb2.Tensor
    measured_points: _common_pb2.Tensor
    measured_values: _common_pb2.Tensor
    measured_deviations: _common_pb2.Tensor
    integrals: str
    def __init__(self, cotangent: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., measured_deviations: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., integrals: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("options", "mesh", "element", "diffusion", "form", "transport", "heat", "navier_stokes", "stokes", "hyperelasticity", "nonlinear_diffusion", "helmholtz", "modes", "functional", "diffusion_tangent", "session", "by_nodes")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    NAVIER_STOKES_FIELD_NUMBER: _ClassVar[int]
    STOKES_FIELD_NUMBER: _ClassVar[int]
    HYPERELASTICITY_FIELD_NUMBER: _ClassVar[int]
    NONLINEAR_DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    HELMHOLTZ_FIELD_NUMBER: _ClassVar[int]
    MODES_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONAL_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_TANGENT_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    BY_NODES_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    form: Form
    transport: Transport
    heat: Heat
    navier_stokes: NavierStokes
    stokes: Stokes
    hyperelasticity: Hyperelasticity
    nonlinear_diffusion: NonlinearDiffusion
    helmholtz: Helmholtz
    modes: Modes
    functional: Functional
    diffusion_tangent: DiffusionTangent
    session: str
    by_nodes: bool
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., form: _Optional[_Union[Form, _Mapping]] = ..., transport: _Optional[_Union[Transport, _Mapping]] = ..., heat: _Optional[_Union[Heat, _Mapping]] = ..., navier_stokes: _Optional[_Union[NavierStokes, _Mapping]] = ..., stokes: _Optional[_Union[Stokes, _Mapping]] = ..., hyperelasticity: _Optional[_Union[Hyperelasticity, _Mapping]] = ..., nonlinear_diffusion: _Optional[_Union[NonlinearDiffusion, _Mapping]] = ..., helmholtz: _Optional[_Union[Helmholtz, _Mapping]] = ..., modes: _Optional[_Union[Modes, _Mapping]] = ..., functional: _Optional[_Union[Functional, _Mapping]] = ..., diffusion_tangent: _Optional[_Union[DiffusionTangent, _Mapping]] = ..., session: _Optional[str] = ..., by_nodes: bool = ...) -> None: ...

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
    __slots__ = ("options", "mesh", "element", "diffusion", "form", "transport", "heat", "navier_stokes", "stokes", "hyperelasticity", "nonlinear_diffusion", "helmholtz", "modes", "elasticity", "elasticity_bricks", "navier_stokes_transient", "functional", "session")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    NAVIER_STOKES_FIELD_NUMBER: _ClassVar[int]
    STOKES_FIELD_NUMBER: _ClassVar[int]
    HYPERELASTICITY_FIELD_NUMBER: _ClassVar[int]
    NONLINEAR_DIFFUSION_FIELD_NUMBER: _ClassVar[int]
    HELMHOLTZ_FIELD_NUMBER: _ClassVar[int]
    MODES_FIELD_NUMBER: _ClassVar[int]
    ELASTICITY_FIELD_NUMBER: _ClassVar[int]
    ELASTICITY_BRICKS_FIELD_NUMBER: _ClassVar[int]
    NAVIER_STOKES_TRANSIENT_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONAL_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    mesh: Mesh
    element: Element
    diffusion: Diffusion
    form: Form
    transport: Transport
    heat: Heat
    navier_stokes: NavierStokes
    stokes: Stokes
    hyperelasticity: Hyperelasticity
    nonlinear_diffusion: NonlinearDiffusion
    helmholtz: Helmholtz
    modes: Modes
    elasticity: Elasticity
    elasticity_bricks: ElasticityBricks
    navier_stokes_transient: NavierStokesTransient
    functional: Functional
    session: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., mesh: _Optional[_Union[Mesh, _Mapping]] = ..., element: _Optional[_Union[Element, str]] = ..., diffusion: _Optional[_Union[Diffusion, _Mapping]] = ..., form: _Optional[_Union[Form, _Mapping]] = ..., transport: _Optional[_Union[Transport, _Mapping]] = ..., heat: _Optional[_Union[Heat, _Mapping]] = ..., navier_stokes: _Optional[_Union[NavierStokes, _Mapping]] = ..., stokes: _Optional[_Union[Stokes, _Mapping]] = ..., hyperelasticity: _Optional[_Union[Hyperelasticity, _Mapping]] = ..., nonlinear_diffusion: _Optional[_Union[NonlinearDiffusion, _Mapping]] = ..., helmholtz: _Optional[_Union[Helmholtz, _Mapping]] = ..., modes: _Optional[_Union[Modes, _Mapping]] = ..., elasticity: _Optional[_Union[Elasticity, _Mapping]] = ..., elasticity_bricks: _Optional[_Union[ElasticityBricks, _Mapping]] = ..., navier_stokes_transient: _Optional[_Union[NavierStokesTransient, _Mapping]] = ..., functional: _Optional[_Union[Functional, _Mapping]] = ..., session: _Optional[str] = ...) -> None: ...

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

class MeshFile(_message.Message):
    __slots__ = ("content", "file_format")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    FILE_FORMAT_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    file_format: str
    def __init__(self, content: _Optional[bytes] = ..., file_format: _Optional[str] = ...) -> None: ...

class RefinedMesh(_message.Message):
    __slots__ = ("mesh", "refinements", "marked")
    MESH_FIELD_NUMBER: _ClassVar[int]
    REFINEMENTS_FIELD_NUMBER: _ClassVar[int]
    MARKED_FIELD_NUMBER: _ClassVar[int]
    mesh: Mesh
    refinements: int
    marked: _common_pb2.Tensor
    def __init__(self, mesh: _Optional[_Union[Mesh, _Mapping]] = ..., refinements: _Optional[int] = ..., marked: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class CreateMeshRequest(_message.Message):
    __slots__ = ("options", "cells", "file", "refined")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    REFINED_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    cells: Cells
    file: MeshFile
    refined: RefinedMesh
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., cells: _Optional[_Union[Cells, _Mapping]] = ..., file: _Optional[_Union[MeshFile, _Mapping]] = ..., refined: _Optional[_Union[RefinedMesh, _Mapping]] = ...) -> None: ...

class CreateMeshResponse(_message.Message):
    __slots__ = ("mesh", "cell_labels", "cell_names", "quality", "evidence")
    MESH_FIELD_NUMBER: _ClassVar[int]
    CELL_LABELS_FIELD_NUMBER: _ClassVar[int]
    CELL_NAMES_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    mesh: StoredMesh
    cell_labels: _common_pb2.Tensor
    cell_names: _containers.RepeatedScalarFieldContainer[str]
    quality: _common_pb2.Tensor
    evidence: _common_pb2.Evidence
    def __init__(self, mesh: _Optional[_Union[StoredMesh, _Mapping]] = ..., cell_labels: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_names: _Optional[_Iterable[str]] = ..., quality: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ...) -> None: ...

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

class ExportRequest(_message.Message):
    __slots__ = ("options", "file_format", "points", "cells", "cell_kind", "times", "values", "cell_values", "name", "cell_name")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    FILE_FORMAT_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    CELL_KIND_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    CELL_VALUES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CELL_NAME_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    file_format: str
    points: _common_pb2.Tensor
    cells: _common_pb2.Tensor
    cell_kind: str
    times: _common_pb2.Tensor
    values: _common_pb2.Tensor
    cell_values: _common_pb2.Tensor
    name: str
    cell_name: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., file_format: _Optional[str] = ..., points: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cells: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_kind: _Optional[str] = ..., times: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., cell_values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., name: _Optional[str] = ..., cell_name: _Optional[str] = ...) -> None: ...

class ExportResponse(_message.Message):
    __slots__ = ("content", "evidence")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    evidence: _common_pb2.Evidence
    def __init__(self, content: _Optional[bytes] = ..., evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("name", "model", "model_version", "summary", "inputs", "outputs", "gradients")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    GRADIENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    model: str
    model_version: str
    summary: str
    inputs: _containers.RepeatedCompositeFieldContainer[ProblemField]
    outputs: _containers.RepeatedCompositeFieldContainer[ProblemField]
    gradients: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., model: _Optional[str] = ..., model_version: _Optional[str] = ..., summary: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[ProblemField, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[ProblemField, _Mapping]]] = ..., gradients: _Optional[_Iterable[str]] = ...) -> None: ...

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
