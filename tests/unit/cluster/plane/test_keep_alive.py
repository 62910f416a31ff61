"""A host that vanishes is missed by the kernel."""

from __future__ import annotations

import socket

from cluster.plane.keep_alive import keep_alive


def test_a_connection_to_another_host_is_asked_whether_it_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connection:
        keep_alive(connection)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        asked = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT]
        idle, interval, probes, patience_ms = (connection.getsockopt(socket.IPPROTO_TCP, option) for option in asked)
        assert patience_ms == 1_000 * (idle + interval * probes) < 20_000


def test_a_unix_socket_is_left_as_it_is() -> None:
    here, there = socket.socketpair()
    with here, there:
        keep_alive(here)
        assert here.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
