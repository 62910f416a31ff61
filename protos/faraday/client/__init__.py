"""The typed client of Faraday: `Client.local().fem.solve(unit_square(32), source=1.0, dirichlet=0.0)`."""

from faraday.client.candidates import Candidate, Candidates
from faraday.client.client import Client
from faraday.client.connection import Settings, Tls
from faraday.client.derivative import Derivative, Functional, Value
from faraday.client.diffusion import Diffusion
from faraday.client.elasticity import Elasticity
from faraday.client.error_shares import ErrorShares
from faraday.client.errors import (
    AccountExists,
    AccountFrozen,
    BudgetSpent,
    CallFailed,
    DeadlineExceeded,
    Failure,
    FaradayError,
    Forbidden,
    InvalidRequest,
    MalformedReply,
    NoLocalServer,
    NotConverged,
    NotFound,
    OperationCancelled,
    OperationRunning,
    PlaintextToken,
    PlotUnavailable,
    RateLimited,
    RequestIdReused,
    ServerError,
    TooLarge,
    TooManyOperations,
    Unauthenticated,
    Unavailable,
    Violation,
)
from faraday.client.evidence import BoundKind, ErrorBound, Evidence, Interval, IntervalKind, Outcome, PrivacySpend
from faraday.client.field import Field
from faraday.client.inverse import Identified, Inverse
from faraday.client.listing import ProblemField, ProblemKind
from faraday.client.mesh import Mesh, tetrahedra, triangles
from faraday.client.operations import Operation, Operations
from faraday.client.operator_models import ModelCard, ModelVersion, OperatorModel
from faraday.client.operators import Functions, NeuralOperators
from faraday.client.posed import Posed, Shape
from faraday.client.prediction import Prediction, Road, SampleEvidence
from faraday.client.privacy import Adjacency, Budget, Privacy, Quote, Release, Unit
from faraday.client.progress import Progress as OperationProgress
from faraday.client.progress import State as OperationState
from faraday.client.retry import Clock, Retry
from faraday.client.samples import Samples
from faraday.client.solution import Solution
from faraday.client.structured import box, rectangle, unit_square
from faraday.client.trained import Learnt, Metrics, Recalibrated, Trained

__all__ = [
    "AccountExists",
    "AccountFrozen",
    "Adjacency",
    "BoundKind",
    "Budget",
    "BudgetSpent",
    "CallFailed",
    "Candidate",
    "Candidates",
    "Client",
    "Clock",
    "DeadlineExceeded",
    "Derivative",
    "Diffusion",
    "Elasticity",
    "ErrorBound",
    "ErrorShares",
    "Evidence",
    "Failure",
    "FaradayError",
    "Field",
    "Forbidden",
    "Functional",
    "Functions",
    "Identified",
    "Interval",
    "IntervalKind",
    "InvalidRequest",
    "Inverse",
    "Learnt",
    "MalformedReply",
    "Mesh",
    "Metrics",
    "ModelCard",
    "ModelVersion",
    "NeuralOperators",
    "NoLocalServer",
    "NotConverged",
    "NotFound",
    "Operation",
    "OperationCancelled",
    "OperationProgress",
    "OperationRunning",
    "OperationState",
    "Operations",
    "OperatorModel",
    "Outcome",
    "PlaintextToken",
    "PlotUnavailable",
    "Posed",
    "Prediction",
    "Privacy",
    "PrivacySpend",
    "ProblemField",
    "ProblemKind",
    "Quote",
    "RateLimited",
    "Recalibrated",
    "Release",
    "RequestIdReused",
    "Retry",
    "Road",
    "SampleEvidence",
    "Samples",
    "ServerError",
    "Settings",
    "Shape",
    "Solution",
    "Tls",
    "TooLarge",
    "TooManyOperations",
    "Trained",
    "Unauthenticated",
    "Unavailable",
    "Unit",
    "Value",
    "Violation",
    "box",
    "rectangle",
    "tetrahedra",
    "triangles",
    "unit_square",
]
