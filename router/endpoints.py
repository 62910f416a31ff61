"""Where replicas are: a dispatcher per model that follows the endpoint table and picks, connects, retries and wakes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence

from cluster.dispatch import Endpoint, NoReplicaInTime, ReplicasLost, Table, Timing, Told
from cluster.plane.client import ConnectionLost, Draining, ReplicaConnection
from models.base import Progress, Result, Spec, State, Task
from router.rendezvous import nearest

log = logging.getLogger(__name__)
Wake = Callable[[str], None]

_MAX_LOSSES = 3  # replicas that may die over one task before it is held to be the cause
_WAKE_INTERVAL_S = 0.5  # a datagram may be lost: ask again
_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 0.02, 1.0


class ModelDispatcher:
    """A `cluster.dispatch.Dispatcher`, and a `SteppedDispatcher` where its model is stepped: the replicas of one model,
    the one near a task's `affinity` first, else the one with least in flight of two random ones."""

    def __init__(
        self,
        spec: Spec,
        wake: Wake,
        tls: ssl.SSLContext | None,
        rng: random.Random,
        retried: Callable[[str], None],
        max_wait_s: float = 30.0,
    ) -> None:
        self._spec = spec
        self._wake = wake
        self._tls = tls
        self._rng = rng
        self._retried = retried
        self._max_wait_s = max_wait_s
        self._node = ""
        self._wanted: dict[str, Endpoint] = {}
        self._links: dict[str, ReplicaConnection] = {}
        self._connecting: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    @property
    def replica_count(self) -> int:
        return sum(link.open for link in self._links.values())

    def update(self, node: str, endpoints: Sequence[Endpoint]) -> None:
        """From now on these are the replicas. One that is gone gets nothing new and may finish what it has."""
        self._node = node
        self._wanted = {endpoint.replica: endpoint for endpoint in endpoints}
        for replica, link in list(self._links.items()):
            if self._wanted.get(replica) != link.endpoint:
                _close_when_idle(self._links.pop(replica))
        for replica in self._wanted.keys() - self._links.keys() - self._connecting.keys():
            self._connecting[replica] = asyncio.create_task(self._connect(replica))

    async def infer(self, task: Task, deadline: float, trace: str = "", trace_state: str = "") -> tuple[Result, Timing]:
        losses = 0
        while True:
            link = await self._pick(task, deadline, losses > 0)
            try:
                return await link.infer(task, deadline, trace, trace_state)
            except Draining:
                self._drop(link)
            except ConnectionLost:
                self._reconnect(link)
                losses += 1
                if losses == _MAX_LOSSES:
                    raise ReplicasLost(self._spec.name) from None
            self._retried(self._spec.name)

    async def advance(
        self,
        task: Task,
        state: State | None,
        deadline: float,
        told: Told,
        checkpoint_s: float,
        trace: str = "",
        trace_state: str = "",
    ) -> tuple[Result, Timing]:
        furthest, losses = 0, 0

        def heard(progress: Progress, reached: State | None) -> None:
            nonlocal state, furthest, losses
            if progress.step > furthest:  # a step that kills replica after replica is one that never gets done
                furthest, losses = progress.step, 0
            if reached is not None:
                state = reached
            told(progress, reached)

        while True:
            link = await self._pick(task, deadline, losses > 0)
            try:
                return await link.advance(task, state, deadline, heard, checkpoint_s, trace, trace_state)
            except Draining:
                self._drop(link)
            except ConnectionLost:
                self._reconnect(link)
                losses += 1
                if losses == _MAX_LOSSES:
                    raise ReplicasLost(self._spec.name) from None
            self._retried(self._spec.name)

    async def close(self) -> None:
        for connecting in self._connecting.values():
            connecting.cancel()
        for link in self._links.values():
            link.close()

    async def _pick(self, task: Task, deadline: float, asked_before: bool) -> ReplicaConnection:
        give_up = min(deadline, time.monotonic() + self._max_wait_s)
        while not (usable := self._usable()):
            wait_s = min(_WAKE_INTERVAL_S, give_up - time.monotonic())
            if wait_s <= 0:
                raise NoReplicaInTime(self._spec.name, asked_before)
            if not self._wanted:
                self._wake(self._spec.name)
            self._changed.clear()
            # Not wait_for: until Python 3.12 that loses a cancellation which comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
        # What is stepped takes so long that an idle replica is worth more than what another has kept.
        if not self._spec.stepped and (key := task.affinity):
            return self._links[nearest(key, {link.endpoint.replica: link.in_flight for link in usable})]
        if len(usable) > 2:
            usable = self._rng.sample(usable, 2)
        return min(usable, key=lambda link: link.in_flight)

    def _usable(self) -> list[ReplicaConnection]:
        for link in [link for link in self._links.values() if not link.open]:
            self._reconnect(link)
        return list(self._links.values())

    def _drop(self, link: ReplicaConnection) -> bool:
        """Use this connection no more; whether it was in use. A replica that drains does not come back."""
        if self._links.get(link.endpoint.replica) is not link:
            return False
        del self._links[link.endpoint.replica]
        _close_when_idle(link)
        return True

    def _reconnect(self, link: ReplicaConnection) -> None:
        """Its connection is lost; its replica may not be."""
        replica = link.endpoint.replica
        if self._drop(link) and replica in self._wanted:
            self._connecting[replica] = asyncio.create_task(self._connect(replica, _FIRST_BACKOFF_S))

    async def _connect(self, replica: str, backoff_s: float = 0.0) -> None:
        """Until the replica is reached or wanted no more. What the table says may change at every await."""
        try:
            while True:
                await asyncio.sleep(backoff_s)
                endpoint = self._wanted.get(replica)
                if endpoint is None:
                    return
                link = ReplicaConnection(self._spec, endpoint)
                try:
                    await link.connect(self._node, self._tls)
                except OSError as error:
                    log.debug("cannot reach replica %s of %s: %s", replica, self._spec.name, error)
                    backoff_s = min(max(2 * backoff_s, _FIRST_BACKOFF_S), _LAST_BACKOFF_S)
                    continue
                if self._wanted.get(replica) == endpoint:
                    self._links[replica] = link
                    self._changed.set()
                    return
                link.close()
        finally:
            del self._connecting[replica]


def _close_when_idle(link: ReplicaConnection) -> None:
    if link.in_flight == 0:
        link.close()
    else:
        asyncio.get_running_loop().call_later(0.1, _close_when_idle, link)


def update_all(dispatchers: Mapping[str, ModelDispatcher], table: Table) -> None:
    """Give every dispatcher its part of the table; a model that the table does not name has no replicas."""
    for model, dispatcher in dispatchers.items():
        dispatcher.update(table.node, table.models.get(model, ()))
