"""TLS of the listening port, with real handshakes."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cluster.authority import Issued, leaf, self_signed_authority
from router.secret_files import SecretExposed, SecretUnusable
from router.tls import Certificates, PeerIdentity, TlsOptions, peer_identity, server_credentials

NOW = datetime.datetime.now(datetime.UTC)  # the handshake asks the system's clock
AUTHORITY = self_signed_authority("laptop", NOW, days=1)
OTHER_AUTHORITY = self_signed_authority("laptop", NOW, days=1)


def server_leaf(authority: Issued = AUTHORITY) -> Issued:
    return leaf(authority, "server", ["localhost"], NOW, days=1)


def write(folder: Path, issued: Issued, client_authority: Issued | None = None) -> TlsOptions:
    client_ca_file = None if client_authority is None else folder / "clients.pem"
    options = TlsOptions(folder / "server.pem", folder / "server.key", client_ca_file)
    options.certificate_file.write_bytes(issued.certificate)
    options.key_file.touch(mode=0o600)
    options.key_file.write_bytes(issued.key)
    if client_ca_file is not None and client_authority is not None:
        client_ca_file.write_bytes(client_authority.certificate)
    return options


@contextlib.asynccontextmanager
async def serving(options: TlsOptions) -> AsyncIterator[str]:
    async def who(request: bytes, context: Any) -> bytes:
        return repr(peer_identity(context.auth_context())).encode()

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(who)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", {"M": handler}),))
    port = server.add_secure_port("localhost:0", server_credentials(options))
    await server.start()
    yield f"localhost:{port}"
    await server.stop(None)


async def ask(target: str, authority: Issued, client: Issued | None = None) -> str:
    key, certificate = (None, None) if client is None else (client.key, client.certificate)
    credentials = grpc.ssl_channel_credentials(authority.certificate, key, certificate)
    options = (("grpc.use_local_subchannel_pool", 1),)  # a handshake of its own for each channel
    async with grpc.aio.secure_channel(target, credentials, options) as channel:
        answer: bytes = await channel.unary_unary("/t.T/M")(b"", timeout=10.0)
        return answer.decode()


async def test_without_a_client_authority_anybody_connects_and_is_nobody(tmp_path: Path) -> None:
    async with serving(write(tmp_path, server_leaf())) as target:
        assert await ask(target, AUTHORITY) == "None"
        client = leaf(AUTHORITY, "loader", [], NOW, days=1)
        assert await ask(target, AUTHORITY, client) == "None"  # it was not asked for, so not verified


async def test_a_client_certificate_gives_its_names_and_its_common_name_only_without_them(tmp_path: Path) -> None:
    async with serving(write(tmp_path, server_leaf(), AUTHORITY)) as target:
        named = leaf(AUTHORITY, "ignored", ["loader.hospital", "spiffe://hospital/loader", "10.0.0.1"], NOW, days=1)
        expected = PeerIdentity(("dns:loader.hospital", "uri:spiffe://hospital/loader", "ip:10.0.0.1"))
        assert await ask(target, AUTHORITY, named) == repr(expected)
        unnamed = leaf(AUTHORITY, "loader", [], NOW, days=1)
        assert await ask(target, AUTHORITY, unnamed) == repr(PeerIdentity(("cn:loader",)))


async def test_a_client_without_a_certificate_or_with_a_strangers_is_not_let_in(tmp_path: Path) -> None:
    async with serving(write(tmp_path, server_leaf(), AUTHORITY)) as target:
        for client in (None, leaf(OTHER_AUTHORITY, "loader", [], NOW, days=1)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ask(target, AUTHORITY, client)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_renewed_certificates_are_served_without_a_restart(tmp_path: Path) -> None:
    async with serving(write(tmp_path, server_leaf())) as target:
        await ask(target, AUTHORITY)
        write(tmp_path, server_leaf(OTHER_AUTHORITY))
        assert await ask(target, OTHER_AUTHORITY) == "None"


async def test_in_the_middle_of_a_renewal_the_old_certificates_are_served(tmp_path: Path) -> None:
    options = write(tmp_path, server_leaf())
    renewed = server_leaf(OTHER_AUTHORITY)
    async with serving(options) as target:
        options.certificate_file.write_bytes(renewed.certificate)
        assert await ask(target, AUTHORITY) == "None"
        options.key_file.write_bytes(renewed.key)
        assert await ask(target, OTHER_AUTHORITY) == "None"


def test_a_broken_change_is_told_once_and_the_next_change_is_seen(tmp_path: Path) -> None:
    options = write(tmp_path, server_leaf())
    certificates = Certificates(options)
    assert certificates.changed() is None
    options.certificate_file.write_bytes(b"half")
    with pytest.raises(SecretUnusable):
        certificates.changed()
    assert certificates.changed() is None
    write(tmp_path, server_leaf())
    assert certificates.changed() is not None


def test_the_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    options = write(tmp_path, server_leaf())
    options.key_file.write_bytes(server_leaf().key)
    with pytest.raises(SecretUnusable, match=r"is not the key of .*server\.pem"):
        server_credentials(options)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    options = write(tmp_path, server_leaf())
    options.key_file.chmod(0o644)
    with pytest.raises(SecretExposed, match="chmod 600"):
        server_credentials(options)


def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    options = write(tmp_path, server_leaf())
    key = load_pem_private_key(options.key_file.read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    options.key_file.write_bytes(locked)
    with pytest.raises(SecretUnusable, match="unencrypted"):
        server_credentials(options)


@pytest.mark.parametrize("name", ["server.pem", "clients.pem"])
def test_a_file_that_is_missing_or_no_certificate_is_named(tmp_path: Path, name: str) -> None:
    options = write(tmp_path, server_leaf(), AUTHORITY)
    (tmp_path / name).write_bytes(b"hello")
    with pytest.raises(SecretUnusable, match=f"{name}: is not a certificate"):
        server_credentials(options)
    (tmp_path / name).unlink()
    with pytest.raises(SecretUnusable, match=f"{name}: No such file"):
        server_credentials(options)


def test_a_connection_without_tls_has_no_identity() -> None:
    assert peer_identity({"transport_security_type": [b"insecure"]}) is None
    assert peer_identity({}) is None


def test_a_common_name_beside_another_kind_of_alternative_name_does_not_count() -> None:
    assert peer_identity({"x509_common_name": [b"root"], "x509_subject_alternative_name": [b"1.2.3"]}) is None
