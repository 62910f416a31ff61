"""The data plane's own certificates: one authority for one run of the cluster, one certificate for all of it.

They are made anew at every start, never leave the cluster and say only: this peer belongs to this run.
"""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cluster.authority import leaf, self_signed_authority
from cluster.plane.client import REPLICA_NAME

_LIFETIME_DAYS = 365  # longer than a cluster runs without a restart


@dataclass(frozen=True)
class Certificate:
    """PEM: a certificate for `REPLICA_NAME`, its key, and the authority that it and every peer is verified by."""

    chain: bytes
    key: bytes = field(repr=False)
    authority: bytes

    def server_context(self) -> ssl.SSLContext:
        """For a replica: peers must present a certificate of the same authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        return self._loaded(context)

    def client_context(self) -> ssl.SSLContext:
        """For a router: the replica must present a certificate of the same authority for `REPLICA_NAME`."""
        return self._loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def write(self, path: Path) -> None:
        """One PEM file, readable by this user alone."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(b"".join((self.chain, self.authority, self.key)))

    @classmethod
    def read(cls, path: Path) -> Certificate:
        end = b"-----END CERTIFICATE-----\n"
        chain, authority, key = path.read_bytes().split(end)
        return cls(chain + end, key, authority + end)

    def _loaded(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self.authority.decode())
        with tempfile.NamedTemporaryFile() as file:  # ssl loads a key from a file only; this one is ours alone
            file.write(self.chain + self.key)
            file.flush()
            context.load_cert_chain(file.name)
        return context


def issue(now: datetime.datetime) -> Certificate:
    """A new authority and its one certificate. The authority's key is forgotten at once."""
    authority = self_signed_authority("Faraday data plane", now, _LIFETIME_DAYS)
    issued = leaf(authority, REPLICA_NAME, [REPLICA_NAME], now, _LIFETIME_DAYS)
    return Certificate(issued.certificate, issued.key, authority.certificate)
