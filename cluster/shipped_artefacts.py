"""The artefacts that come with the system, beside those that were published."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from models.artefacts import PUBLIC, Artefacts, Channels, Version, check_name, digest_of, unknown
from models.kept import Kept

PRETRAINED = Path(__file__).resolve().parents[1] / "models" / "operators" / "pretrained"


class WithShipped:
    """A store in which the owner `PUBLIC` has the files of a folder, one version each, and others what `store` has."""

    def __init__(self, store: Artefacts, folder: Path = PRETRAINED) -> None:
        self._store = store
        self._folder = folder

    @property
    def kept(self) -> Kept:
        return self._store.kept

    def names(self, owner: str) -> Sequence[str]:
        if owner != PUBLIC:
            return self._store.names(owner)
        return sorted(f"{PUBLIC}/{path.stem}" for path in self._folder.glob("*.safetensors"))

    def versions(self, name: str) -> Sequence[Version]:
        shipped = self._shipped(name)
        return self._store.versions(name) if shipped is None else [_version(shipped)]

    def channels(self, name: str) -> Channels:
        return self._store.channels(name) if self._shipped(name) is None else Channels()

    def read(self, name: str, number: int) -> bytes:
        shipped = self._shipped(name)
        if shipped is None:
            return self._store.read(name, number)
        if number != 1:
            raise unknown(name, number)
        return shipped.read_bytes()

    def publish(self, name: str, content: bytes, publisher: str) -> Version:
        return self._store.publish(name, content, publisher)

    def point(self, name: str, channels: Channels) -> None:
        self._store.point(name, channels)

    def _shipped(self, name: str) -> Path | None:
        """Where it is, for a name of the system's; raises `Refusal` where there is none."""
        owner, own = check_name(name)
        if owner != PUBLIC:
            return None
        path = self._folder / f"{own}.safetensors"
        if not path.is_file():
            raise unknown(name)
        return path


@cache
def _version(path: Path) -> Version:
    """It is part of the installation, and does not change while that runs."""
    content = path.read_bytes()
    return Version(1, digest_of(content), len(content), path.stat().st_mtime, PUBLIC)
