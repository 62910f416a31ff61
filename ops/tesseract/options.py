"""What the gateway is made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """The router behind the gateway, and where it listens itself. Whoever calls brings the credential for both."""

    target: str  # the router's host:port
    host: str = "127.0.0.1"
    port: int = 8000  # 0 takes any
    ca_file: Path | None = None  # PEM authorities of the router's certificate; in the clear without
    certificate_file: Path | None = None  # PEM chain of the gateway; plain HTTP without
    key_file: Path | None = None
    max_body_bytes: int = 96 << 20  # base64 takes 4 bytes for 3: 64 MiB of tensors and what describes them
    max_held_bytes: int = 512 << 20  # of all bodies at once
    max_header_bytes: int = 32 << 10
    max_connections: int = 256
    channels: int = 4  # connections to the router: each goes to one of its workers
    timeout_s: float = 300.0  # of a whole call: HTTP has no deadlines, and a requests.Session waits for ever
    keep_alive_s: float = 60.0
    drain_timeout_s: float = 20.0
