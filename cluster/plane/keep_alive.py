"""How soon a peer on another node that vanished without a word is missed: its power, its cable, its kernel.

The kernels ask each other. A ping of our own would ask the interpreter, which a long factorisation holds for seconds,
and take a busy replica for a dead one. A process that dies needs neither: its kernel closes its sockets.
"""

from __future__ import annotations

import socket

_IDLE_S, _INTERVAL_S, _PROBES = 5, 2, 3
_UNACKNOWLEDGED_MS = 1_000 * (_IDLE_S + _INTERVAL_S * _PROBES)


def keep_alive(connection: socket.socket) -> None:
    """Lose the connection after 11 s in which the other host acknowledged nothing; nothing is done to a unix socket."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_KEEPIDLE, _IDLE_S),
        (socket.TCP_KEEPINTVL, _INTERVAL_S),
        (socket.TCP_KEEPCNT, _PROBES),
        (socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS),  # of what was sent: then no probes are
    ):
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
