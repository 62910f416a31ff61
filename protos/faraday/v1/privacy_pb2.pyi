import datetime

from faraday.v1 import common_pb2 as _common_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Unit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNIT_UNSPECIFIED: _ClassVar[Unit]
    UNIT_PATIENT: _ClassVar[Unit]
    UNIT_RECORD: _ClassVar[Unit]
    UNIT_CLIENT: _ClassVar[Unit]

class Adjacency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADJACENCY_UNSPECIFIED: _ClassVar[Adjacency]
    ADJACENCY_ADD_REMOVE: _ClassVar[Adjacency]
    ADJACENCY_REPLACE: _ClassVar[Adjacency]
UNIT_UNSPECIFIED: Unit
UNIT_PATIENT: Unit
UNIT_RECORD: Unit
UNIT_CLIENT: Unit
ADJACENCY_UNSPECIFIED: Adjacency
ADJACENCY_ADD_REMOVE: Adjacency
ADJACENCY_REPLACE: Adjacency

class AccountKey(_message.Message):
    __slots__ = ("dataset", "tenant", "user")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    tenant: str
    user: str
    def __init__(self, dataset: _Optional[str] = ..., tenant: _Optional[str] = ..., user: _Optional[str] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("key", "unit", "adjacency", "epsilon", "delta", "order", "block", "epsilon_spent", "limit_picorho", "spent_picorho", "reserved_picorho", "frozen")
    KEY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ADJACENCY_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    EPSILON_SPENT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_PICORHO_FIELD_NUMBER: _ClassVar[int]
    SPENT_PICORHO_FIELD_NUMBER: _ClassVar[int]
    RESERVED_PICORHO_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    key: AccountKey
    unit: Unit
    adjacency: Adjacency
    epsilon: float
    delta: float
    order: float
    block: str
    epsilon_spent: float
    limit_picorho: int
    spent_picorho: int
    reserved_picorho: int
    frozen: str
    def __init__(self, key: _Optional[_Union[AccountKey, _Mapping]] = ..., unit: _Optional[_Union[Unit, str]] = ..., adjacency: _Optional[_Union[Adjacency, str]] = ..., epsilon: _Optional[float] = ..., delta: _Optional[float] = ..., order: _Optional[float] = ..., block: _Optional[str] = ..., epsilon_spent: _Optional[float] = ..., limit_picorho: _Optional[int] = ..., spent_picorho: _Optional[int] = ..., reserved_picorho: _Optional[int] = ..., frozen: _Optional[str] = ...) -> None: ...

class OpenAccountRequest(_message.Message):
    __slots__ = ("options", "key", "unit", "adjacency", "epsilon", "delta", "order", "block")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ADJACENCY_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    key: AccountKey
    unit: Unit
    adjacency: Adjacency
    epsilon: float
    delta: float
    order: float
    block: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., key: _Optional[_Union[AccountKey, _Mapping]] = ..., unit: _Optional[_Union[Unit, str]] = ..., adjacency: _Optional[_Union[Adjacency, str]] = ..., epsilon: _Optional[float] = ..., delta: _Optional[float] = ..., order: _Optional[float] = ..., block: _Optional[str] = ...) -> None: ...

class OpenAccountResponse(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...

class SetPolicyRequest(_message.Message):
    __slots__ = ("options", "key", "epsilon")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    key: AccountKey
    epsilon: float
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., key: _Optional[_Union[AccountKey, _Mapping]] = ..., epsilon: _Optional[float] = ...) -> None: ...

