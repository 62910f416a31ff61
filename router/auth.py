"""Who asks: a token or an API key in the one authorization header, or else the client certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from router.api_keys import PREFIX, ApiKeys
from router.call import Principal
from router.errors import Unauthenticated
from router.tls import PeerIdentity
from router.tokens import TokenOptions, TokenVerifier

Metadata = Iterable[tuple[str, str | bytes]]
_SCHEME = "Bearer "
_MISSING = 'there is no credential; send the header "authorization: Bearer <token or API key>"'


@dataclass(frozen=True)
class CertificateGrant:
    """What a verified client certificate is worth. `name` is one of PeerIdentity.names, e.g. "dns:loader.hospital"."""

    name: str
    principal: Principal


@dataclass(frozen=True)
class AuthOptions:
    """How callers may prove who they are; what is left out is refused."""

    tokens: TokenOptions | None = None
    api_key_file: Path | None = None
    certificates: tuple[CertificateGrant, ...] = ()


class Authenticator:
    """Built once per router worker; reads the key files then and raises SecretExposed or SecretUnusable."""

    def __init__(self, options: AuthOptions) -> None:
        self._tokens = TokenVerifier(options.tokens) if options.tokens is not None else None
        self._api_keys = ApiKeys(options.api_key_file) if options.api_key_file is not None else None
        self._certificates: Mapping[str, Principal] = {grant.name: grant.principal for grant in options.certificates}

    def identify(self, metadata: Metadata, now: float, peer_identity: PeerIdentity | None) -> Principal:
        """Who asks; `now` in seconds since the epoch. Raises Unauthenticated, whose message never shows a credential.

        A header counts before a certificate: behind a proxy or on a shared machine, it says more exactly who asks.
        """
        headers = [value for key, value in metadata if key == "authorization"]
        if not headers:
            return self._by_certificate(peer_identity)
        if len(headers) > 1:
            _refuse("there is more than one authorization header")
        header = headers[0]
        if not isinstance(header, str) or not header.startswith(_SCHEME):
            _refuse('the authorization header has to read "Bearer <token or API key>"')
        credential = header[len(_SCHEME) :]
        if credential.startswith(PREFIX):
            return self._by_api_key(credential, now)
        return self._by_token(credential, now)

    def _by_token(self, token: str, now: float) -> Principal:
        if self._tokens is None:
            _refuse("tokens are not accepted here")
        return self._tokens.verify(token, now)

    def _by_api_key(self, key: str, now: float) -> Principal:
        if self._api_keys is None:
            _refuse("API keys are not accepted here")
        return self._api_keys.identify(key, now)

    def _by_certificate(self, peer: PeerIdentity | None) -> Principal:
        names = () if peer is None else peer.names
        granted = {self._certificates[name] for name in names if name in self._certificates}
        if not granted:
            raise Unauthenticated("CREDENTIAL_MISSING", _MISSING)
        if len(granted) > 1:
            _refuse("the client certificate stands for more than one principal")
        return granted.pop()


def _refuse(message: str) -> NoReturn:
    raise Unauthenticated("CREDENTIAL_INVALID", message)
