"""The gateway on a port of its own before a router in the same process, and a plain HTTP client for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import requests

from models.base import Spec
from models.catalog import CATALOG
from ops.tesseract.options import Options
from ops.tesseract.serving import bound, server


@contextmanager
def gateway(options: Options, specs: Mapping[str, Spec] = CATALOG) -> Iterator[str]:
    """Its URL, for as long as the block."""
    listening: Future[None] = Future()
    made = server(options, lambda: listening.set_result(None), specs)
    port = bound(options)
    thread = threading.Thread(target=made.run, args=([port],), name="gateway")
    thread.start()
    try:
        listening.result(30)
        scheme = "http" if options.certificate_file is None else "https"
        yield f"{scheme}://127.0.0.1:{port.getsockname()[1]}"
    finally:
        made.should_exit = True
        thread.join()


def post(url: str, body: bytes | str, token: str | None = None, **headers: str) -> requests.Response:
    """Without any of a Tesseract client's own manners."""
    sent: dict[str, Any] = {} if token is None else {"authorization": f"Bearer {token}"}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(url, data=body, headers={**sent, **more}, timeout=30)
