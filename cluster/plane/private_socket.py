"""Unix sockets that only this user can open."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_MAX_PATH_BYTES = 107  # Linux: sun_path without its final NUL


class SocketPathTooLong(Exception):
    """The path is longer than the kernel allows; choose a shorter folder for sockets."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} has more than {_MAX_PATH_BYTES} bytes: set a shorter folder for sockets"


def bound(path: Path, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket of `kind` at `path`, mode 0600, in place of whatever socket was there; a stream listens."""
    if len(os.fsencode(path)) > _MAX_PATH_BYTES:
        raise SocketPathTooLong(str(path))
    path.unlink(missing_ok=True)
    private = socket.socket(socket.AF_UNIX, kind | socket.SOCK_NONBLOCK)
    before = os.umask(0o177)
    try:
        private.bind(str(path))
    finally:
        os.umask(before)
    if kind is socket.SOCK_STREAM:
        private.listen(128)
    return private
