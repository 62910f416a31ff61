"""API keys as the router checks them: a revoked key is refused within `recheck_s`, without a restart."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from pathlib import Path

from router.api_key_file import ApiKey, hash_of, read_api_keys
from router.call import Principal
from router.errors import Unauthenticated
from router.file_signature import file_signature

PREFIX = "fdy_"
_FORM = re.compile(r"fdy_([a-z2-7]{16})_([a-z2-7]{52})")
_NO_KEY = bytes(32)


class ApiKeys:
    """The keys of one file. Raises SecretExposed or SecretUnusable where the file is open to others or broken.

    It raises so on each use and does not go on with the keys of before: one of them may be the one that was to go.
    """

    def __init__(self, file: Path, recheck_s: float = 1.0) -> None:
        self._file = file
        self._recheck_s = recheck_s
        self._checked_at = 0.0
        self._signature = file_signature(file)
        self._keys: Mapping[str, ApiKey] = read_api_keys(file)

    def identify(self, presented: str, now: float) -> Principal:
        """Whose key it is; `now` in seconds since the epoch. Raises Unauthenticated."""
        self._refresh(now)
        parts = _FORM.fullmatch(presented)
        if parts is None:
            raise Unauthenticated("CREDENTIAL_INVALID", "this is not an API key")
        key = self._keys.get(parts[1])
        matches = hmac.compare_digest(hash_of(parts[2]), _NO_KEY if key is None else key.sha256)
        if key is None or not matches:
            raise Unauthenticated("CREDENTIAL_INVALID", "there is no such API key")
        if key.revoked is not None:
            raise Unauthenticated("CREDENTIAL_INVALID", "the API key has been revoked")
        if key.expires is not None and now >= key.expires:
            raise Unauthenticated("CREDENTIAL_EXPIRED", "the API key has expired")
        return key.principal

    def _refresh(self, now: float) -> None:
        if abs(now - self._checked_at) < self._recheck_s:  # abs: the wall clock may step back
            return
        signature = file_signature(self._file)
        if signature != self._signature:
            self._keys = read_api_keys(self._file)  # where this raises, the next call tries again
            self._signature = signature
        self._checked_at = now
