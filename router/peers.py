"""The address of a peer as limits know it."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote


def address_of(peer: str) -> str:
    """From `context.peer()`, e.g. "ipv4:192.0.2.1:5000": without the port, and of IPv6 the /64 that one customer has.

    What is not an IP address, such as "unix:", is one address.
    """
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind
    host = unquote(rest).rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return kind
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:  # a dual-stack socket writes IPv4 so
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address.packed, 64), strict=False))
