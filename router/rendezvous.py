"""Which replica is asked for a key: the one nearest to it that is not busier than the others by much.

Rendezvous hashing (Thaler & Ravishankar 1998, IEEE/ACM Transactions on Networking 6(1)): a key ranks all replicas by a
hash of itself and their names, and the first is asked. A replica that goes leaves each of its keys to the next in that
key's ranking, one that comes takes its share from all, and no other key moves. Nothing is kept, so all routers agree.

Loads are bounded as by Mirrokni, Thorup & Zadimoghaddam (SODA 2018, arXiv:1608.01350): none takes more than `BALANCE`
times the average in flight, rounded up; a key whose replica is full goes to the next in its ranking.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import blake2b

# The c of the paper: nearer to 1 the nearest is left for every unevenness. HAProxy's manual calls 1.25 to 2 reasonable
# for its `hash-balance-factor`, which is the same.
BALANCE = 1.25

# One that runs and one that waits: to wait for another call costs less than to make anew elsewhere what is kept here.
ALWAYS = 2


def nearest(key: str, in_flight: Mapping[str, int]) -> str:
    """Of the replicas (at least one) with their calls in flight, by name.

    Not all can be full: together they have room for more than all calls and this one.
    """
    room = max(ALWAYS, math.ceil(BALANCE * (sum(in_flight.values()) + 1) / len(in_flight)))
    return max((name for name, calls in in_flight.items() if calls < room), key=lambda name: _weight(key, name))


def _weight(key: str, name: str) -> bytes:
    """64 bits, the same in every process. The key's length keeps its bytes apart from the name's."""
    return blake2b(f"{len(key)} {key}{name}".encode(), digest_size=8).digest()
