"""The gateway's process, as the supervisor starts it: its options, put together from settings."""

from __future__ import annotations

import argparse
from pathlib import Path

from ops import logs, processes, readiness
from ops.settings import Settings
from ops.state import StateFolder
from ops.tesseract import serving
from ops.tesseract.options import Options


def options(settings: Settings, router_port: int) -> Options:
    """For the router of this machine, whose certificate is the gateway's, too, and trusted as `Client.local` does."""
    server, own = settings.server, settings.tesseract
    if own.port is None:
        raise ValueError("tesseract.port is not set")
    host = "127.0.0.1" if server.host in ("0.0.0.0", "::") else server.host
    return Options(
        target=f"[{host}]:{router_port}" if ":" in host else f"{host}:{router_port}",
        host=own.host,
        port=own.port,
        ca_file=server.tls.certificate_file,
        certificate_file=server.tls.certificate_file,
        key_file=server.tls.key_file,
        channels=2 * server.workers,  # the kernel deals connections out at random
        max_body_bytes=own.max_body_bytes,
        max_held_bytes=own.max_held_bytes,
        max_connections=own.max_connections,
        timeout_s=own.timeout_s,
        drain_timeout_s=server.drain_timeout_s,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.tesseract.process")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--router", type=int, required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    arguments = parser.parse_args()
    processes.end_with_parent()
    state = StateFolder(arguments.state)
    settings = Settings.model_validate_json(state.settings.read_text())
    logs.configure(settings.telemetry.log_level, logs.Format(settings.telemetry.log_format), "tesseract")
    tell = readiness.teller(arguments.ready_fd)
    made = options(settings, arguments.router)
    try:
        bound = serving.bound(made)
    except OSError as error:
        tell(f"tesseract.port {made.port} of {made.host} cannot be had: {error.strerror}")
        raise SystemExit(1) from error
    serving.server(made, lambda: tell("ready")).run([bound])


if __name__ == "__main__":
    main()
