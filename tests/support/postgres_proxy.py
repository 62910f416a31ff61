"""A wire to PostgreSQL that can be cut: before a query arrives, or after it was done and before its answer arrives."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType

_SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Listens beside the server, for as long as the block."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._folder = tempfile.TemporaryDirectory(prefix="pgproxy")
        self._pairs: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self.lose_queries = 0  # so many more times, a query does not arrive
        self.lose_answers = 0  # so many more times, an answer does not
        self.hold = asyncio.Event()  # clear: what the server says waits
        self.hold.set()

    @property
    def folder(self) -> str:
        return self._folder.name

    async def __aenter__(self) -> Proxy:
        self._listener = await asyncio.start_unix_server(self._accept, Path(self.folder) / _SOCKET)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        for pair in self._pairs:
            pair.cancel()
        if self._pairs:
            await asyncio.wait(self._pairs)
        await self._listener.wait_closed()
        self._folder.cleanup()

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pairs.add(task)
        task.add_done_callback(self._pairs.discard)
        from_server, to_server = await asyncio.open_unix_connection(self._server / _SOCKET)
        directions = [
            asyncio.create_task(self._ask(from_client, to_server)),
            asyncio.create_task(self._answer(from_server, to_client)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.wait(directions)
            for writer in (to_client, to_server):
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self.lose_queries:
                self.lose_queries -= 1
                return
            writer.write(data)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self.lose_answers:
                self.lose_answers -= 1
                return
            await self.hold.wait()
            writer.write(data)
