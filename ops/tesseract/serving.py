"""The gateway on a port: uvicorn with our limits, until SIGTERM or SIGINT."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

import grpc
import uvicorn

from models.base import Spec
from models.catalog import CATALOG
from ops.tesseract.app import application
from ops.tesseract.options import Options

_CHANNEL = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),  # a connection of its own
)


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()


def bound(options: Options) -> socket.socket:
    """The socket to serve on. Raises `OSError` where the port is taken or is not ours to take."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    return socket.create_server((options.host, options.port), family=family)


def server(options: Options, listening: Callable[[], None], specs: Mapping[str, Spec] = CATALOG) -> Server:
    """Run it on what is `bound`. Raises `OSError` where a file cannot be read, `ssl.SSLError` where it is no PEM."""
    config = uvicorn.Config(
        application(options, specs, lambda: channel(options)),
        http="h11",  # httptools has no limit for headers
        h11_max_incomplete_event_size=options.max_header_bytes,
        ws="none",
        loop="uvloop",
        lifespan="on",
        limit_concurrency=options.max_connections,
        timeout_keep_alive=round(options.keep_alive_s),
        timeout_graceful_shutdown=round(options.drain_timeout_s),
        ssl_certfile=options.certificate_file,
        ssl_keyfile=None if options.key_file is None else str(options.key_file),
        access_log=False,  # the router has its own, and more to say
        log_config=None,
        server_header=False,
        proxy_headers=False,  # nobody's word for who calls is taken
    )
    config.load()
    return Server(config, listening)


def channel(options: Options) -> grpc.aio.Channel:
    """To the router; open it on the loop that uses it."""
    if options.ca_file is None:
        return grpc.aio.insecure_channel(options.target, _CHANNEL)
    credentials = grpc.ssl_channel_credentials(options.ca_file.read_bytes())
    return grpc.aio.secure_channel(options.target, credentials, _CHANNEL)