class SetPolicyResponse(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...

class FreezeRequest(_message.Message):
    __slots__ = ("options", "key", "reason")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    key: AccountKey
    reason: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., key: _Optional[_Union[AccountKey, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class FreezeResponse(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...

class GetBudgetRequest(_message.Message):
    __slots__ = ("options", "key")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    key: AccountKey
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., key: _Optional[_Union[AccountKey, _Mapping]] = ...) -> None: ...

class GetBudgetResponse(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...

class Mechanism(_message.Message):
    __slots__ = ("gaussian", "exponential", "subsampled_gaussian")
    class Gaussian(_message.Message):
        __slots__ = ("noise_multiplier",)
        NOISE_MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
        noise_multiplier: float
        def __init__(self, noise_multiplier: _Optional[float] = ...) -> None: ...
    class Exponential(_message.Message):
        __slots__ = ("epsilon",)
        EPSILON_FIELD_NUMBER: _ClassVar[int]
        epsilon: float
        def __init__(self, epsilon: _Optional[float] = ...) -> None: ...
    class SubsampledGaussian(_message.Message):
        __slots__ = ("noise_multiplier", "rate", "step_count")
        NOISE_MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
        RATE_FIELD_NUMBER: _ClassVar[int]
        STEP_COUNT_FIELD_NUMBER: _ClassVar[int]
        noise_multiplier: float
        rate: float
        step_count: int
        def __init__(self, noise_multiplier: _Optional[float] = ..., rate: _Optional[float] = ..., step_count: _Optional[int] = ...) -> None: ...
    GAUSSIAN_FIELD_NUMBER: _ClassVar[int]
    EXPONENTIAL_FIELD_NUMBER: _ClassVar[int]
    SUBSAMPLED_GAUSSIAN_FIELD_NUMBER: _ClassVar[int]
    gaussian: Mechanism.Gaussian
    exponential: Mechanism.Exponential
    subsampled_gaussian: Mechanism.SubsampledGaussian
    def __init__(self, gaussian: _Optional[_Union[Mechanism.Gaussian, _Mapping]] = ..., exponential: _Optional[_Union[Mechanism.Exponential, _Mapping]] = ..., subsampled_gaussian: _Optional[_Union[Mechanism.SubsampledGaussian, _Mapping]] = ...) -> None: ...

class QuoteCostRequest(_message.Message):
    __slots__ = ("options", "key", "mechanism")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    MECHANISM_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    key: AccountKey
    mechanism: Mechanism
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., key: _Optional[_Union[AccountKey, _Mapping]] = ..., mechanism: _Optional[_Union[Mechanism, _Mapping]] = ...) -> None: ...

class QuoteCostResponse(_message.Message):
    __slots__ = ("cost_picorho", "epsilon", "affordable_count")
    COST_PICORHO_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    AFFORDABLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    cost_picorho: int
    epsilon: float
    affordable_count: int
    def __init__(self, cost_picorho: _Optional[int] = ..., epsilon: _Optional[float] = ..., affordable_count: _Optional[int] = ...) -> None: ...

class ListReleasesRequest(_message.Message):
    __slots__ = ("options", "dataset", "page_size", "page_token")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    dataset: str
    page_size: int
    page_token: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., dataset: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Release(_message.Message):
    __slots__ = ("release_time", "tenant", "request_id", "event", "charges")
    class Charge(_message.Message):
        __slots__ = ("key", "cost_picorho")
        KEY_FIELD_NUMBER: _ClassVar[int]
        COST_PICORHO_FIELD_NUMBER: _ClassVar[int]
        key: AccountKey
        cost_picorho: int
        def __init__(self, key: _Optional[_Union[AccountKey, _Mapping]] = ..., cost_picorho: _Optional[int] = ...) -> None: ...
    RELEASE_TIME_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    CHARGES_FIELD_NUMBER: _ClassVar[int]
    release_time: _timestamp_pb2.Timestamp
    tenant: str
    request_id: str
    event: str
    charges: _containers.RepeatedCompositeFieldContainer[Release.Charge]
    def __init__(self, release_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tenant: _Optional[str] = ..., request_id: _Optional[str] = ..., event: _Optional[str] = ..., charges: _Optional[_Iterable[_Union[Release.Charge, _Mapping]]] = ...) -> None: ...

class ListReleasesResponse(_message.Message):
    __slots__ = ("releases", "next_page_token")
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    releases: _containers.RepeatedCompositeFieldContainer[Release]
    next_page_token: str
    def __init__(self, releases: _Optional[_Iterable[_Union[Release, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
