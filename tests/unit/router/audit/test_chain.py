"""The chain, hashed by hand."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from router.audit.chain import Log, genesis, link

LINKS = st.binary(min_size=32, max_size=32)


def test_the_first_links_never_change() -> None:
    """Pinned: whoever holds a checkpoint must be able to check it for as long as the log is kept."""
    first = genesis(Log(bytes(16), 256, 0.0))
    assert first.hex() == hashlib.sha256(b"faraday audit genesis v1\0" + bytes(16) + b"\0\0\1\0" + bytes(8)).hexdigest()
    by_hand = hashlib.sha256(b"faraday audit link v1\0" + first + b"\0\0\0\0\0\0\0\1" + b"body").digest()
    assert link(first, 1, b"body") == by_hand
    assert by_hand.hex() == "1a123561ff881682d4e92d1edfd4dc94f6738dac6009bb431c96daca1dc6382e"


@given(LINKS, LINKS, st.integers(1, 2**64 - 1), st.integers(1, 2**64 - 1), st.binary(), st.binary())
def test_different_histories_have_different_links(
    one: bytes, other: bytes, here: int, there: int, body: bytes, changed: bytes
) -> None:
    same = (one, here, body) == (other, there, changed)
    assert (link(one, here, body) == link(other, there, changed)) == same


def test_logs_differ_from_their_beginning() -> None:
    log = Log(b"a" * 16, 256, 1.0)
    others = (Log(b"b" * 16, 256, 1.0), Log(b"a" * 16, 255, 1.0), Log(b"a" * 16, 256, 2.0))
    assert genesis(log) not in {genesis(other) for other in others}
