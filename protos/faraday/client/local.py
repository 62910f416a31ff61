"""Where `faraday up` says how to reach the server that it started on this machine."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faraday.client.errors import NoLocalServer

PROBE_S = 2.0  # to connect on one machine takes well below a millisecond


@dataclass(frozen=True)
class LocalServer:
    """What `client.json` holds."""

    endpoint: str  # "host:port" or "unix:/path"
    token_file: Path
    ca_file: Path | None


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """$FARADAY_STATE_DIR, else $XDG_STATE_HOME/faraday, else ~/.local/state/faraday."""
    if named := environ.get("FARADAY_STATE_DIR"):
        return Path(named)
    state_home = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state_home) / "faraday"


def find(directory: Path) -> LocalServer:
    """The server that runs, or `NoLocalServer`."""
    file = directory / "client.json"
    try:
        said = json.loads(file.read_text())
        ca_file = said["ca_file"]
        found = LocalServer(said["endpoint"], Path(said["token_file"]), None if ca_file is None else Path(ca_file))
    except FileNotFoundError as error:
        raise NoLocalServer(f"no server of yours runs on this machine (there is no {file}); run: faraday up") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoLocalServer(f"{file} is not as `faraday up` writes it ({error!r}); run: faraday up") from error
    _probe(found.endpoint)
    return found


def _probe(endpoint: str) -> None:
    """A server that was killed leaves its file behind."""
    try:
        if endpoint.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PROBE_S)
                connection.connect(endpoint.removeprefix("unix:"))
        else:
            host, _, port = endpoint.rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), PROBE_S).close()
    except (OSError, ValueError) as error:
        raise NoLocalServer(f"nothing listens at {endpoint} any more ({error}); run: faraday up") from error
