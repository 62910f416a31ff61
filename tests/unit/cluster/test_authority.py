"""An authority and its leaves. That gRPC accepts them is seen in test_tls, that ssl does in test_certificates."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.x509 import verification

from cluster.authority import leaf, self_signed_authority

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def test_a_leaf_verifies_against_its_authority_and_no_other() -> None:
    authority, stranger = (self_signed_authority("laptop", NOW, days=2) for _ in range(2))
    issued = x509.load_pem_x509_certificate(leaf(authority, "server", ["localhost"], NOW, days=1).certificate)
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))
    store = verification.Store([x509.load_pem_x509_certificate(stranger.certificate)])
    verifier = verification.PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("localhost"))
    try:
        verifier.verify(issued, [])
    except verification.VerificationError:
        return
    raise AssertionError("a stranger's authority was believed")


def test_names_are_addresses_uris_or_dns_names() -> None:
    authority = self_signed_authority("laptop", NOW, days=2)
    issued = x509.load_pem_x509_certificate(
        leaf(authority, "server", ["localhost", "::1", "spiffe://a/b"], NOW, days=1).certificate
    )
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("::1")),
        x509.UniformResourceIdentifier("spiffe://a/b"),
    ]


def test_a_leaf_without_names_has_its_common_name_alone_and_lives_as_long_as_asked() -> None:
    authority = self_signed_authority("laptop", NOW, days=2)
    issued = x509.load_pem_x509_certificate(leaf(authority, "loader", [], NOW, days=1).certificate)
    assert issued.subject.rfc4514_string() == "CN=loader"
    assert issued.not_valid_after_utc == NOW + datetime.timedelta(days=1)
    assert issued.not_valid_before_utc < NOW
