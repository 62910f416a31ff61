"""TLS of the listening port: certificates that are renewed without a restart, and who the peer proved to be."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from router.file_signature import file_signature
from router.secret_files import SecretUnusable, read_secret

# How a name of the peer's certificate is written, by the property in which gRPC hands it over.
_KINDS = {"peer_dns": "dns", "peer_uri": "uri", "peer_ip": "ip", "peer_email": "email"}


@dataclass(frozen=True)
class TlsOptions:
    """Files in PEM. Where `client_ca_file` is set, a client without a certificate from it is not let in."""

    certificate_file: Path  # the leaf first, then what links it to its root
    key_file: Path  # unencrypted, mode 0600
    client_ca_file: Path | None = None


@dataclass(frozen=True)
class PeerIdentity:
    """The names in a verified client certificate, e.g. "uri:spiffe://hospital/loader" or "dns:loader.hospital".

    "cn:…" is there only where the certificate has no alternative name: RFC 9525 retires the common name.
    """

    names: tuple[str, ...]


def server_credentials(options: TlsOptions) -> grpc.ServerCredentials:
    """For `add_secure_port`. Raises SecretUnusable or SecretExposed where the files cannot be used."""
    certificates = Certificates(options)
    return grpc.dynamic_ssl_server_credentials(
        certificates.load(), certificates.changed, require_client_authentication=options.client_ca_file is not None
    )


def peer_identity(auth_context: Mapping[str, Iterable[bytes]]) -> PeerIdentity | None:
    """From `context.auth_context()`. None without TLS, or where the client showed no certificate."""
    names = [
        f"{kind}:{name.decode('utf-8', 'replace')}"
        for key, kind in _KINDS.items()
        for name in auth_context.get(key, ())
    ]
    if not names and not any(auth_context.get("x509_subject_alternative_name", ())):
        names = [f"cn:{name.decode('utf-8', 'replace')}" for name in auth_context.get("x509_common_name", ())]
    return PeerIdentity(tuple(names)) if names else None


class Certificates:
    """The files, and whether they have changed. gRPC asks before each handshake, on threads of its own."""

    def __init__(self, options: TlsOptions) -> None:
        self._options = options
        files = (options.certificate_file, options.key_file, options.client_ca_file)
        self._files = tuple(file for file in files if file is not None)
        self._signature = file_signature(*self._files)
        self._lock = threading.Lock()

    def load(self) -> grpc.ServerCertificateConfiguration:
        """The files as they are now. Raises SecretUnusable or SecretExposed."""
        certificate = _read(self._options.certificate_file)
        key = read_secret(self._options.key_file)
        _check_pair(self._options, certificate, key)
        authority_file = self._options.client_ca_file
        authority = None if authority_file is None else _checked_authority(authority_file)
        return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=authority)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """New certificates, or None. Raises like `load`, once for each change; gRPC then logs it and keeps the old.

        In the middle of a renewal the key and the certificate do not belong together; the next change is seen again.
        """
        signature = file_signature(*self._files)
        with self._lock:
            if signature == self._signature:
                return None
            self._signature = signature
        return self.load()


def _check_pair(options: TlsOptions, certificate: bytes, key: bytes) -> None:
    try:
        public = x509.load_pem_x509_certificates(certificate)[0].public_key()
    except ValueError as error:
        raise SecretUnusable(str(options.certificate_file), "is not a certificate in PEM") from error
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise SecretUnusable(str(options.key_file), "is not an unencrypted private key in PEM") from error
    if private.public_key() != public:
        raise SecretUnusable(str(options.key_file), f"is not the key of {options.certificate_file}")


def _checked_authority(file: Path) -> bytes:
    content = _read(file)
    try:
        x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise SecretUnusable(str(file), "is not a certificate in PEM") from error
    return content


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SecretUnusable(str(file), error.strerror or "cannot be read") from error
