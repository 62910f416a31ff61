import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BoundKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOUND_KIND_UNSPECIFIED: _ClassVar[BoundKind]
    BOUND_KIND_GUARANTEED: _ClassVar[BoundKind]
    BOUND_KIND_ESTIMATED: _ClassVar[BoundKind]

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_CONVERGED: _ClassVar[Outcome]
    OUTCOME_NOT_CONVERGED: _ClassVar[Outcome]
    OUTCOME_VALIDATED: _ClassVar[Outcome]
BOUND_KIND_UNSPECIFIED: BoundKind
BOUND_KIND_GUARANTEED: BoundKind
BOUND_KIND_ESTIMATED: BoundKind
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_CONVERGED: Outcome
OUTCOME_NOT_CONVERGED: Outcome
OUTCOME_VALIDATED: Outcome

class Tensor(_message.Message):
    __slots__ = ("dtype", "shape", "data")
    class DType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        D_TYPE_UNSPECIFIED: _ClassVar[Tensor.DType]
        D_TYPE_FLOAT64: _ClassVar[Tensor.DType]
        D_TYPE_FLOAT32: _ClassVar[Tensor.DType]
        D_TYPE_INT64: _ClassVar[Tensor.DType]
        D_TYPE_INT32: _ClassVar[Tensor.DType]
        D_TYPE_UINT8: _ClassVar[Tensor.DType]
        D_TYPE_BOOL: _ClassVar[Tensor.DType]
    D_TYPE_UNSPECIFIED: Tensor.DType
    D_TYPE_FLOAT64: Tensor.DType
    D_TYPE_FLOAT32: Tensor.DType
    D_TYPE_INT64: Tensor.DType
    D_TYPE_INT32: Tensor.DType
    D_TYPE_UINT8: Tensor.DType
    D_TYPE_BOOL: Tensor.DType
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    dtype: Tensor.DType
    shape: _containers.RepeatedScalarFieldContainer[int]
    data: bytes
    def __init__(self, dtype: _Optional[_Union[Tensor.DType, str]] = ..., shape: _Optional[_Iterable[int]] = ..., data: _Optional[bytes] = ...) -> None: ...

class RequestOptions(_message.Message):
    __slots__ = ("request_id", "deadline", "validate_only")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    deadline: _timestamp_pb2.Timestamp
    validate_only: bool
    def __init__(self, request_id: _Optional[str] = ..., deadline: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., validate_only: bool = ...) -> None: ...

class ErrorBound(_message.Message):
    __slots__ = ("value", "relative", "norm", "kind", "conditions", "source")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    NORM_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    value: float
    relative: float
    norm: str
    kind: BoundKind
    conditions: str
    source: str
    def __init__(self, value: _Optional[float] = ..., relative: _Optional[float] = ..., norm: _Optional[str] = ..., kind: _Optional[_Union[BoundKind, str]] = ..., conditions: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class Interval(_message.Message):
    __slots__ = ("level", "kind", "simultaneous", "calibration_count", "conditions", "source")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Interval.Kind]
        KIND_CONFORMAL: _ClassVar[Interval.Kind]
        KIND_BELIEVED: _ClassVar[Interval.Kind]
        KIND_WITHDRAWN: _ClassVar[Interval.Kind]
    KIND_UNSPECIFIED: Interval.Kind
    KIND_CONFORMAL: Interval.Kind
    KIND_BELIEVED: Interval.Kind
    KIND_WITHDRAWN: Interval.Kind
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIMULTANEOUS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    level: float
    kind: Interval.Kind
    simultaneous: bool
    calibration_count: int
    conditions: str
    source: str
    def __init__(self, level: _Optional[float] = ..., kind: _Optional[_Union[Interval.Kind, str]] = ..., simultaneous: bool = ..., calibration_count: _Optional[int] = ..., conditions: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class PrivacySpend(_message.Message):
    __slots__ = ("kind", "epsilon", "delta", "dataset", "unit", "adjacency", "epsilon_left")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[PrivacySpend.Kind]
        KIND_NOT_PRIVATE: _ClassVar[PrivacySpend.Kind]
        KIND_CHARGED: _ClassVar[PrivacySpend.Kind]
        KIND_QUOTED: _ClassVar[PrivacySpend.Kind]
    KIND_UNSPECIFIED: PrivacySpend.Kind
    KIND_NOT_PRIVATE: PrivacySpend.Kind
    KIND_CHARGED: PrivacySpend.Kind
    KIND_QUOTED: PrivacySpend.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ADJACENCY_FIELD_NUMBER: _ClassVar[int]
    EPSILON_LEFT_FIELD_NUMBER: _ClassVar[int]
    kind: PrivacySpend.Kind
    epsilon: float
    delta: float
    dataset: str
    unit: str
    adjacency: str
    epsilon_left: float
    def __init__(self, kind: _Optional[_Union[PrivacySpend.Kind, str]] = ..., epsilon: _Optional[float] = ..., delta: _Optional[float] = ..., dataset: _Optional[str] = ..., unit: _Optional[str] = ..., adjacency: _Optional[str] = ..., epsilon_left: _Optional[float] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("trace_id", "model", "model_version", "outcome", "advice", "method", "residual", "error_bound", "privacy", "elapsed_s", "replayed", "interval")
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESIDUAL_FIELD_NUMBER: _ClassVar[int]
    ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_S_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    trace_id: str
    model: str
    model_version: str
    outcome: Outcome
    advice: str
    method: str
    residual: float
    error_bound: ErrorBound
    privacy: PrivacySpend
    elapsed_s: float
    replayed: bool
    interval: Interval
    def __init__(self, trace_id: _Optional[str] = ..., model: _Optional[str] = ..., model_version: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., advice: _Optional[str] = ..., method: _Optional[str] = ..., residual: _Optional[float] = ..., error_bound: _Optional[_Union[ErrorBound, _Mapping]] = ..., privacy: _Optional[_Union[PrivacySpend, _Mapping]] = ..., elapsed_s: _Optional[float] = ..., replayed: bool = ..., interval: _Optional[_Union[Interval, _Mapping]] = ...) -> None: ...
