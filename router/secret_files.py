"""Secrets on disk: readable by their owner alone, or refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class SecretExposed(Exception):
    """The file can be read or written by others than its owner. Nothing of it was used."""

    def __init__(self, file: str, mode: int) -> None:
        super().__init__(file, mode)
        self.file = file
        self.mode = mode

    def __str__(self) -> str:
        return f"{self.file} holds a secret and is open to others (mode {self.mode:04o}); run: chmod 600 {self.file}"


class SecretUnusable(Exception):
    """The file is missing, or not what it should be; `wrong` says what, and never quotes the file."""

    def __init__(self, file: str, wrong: str) -> None:
        super().__init__(file, wrong)
        self.file = file
        self.wrong = wrong

    def __str__(self) -> str:
        return f"{self.file}: {self.wrong}"


def read_secret(file: Path) -> bytes:
    """The bytes of a file of ours. Raises SecretExposed or SecretUnusable."""
    try:
        with file.open("rb") as opened:  # the mode of what is open, not of what may take its place
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if mode & 0o077:
                raise SecretExposed(str(file), mode)
            return opened.read()
    except OSError as error:
        raise SecretUnusable(str(file), error.strerror or "cannot be read") from error


def create_secret(file: Path, content: bytes) -> None:
    """A new file with mode 0600. Raises FileExistsError: a key is never overwritten."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    _write(descriptor, content)
    _sync_folder(file.parent)


def replace_secret(file: Path, content: bytes) -> None:
    """The whole new content or the whole old one, even after a crash. One writer at a time."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    create_secret(draft, content)
    draft.replace(file)
    _sync_folder(file.parent)


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
