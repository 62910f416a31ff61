"""The state folder: where everything that outlives a process lies, and who may read it (this user alone)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from router.minting import public_file_of, write_signing_key


@dataclass(frozen=True)
class StateFolder:
    """Names of files below `root`; `prepare` makes what must be there before anything starts."""

    root: Path

    @property
    def run(self) -> Path:
        """What belongs to the present run: sockets, shared tables, readiness."""
        return self.root / "run"

    @property
    def settings(self) -> Path:
        """The settings of the present run, as every process of it reads them."""
        return self.run / "settings.json"

    @property
    def status(self) -> Path:
        """What the supervisor says of the present run."""
        return self.run / "status.json"

    @property
    def ray_head(self) -> Path:
        """Where the local Ray head of the present run is."""
        return self.run / "ray.json"

    @property
    def table(self) -> Path:
        return self.root / "endpoints.json"

    @property
    def wake_socket(self) -> Path:
        return self.run / "wake.sock"

    @property
    def certificate(self) -> Path:
        """The data plane's, where it runs over TLS."""
        return self.run / "plane.pem"

    @property
    def ledger(self) -> Path:
        """What has been spent of every privacy budget: lost, everything counts as unknown, and no dataset is open."""
        return self.root / "ledger.sqlite"

    @property
    def released_answers(self) -> Path:
        """Answers from private records that have left: the same question gets the same one, for nothing."""
        return self.root / "released.sqlite"

    @property
    def operations(self) -> Path:
        """Long-running operations with their checkpoints and responses: lost, they are unknown."""
        return self.root / "operations.sqlite"

    @property
    def meshes(self) -> Path:
        """Meshes that tenants have sent: lost, they send them again."""
        return self.root / "meshes"

    @property
    def registry(self) -> Path:
        """Neural operators that tenants have trained or published: lost, they are trained again."""
        return self.root / "registry"

    @property
    def rate_table(self) -> Path:
        return self.run / "rates"

    @property
    def statistics(self) -> Path:
        return self.run / "statistics"

    @property
    def log(self) -> Path:
        return self.root / "faraday.log"

    @property
    def ray_log(self) -> Path:
        """What Ray's core writes to stderr in the controller, in a form of its own."""
        return self.root / "ray-driver.log"

    @property
    def signing_key(self) -> Path:
        return self.root / "signing-key.pem"

    @property
    def public_key(self) -> Path:
        return public_file_of(self.signing_key)

    @property
    def token(self) -> Path:
        """A token for whoever may read this folder."""
        return self.root / "token"

    @property
    def client(self) -> Path:
        """Where `faraday.client.Client.local()` finds the endpoint and the token."""
        return self.root / "client.json"

    def metrics_socket(self, worker: int) -> Path:
        return self.run / f"worker-{worker}.metrics"

    def prepare(self) -> None:
        """Make the folders, private to this user, and the signing key where there is none."""
        for folder in (self.root, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.signing_key.exists():
            write_signing_key(self.signing_key, os.urandom)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; this user alone can read it."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.rename(path)
