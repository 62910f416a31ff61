"""A generated stub with a principal's token: what the tests of one service ask with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from router.call import Principal
from tests.support.calls import Refused
from tests.support.router import Router


class Asking(ABC):
    def __init__(self, router: Router, channel: grpc.aio.Channel, principal: Principal) -> None:
        self._stub = self.stub(channel)
        self._metadata = router.metadata(principal)

    @staticmethod
    @abstractmethod
    def stub(channel: grpc.aio.Channel) -> Any:
        """Of the service."""

    async def __call__(self, method: str, request: Any) -> Any:
        return await getattr(self._stub, method)(request, metadata=self._metadata, timeout=20)

    async def refused(self, method: str, request: Any) -> tuple[str, str, str]:
        """The code, the reason and the field of the status."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self(method, request)
        found = Refused(caught.value)
        return (found.code.name, found.reason, found.field)

    def streamed(self, method: str, requests: AsyncIterator[Any]) -> Any:
        return getattr(self._stub, method)(requests, metadata=self._metadata, timeout=20)
