import datetime

from faraday.v1 import common_pb2 as _common_pb2
from google.longrunning import operations_pb2 as _operations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PredictRequest(_message.Message):
    __slots__ = ("options", "operator", "version", "values", "positions", "grid", "uncertainty", "level", "band", "verify", "steps", "tolerance", "outside", "keep_missed")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    BAND_FIELD_NUMBER: _ClassVar[int]
    VERIFY_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    OUTSIDE_FIELD_NUMBER: _ClassVar[int]
    KEEP_MISSED_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    operator: str
    version: int
    values: _common_pb2.Tensor
    positions: _common_pb2.Tensor
    grid: _common_pb2.Tensor
    uncertainty: str
    level: float
    band: str
    verify: str
    steps: int
    tolerance: float
    outside: str
    keep_missed: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., operator: _Optional[str] = ..., version: _Optional[int] = ..., values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., positions: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., grid: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., uncertainty: _Optional[str] = ..., level: _Optional[float] = ..., band: _Optional[str] = ..., verify: _Optional[str] = ..., steps: _Optional[int] = ..., tolerance: _Optional[float] = ..., outside: _Optional[str] = ..., keep_missed: _Optional[str] = ...) -> None: ...

class SampleEvidence(_message.Message):
    __slots__ = ("road", "reason", "score", "far", "error_bound", "kept")
    class Road(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ROAD_UNSPECIFIED: _ClassVar[SampleEvidence.Road]
        ROAD_OPERATOR: _ClassVar[SampleEvidence.Road]
        ROAD_OPERATOR_CERTIFIED: _ClassVar[SampleEvidence.Road]
        ROAD_CORRECTED: _ClassVar[SampleEvidence.Road]
        ROAD_FINITE_ELEMENTS: _ClassVar[SampleEvidence.Road]
        ROAD_WITHHELD: _ClassVar[SampleEvidence.Road]
    ROAD_UNSPECIFIED: SampleEvidence.Road
    ROAD_OPERATOR: SampleEvidence.Road
    ROAD_OPERATOR_CERTIFIED: SampleEvidence.Road
    ROAD_CORRECTED: SampleEvidence.Road
    ROAD_FINITE_ELEMENTS: SampleEvidence.Road
    ROAD_WITHHELD: SampleEvidence.Road
    ROAD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FAR_FIELD_NUMBER: _ClassVar[int]
    ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    road: SampleEvidence.Road
    reason: str
    score: float
    far: bool
    error_bound: _common_pb2.ErrorBound
    kept: bool
    def __init__(self, road: _Optional[_Union[SampleEvidence.Road, str]] = ..., reason: _Optional[str] = ..., score: _Optional[float] = ..., far: bool = ..., error_bound: _Optional[_Union[_common_pb2.ErrorBound, _Mapping]] = ..., kept: bool = ...) -> None: ...

class PredictResponse(_message.Message):
    __slots__ = ("evidence", "version", "mean", "deviation", "low", "high", "samples")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    DEVIATION_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    evidence: _common_pb2.Evidence
    version: int
    mean: _common_pb2.Tensor
    deviation: _common_pb2.Tensor
    low: _common_pb2.Tensor
    high: _common_pb2.Tensor
    samples: _containers.RepeatedCompositeFieldContainer[SampleEvidence]
    def __init__(self, evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., version: _Optional[int] = ..., mean: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., deviation: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., low: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., high: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., samples: _Optional[_Iterable[_Union[SampleEvidence, _Mapping]]] = ...) -> None: ...

class PredictStreamRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: PredictRequest
    def __init__(self, request: _Optional[_Union[PredictRequest, _Mapping]] = ...) -> None: ...

class PredictStreamResponse(_message.Message):
    __slots__ = ("response", "error")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    response: PredictResponse
    error: _status_pb2.Status
    def __init__(self, response: _Optional[_Union[PredictResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class TrainRequest(_message.Message):
    __slots__ = ("options", "publish", "channel", "canary_weight", "problem", "divisions", "samples", "validation_samples", "calibration_samples", "test_samples", "inputs", "targets", "positions", "grid", "architecture", "seed", "epochs", "batch", "rate", "decay", "warm_up", "loss", "clamped", "augmentation", "coarse", "patience", "precision", "uncertainty")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CANARY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    DIVISIONS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    TEST_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    DECAY_FIELD_NUMBER: _ClassVar[int]
    WARM_UP_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    CLAMPED_FIELD_NUMBER: _ClassVar[int]
    AUGMENTATION_FIELD_NUMBER: _ClassVar[int]
    COARSE_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    publish: str
    channel: str
    canary_weight: float
    problem: str
    divisions: int
    samples: int
    validation_samples: int
    calibration_samples: int
    test_samples: int
    inputs: _common_pb2.Tensor
    targets: _common_pb2.Tensor
    positions: _common_pb2.Tensor
    grid: _common_pb2.Tensor
    architecture: str
    seed: int
    epochs: int
    batch: int
    rate: float
    decay: float
    warm_up: float
    loss: str
    clamped: str
    augmentation: str
    coarse: float
    patience: int
    precision: str
    uncertainty: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., publish: _Optional[str] = ..., channel: _Optional[str] = ..., canary_weight: _Optional[float] = ..., problem: _Optional[str] = ..., divisions: _Optional[int] = ..., samples: _Optional[int] = ..., validation_samples: _Optional[int] = ..., calibration_samples: _Optional[int] = ..., test_samples: _Optional[int] = ..., inputs: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., targets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., positions: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., grid: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., architecture: _Optional[str] = ..., seed: _Optional[int] = ..., epochs: _Optional[int] = ..., batch: _Optional[int] = ..., rate: _Optional[float] = ..., decay: _Optional[float] = ..., warm_up: _Optional[float] = ..., loss: _Optional[str] = ..., clamped: _Optional[str] = ..., augmentation: _Optional[str] = ..., coarse: _Optional[float] = ..., patience: _Optional[int] = ..., precision: _Optional[str] = ..., uncertainty: _Optional[str] = ...) -> None: ...

class TrainResponse(_message.Message):
    __slots__ = ("evidence", "name", "version", "artefact", "metric_names", "metrics", "history")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_FIELD_NUMBER: _ClassVar[int]
    METRIC_NAMES_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    evidence: _common_pb2.Evidence
    name: str
    version: int
    artefact: bytes
    metric_names: str
    metrics: _common_pb2.Tensor
    history: _common_pb2.Tensor
    def __init__(self, evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., name: _Optional[str] = ..., version: _Optional[int] = ..., artefact: _Optional[bytes] = ..., metric_names: _Optional[str] = ..., metrics: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., history: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class CalibrateRequest(_message.Message):
    __slots__ = ("options", "operator", "version", "problem", "divisions", "samples", "seed", "inputs", "targets", "positions", "grid", "publish", "channel", "canary_weight")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    DIVISIONS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CANARY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    operator: str
    version: int
    problem: str
    divisions: int
    samples: int
    seed: int
    inputs: _common_pb2.Tensor
    targets: _common_pb2.Tensor
    positions: _common_pb2.Tensor
    grid: _common_pb2.Tensor
    publish: str
    channel: str
    canary_weight: float
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., operator: _Optional[str] = ..., version: _Optional[int] = ..., problem: _Optional[str] = ..., divisions: _Optional[int] = ..., samples: _Optional[int] = ..., seed: _Optional[int] = ..., inputs: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., targets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., positions: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., grid: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., publish: _Optional[str] = ..., channel: _Optional[str] = ..., canary_weight: _Optional[float] = ...) -> None: ...

class CalibrateResponse(_message.Message):
    __slots__ = ("evidence", "name", "version", "artefact", "temperature", "levels", "factors", "simultaneous")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    SIMULTANEOUS_FIELD_NUMBER: _ClassVar[int]
    evidence: _common_pb2.Evidence
    name: str
    version: int
    artefact: bytes
    temperature: float
    levels: _common_pb2.Tensor
    factors: _common_pb2.Tensor
    simultaneous: _common_pb2.Tensor
    def __init__(self, evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., name: _Optional[str] = ..., version: _Optional[int] = ..., artefact: _Optional[bytes] = ..., temperature: _Optional[float] = ..., levels: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., factors: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., simultaneous: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class GetMetricsRequest(_message.Message):
    __slots__ = ("options", "operator", "version", "problem", "divisions", "samples", "seed", "inputs", "targets", "positions", "grid", "diagram")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    DIVISIONS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    DIAGRAM_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    operator: str
    version: int
    problem: str
    divisions: int
    samples: int
    seed: int
    inputs: _common_pb2.Tensor
    targets: _common_pb2.Tensor
    positions: _common_pb2.Tensor
    grid: _common_pb2.Tensor
    diagram: bool
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., operator: _Optional[str] = ..., version: _Optional[int] = ..., problem: _Optional[str] = ..., divisions: _Optional[int] = ..., samples: _Optional[int] = ..., seed: _Optional[int] = ..., inputs: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., targets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., positions: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., grid: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., diagram: bool = ...) -> None: ...

class GetMetricsResponse(_message.Message):
    __slots__ = ("evidence", "version", "metric_names", "metrics", "levels", "observed", "diagram")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    METRIC_NAMES_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    DIAGRAM_FIELD_NUMBER: _ClassVar[int]
    evidence: _common_pb2.Evidence
    version: int
    metric_names: str
    metrics: _common_pb2.Tensor
    levels: _common_pb2.Tensor
    observed: _common_pb2.Tensor
    diagram: bytes
    def __init__(self, evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., version: _Optional[int] = ..., metric_names: _Optional[str] = ..., metrics: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., levels: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., observed: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., diagram: _Optional[bytes] = ...) -> None: ...

class LearnRequest(_message.Message):
    __slots__ = ("options", "publish", "channel", "canary_weight", "divisions", "samples", "validation_samples", "calibration_samples", "test_samples", "architecture", "seed", "epochs", "batch", "rate", "decay", "warm_up", "loss", "clamped", "augmentation", "coarse", "patience", "precision", "uncertainty", "strategy", "rounds", "labels", "pool_samples")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CANARY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DIVISIONS_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    VALIDATION_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    TEST_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    DECAY_FIELD_NUMBER: _ClassVar[int]
    WARM_UP_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    CLAMPED_FIELD_NUMBER: _ClassVar[int]
    AUGMENTATION_FIELD_NUMBER: _ClassVar[int]
    COARSE_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    POOL_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    publish: str
    channel: str
    canary_weight: float
    divisions: int
    samples: int
    validation_samples: int
    calibration_samples: int
    test_samples: int
    architecture: str
    seed: int
    epochs: int
    batch: int
    rate: float
    decay: float
    warm_up: float
    loss: str
    clamped: str
    augmentation: str
    coarse: float
    patience: int
    precision: str
    uncertainty: str
    strategy: str
    rounds: int
    labels: int
    pool_samples: int
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., publish: _Optional[str] = ..., channel: _Optional[str] = ..., canary_weight: _Optional[float] = ..., divisions: _Optional[int] = ..., samples: _Optional[int] = ..., validation_samples: _Optional[int] = ..., calibration_samples: _Optional[int] = ..., test_samples: _Optional[int] = ..., architecture: _Optional[str] = ..., seed: _Optional[int] = ..., epochs: _Optional[int] = ..., batch: _Optional[int] = ..., rate: _Optional[float] = ..., decay: _Optional[float] = ..., warm_up: _Optional[float] = ..., loss: _Optional[str] = ..., clamped: _Optional[str] = ..., augmentation: _Optional[str] = ..., coarse: _Optional[float] = ..., patience: _Optional[int] = ..., precision: _Optional[str] = ..., uncertainty: _Optional[str] = ..., strategy: _Optional[str] = ..., rounds: _Optional[int] = ..., labels: _Optional[int] = ..., pool_samples: _Optional[int] = ...) -> None: ...

class LearnResponse(_message.Message):
    __slots__ = ("evidence", "name", "version", "artefact", "verdict", "metric_names", "metrics", "chosen")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ARTEFACT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    METRIC_NAMES_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    evidence: _common_pb2.Evidence
    name: str
    version: int
    artefact: bytes
    verdict: str
    metric_names: str
    metrics: _common_pb2.Tensor
    chosen: _common_pb2.Tensor
    def __init__(self, evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., name: _Optional[str] = ..., version: _Optional[int] = ..., artefact: _Optional[bytes] = ..., verdict: _Optional[str] = ..., metric_names: _Optional[str] = ..., metrics: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., chosen: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class AcquireRequest(_message.Message):
    __slots__ = ("options", "operator", "version", "strategy", "budget", "seed", "values", "labelled", "positions", "grid")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    LABELLED_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    operator: str
    version: int
    strategy: str
    budget: int
    seed: int
    values: _common_pb2.Tensor
    labelled: _common_pb2.Tensor
    positions: _common_pb2.Tensor
    grid: _common_pb2.Tensor
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., operator: _Optional[str] = ..., version: _Optional[int] = ..., strategy: _Optional[str] = ..., budget: _Optional[int] = ..., seed: _Optional[int] = ..., values: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., labelled: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., positions: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., grid: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ...) -> None: ...

class AcquireResponse(_message.Message):
    __slots__ = ("evidence", "chosen", "version")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    evidence: _common_pb2.Evidence
    chosen: _common_pb2.Tensor
    version: int
    def __init__(self, evidence: _Optional[_Union[_common_pb2.Evidence, _Mapping]] = ..., chosen: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class ModelCard(_message.Message):
    __slots__ = ("architecture", "settings", "problem", "uncertainty", "data_digest", "seed", "metrics", "code_version", "least_points", "most_points")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    DATA_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    LEAST_POINTS_FIELD_NUMBER: _ClassVar[int]
    MOST_POINTS_FIELD_NUMBER: _ClassVar[int]
    architecture: str
    settings: str
    problem: str
    uncertainty: str
    data_digest: str
    seed: int
    metrics: _containers.ScalarMap[str, float]
    code_version: str
    least_points: int
    most_points: int
    def __init__(self, architecture: _Optional[str] = ..., settings: _Optional[str] = ..., problem: _Optional[str] = ..., uncertainty: _Optional[str] = ..., data_digest: _Optional[str] = ..., seed: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ..., code_version: _Optional[str] = ..., least_points: _Optional[int] = ..., most_points: _Optional[int] = ...) -> None: ...

class ModelVersion(_message.Message):
    __slots__ = ("number", "digest", "size_bytes", "create_time", "publisher", "card")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PUBLISHER_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    number: int
    digest: str
    size_bytes: int
    create_time: _timestamp_pb2.Timestamp
    publisher: str
    card: ModelCard
    def __init__(self, number: _Optional[int] = ..., digest: _Optional[str] = ..., size_bytes: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., publisher: _Optional[str] = ..., card: _Optional[_Union[ModelCard, _Mapping]] = ...) -> None: ...

class OperatorModel(_message.Message):
    __slots__ = ("name", "stable_version", "canary_version", "canary_weight", "versions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STABLE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CANARY_VERSION_FIELD_NUMBER: _ClassVar[int]
    CANARY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    stable_version: int
    canary_version: int
    canary_weight: float
    versions: _containers.RepeatedCompositeFieldContainer[ModelVersion]
    def __init__(self, name: _Optional[str] = ..., stable_version: _Optional[int] = ..., canary_version: _Optional[int] = ..., canary_weight: _Optional[float] = ..., versions: _Optional[_Iterable[_Union[ModelVersion, _Mapping]]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ("options", "page_size", "page_token")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    page_size: int
    page_token: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models", "next_page_token")
    MODELS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[OperatorModel]
    next_page_token: str
    def __init__(self, models: _Optional[_Iterable[_Union[OperatorModel, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetModelRequest(_message.Message):
    __slots__ = ("options", "name", "content_version")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    name: str
    content_version: int
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., name: _Optional[str] = ..., content_version: _Optional[int] = ...) -> None: ...

class GetModelResponse(_message.Message):
    __slots__ = ("model", "content")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    model: OperatorModel
    content: bytes
    def __init__(self, model: _Optional[_Union[OperatorModel, _Mapping]] = ..., content: _Optional[bytes] = ...) -> None: ...

class PublishModelRequest(_message.Message):
    __slots__ = ("options", "name", "content", "version", "channel", "canary_weight")
    class Channel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CHANNEL_UNSPECIFIED: _ClassVar[PublishModelRequest.Channel]
        CHANNEL_STABLE: _ClassVar[PublishModelRequest.Channel]
        CHANNEL_CANARY: _ClassVar[PublishModelRequest.Channel]
    CHANNEL_UNSPECIFIED: PublishModelRequest.Channel
    CHANNEL_STABLE: PublishModelRequest.Channel
    CHANNEL_CANARY: PublishModelRequest.Channel
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CANARY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    name: str
    content: bytes
    version: int
    channel: PublishModelRequest.Channel
    canary_weight: float
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., name: _Optional[str] = ..., content: _Optional[bytes] = ..., version: _Optional[int] = ..., channel: _Optional[_Union[PublishModelRequest.Channel, str]] = ..., canary_weight: _Optional[float] = ...) -> None: ...

class PublishModelResponse(_message.Message):
    __slots__ = ("model", "version")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    model: OperatorModel
    version: int
    def __init__(self, model: _Optional[_Union[OperatorModel, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class GetCandidatesRequest(_message.Message):
    __slots__ = ("options", "name", "page_size", "page_token")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    name: str
    page_size: int
    page_token: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("digest", "create_time", "grid", "inputs", "targets", "reason", "relative_error", "operator", "version")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_ERROR_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    digest: str
    create_time: _timestamp_pb2.Timestamp
    grid: _common_pb2.Tensor
    inputs: _common_pb2.Tensor
    targets: _common_pb2.Tensor
    reason: str
    relative_error: float
    operator: str
    version: int
    def __init__(self, digest: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., grid: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., inputs: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., targets: _Optional[_Union[_common_pb2.Tensor, _Mapping]] = ..., reason: _Optional[str] = ..., relative_error: _Optional[float] = ..., operator: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class GetCandidatesResponse(_message.Message):
    __slots__ = ("candidates", "next_page_token")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    next_page_token: str
    def __init__(self, candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteCandidatesRequest(_message.Message):
    __slots__ = ("options", "name")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    options: _common_pb2.RequestOptions
    name: str
    def __init__(self, options: _Optional[_Union[_common_pb2.RequestOptions, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class DeleteCandidatesResponse(_message.Message):
    __slots__ = ("deleted_count",)
    DELETED_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_count: int
    def __init__(self, deleted_count: _Optional[int] = ...) -> None: ...
