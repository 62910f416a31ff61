"""The typed client of Faraday: `Client.local().fem.solve(unit_square(32), source=1.0, dirichlet=0.0)`."""

from faraday.client.client import Client
from faraday.client.connection import Settings, Tls
from faraday.client.errors import (
    CallFailed,
    DeadlineExceeded,
    Failure,
    FaradayError,
    Forbidden,
    InvalidRequest,
    MalformedReply,
    NoLocalServer,
    NotFound,
    PlaintextToken,
    PlotUnavailable,
    RateLimited,
    RequestIdReused,
    ServerError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Violation,
)
from faraday.client.evidence import BoundKind, ErrorBound, Evidence, Outcome, PrivacySpend
from faraday.client.field import Field
from faraday.client.mesh import Mesh, triangles, unit_square
from faraday.client.retry import Clock, Retry

__all__ = [
    "BoundKind",
    "CallFailed",
    "Client",
    "Clock",
    "DeadlineExceeded",
    "ErrorBound",
    "Evidence",
    "Failure",
    "FaradayError",
    "Field",
    "Forbidden",
    "InvalidRequest",
    "MalformedReply",
    "Mesh",
    "NoLocalServer",
    "NotFound",
    "Outcome",
    "PlaintextToken",
    "PlotUnavailable",
    "PrivacySpend",
    "RateLimited",
    "RequestIdReused",
    "Retry",
    "ServerError",
    "Settings",
    "Tls",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Violation",
    "triangles",
    "unit_square",
]
