"""Where the audit log of an installation lies, and its secrets, each for this user alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from router.audit.checkpoint import Signer, read_signer
from router.audit.log import AuditLog, open_audit_log
from router.audit.subject_keys import SubjectKeys, read_master_key, write_master_key
from router.minting import public_file_of, write_signing_key


@dataclass(frozen=True)
class AuditFiles:
    """Below `root`, the state folder. The log is for back-ups; `keys` is not, or nothing could be forgotten."""

    root: Path

    @property
    def log(self) -> Path:
        return self.root / "audit.sqlite"

    @property
    def keys(self) -> Path:
        """One small file for each person."""
        return self.root / "audit-keys"

    @property
    def master_key(self) -> Path:
        """Wraps the keys of persons."""
        return self.root / "audit-master.key"

    @property
    def signing_key(self) -> Path:
        """Signs checkpoints; its public half lies beside it."""
        return self.root / "audit-signing.pem"

    @property
    def public_key(self) -> Path:
        return public_file_of(self.signing_key)

    def prepare(self, random_bytes: Callable[[int], bytes]) -> None:
        """Make the secrets where there are none; before any process of the installation starts."""
        if not self.master_key.exists():
            write_master_key(self.master_key, random_bytes)
        if not self.signing_key.exists():
            write_signing_key(self.signing_key, random_bytes)

    def subject_keys(self, random_bytes: Callable[[int], bytes]) -> SubjectKeys:
        """Raises SecretUnusable or SecretExposed."""
        return SubjectKeys(self.keys, read_master_key(self.master_key), random_bytes)

    async def open(self, now: float, random_bytes: Callable[[int], bytes]) -> AuditLog:
        """A handle on the log. Raises LedgerUnavailable, SecretUnusable or SecretExposed."""
        return await open_audit_log(self.log, self.subject_keys(random_bytes), self.signer(), now, random_bytes)

    def signer(self) -> Signer:
        """Raises SecretUnusable or SecretExposed."""
        return read_signer(self.signing_key)
