"""An external Open Inference Protocol server as the backend of a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class UpstreamOptions:
    target: str
    ca_file: Path | None = None
    token_file: Path | None = None
