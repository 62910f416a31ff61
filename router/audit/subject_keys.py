"""One key per person, in a folder of small files: destroying the file makes all that was sealed with it unreadable.

Each is wrapped (AES-256-GCM) by a master key, so that the folder alone opens nothing, and named by a keyed hash of the
person, so that it lists nobody. In files of their own and not in the log's: the log is backed up for years, and a
key that is in a backup is not destroyed.

Used only by the transaction whose turn it is to write the log (`router.ledgers.sqlite.turn`), and each looks anew
(`refresh`): one writer at a time, and no event is sealed with a key that is being destroyed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from router.audit.errors import SubjectKeyUnusable
from router.file_signature import Signature, file_signature
from router.secret_files import SecretExposed, SecretUnusable, create_secret, read_secret, replace_secret

_KEY_BYTES = 32
_NONCE_BYTES = 12
_REMEMBERED = 10_000
_ID = b"faraday audit key id v1\0"
_WRAP = b"faraday audit key wrap v1\0"
_INDEX = b"faraday audit key index v1\0"
_CHECK = "master"  # a file that knows its master key again


@dataclass(frozen=True)
class MasterKey:
    """Two keys from one secret (HKDF, RFC 5869): to wrap with and to name with."""

    wrapping: AESGCM = field(repr=False)
    index: bytes = field(repr=False)


@dataclass(frozen=True)
class SubjectKey:
    """`id` is a hash of the key: it commits to the key and, once that is destroyed, leads to nobody."""

    id: bytes
    cipher: AESGCM = field(repr=False)


@dataclass(frozen=True)
class _OpenKey:
    file: Path
    signature: Signature
    key: SubjectKey


def write_master_key(file: Path, random_bytes: Callable[[int], bytes]) -> None:
    """A new one, mode 0600. Raises FileExistsError."""
    create_secret(file, random_bytes(_KEY_BYTES))


def read_master_key(file: Path) -> MasterKey:
    """Raises SecretUnusable or SecretExposed."""
    secret = read_secret(file)
    if len(secret) != _KEY_BYTES:
        raise SecretUnusable(str(file), f"holds {len(secret)} bytes; a master key has {_KEY_BYTES}")
    return MasterKey(AESGCM(_derived(secret, _WRAP)), _derived(secret, _INDEX))


class SubjectKeys:
    """The keys in `folder`, which is made where there is none."""

    def __init__(self, folder: Path, master: MasterKey, random_bytes: Callable[[int], bytes]) -> None:
        """Raises SecretUnusable where the folder belongs to another master key: its persons would not be found."""
        self._folder = folder
        self._master = master
        self._random_bytes = random_bytes
        self._opened: dict[str, _OpenKey] = {}
        self._current: set[str] = set()  # persons whose file was looked at in this transaction
        self._seen: Signature = ()
        self._claim()

    def refresh(self) -> None:
        """A transaction begins. Opened keys are dropped where another process has changed the folder: none that it has
        destroyed must live on in here."""
        self._current.clear()
        now = file_signature(self._folder)
        if now != self._seen or len(self._opened) > _REMEMBERED:
            self._opened.clear()
            self._seen = now

    def of(self, person: str) -> SubjectKey:
        """Made and flushed where there is none. Raises SubjectKeyUnusable."""
        opened = self._opened.get(person)
        if opened is not None and person in self._current:
            return opened.key
        file = opened.file if opened is not None else self._file(person)
        try:
            if opened is None or file_signature(file) != opened.signature:
                key = self._read(file) if file.exists() else self._make(file)
                opened = _OpenKey(file, file_signature(file), key)
        except OSError as error:
            raise SubjectKeyUnusable(str(file), error.strerror or "cannot be written") from error
        self._opened[person] = opened
        self._current.add(person)
        return opened.key

    def condemned(self, person: str) -> bytes | None:
        """The id of the person's key; empty where it is damaged, and None where there is none."""
        file = self._file(person)
        if not file.exists():
            return None
        try:
            return self._read(file).id
        except SubjectKeyUnusable:
            return b""

    def destroy(self, person: str) -> None:
        """Overwritten, removed, flushed. Raises SubjectKeyUnusable where the file system does not let us."""
        file = self._file(person)
        self._opened.pop(person, None)
        try:
            with file.open("r+b") as opened:  # in place: for file systems that do not copy on write
                opened.write(self._random_bytes(file.stat().st_size))
                opened.flush()
                os.fsync(opened.fileno())
            file.unlink()
            _flush(self._folder)
        except OSError as error:
            raise SubjectKeyUnusable(str(file), error.strerror or "cannot be removed") from error

    def all(self) -> Mapping[bytes, SubjectKey]:
        """By id, for reading. A damaged key counts as gone: what it sealed cannot be read."""
        return {key.id: key for key in self._readable()}

    def _readable(self) -> Iterator[SubjectKey]:
        for file in self._folder.glob("*.key"):
            try:
                yield self._read(file)
            except SubjectKeyUnusable:
                continue

    def _claim(self) -> None:
        check = self._folder / _CHECK
        mark = hmac.digest(self._master.index, b"check", "sha256")
        draft = self._folder / f"{_CHECK}.{self._random_bytes(8).hex()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not check.exists():
                create_secret(draft, mark)
                with suppress(FileExistsError):  # whole or not at all, and the first of several processes wins
                    check.hardlink_to(draft)
                draft.unlink()
        except OSError as error:
            raise SecretUnusable(str(self._folder), error.strerror or "cannot be made") from error
        if not hmac.compare_digest(read_secret(check), mark):
            raise SecretUnusable(str(self._folder), "belongs to another master key")

    def _file(self, person: str) -> Path:
        return self._folder / (hmac.new(self._master.index, person.encode(), hashlib.sha256).hexdigest() + ".key")

    def _make(self, file: Path) -> SubjectKey:
        secret, nonce = self._random_bytes(_KEY_BYTES), self._random_bytes(_NONCE_BYTES)
        replace_secret(file, nonce + self._master.wrapping.encrypt(nonce, secret, _WRAP + file.name.encode()))
        return _subject_key(secret)

    def _read(self, file: Path) -> SubjectKey:
        try:
            content = read_secret(file)
            nonce, wrapped = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
            return _subject_key(self._master.wrapping.decrypt(nonce, wrapped, _WRAP + file.name.encode()))
        except (SecretUnusable, SecretExposed) as error:
            raise SubjectKeyUnusable(str(file), str(error)) from error
        except (InvalidTag, ValueError) as error:  # ValueError: too short a nonce
            raise SubjectKeyUnusable(str(file), "is damaged") from error


def _subject_key(secret: bytes) -> SubjectKey:
    return SubjectKey(hashlib.sha256(_ID + secret).digest(), AESGCM(secret))


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(secret)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
