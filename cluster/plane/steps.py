"""What a router is told of one task's steps, and what it gets of them where this replica must go."""

from __future__ import annotations

from cluster.plane.frames import Advance, Fault, FaultKind, Op, describe, frame
from cluster.plane.stream import FrameStream
from models.base import Step


class Steps:
    """`now` is when the task was begun; monotonic seconds here and below."""

    def __init__(self, connection: FrameStream, id: int, checkpoint_s: float, now: float) -> None:
        self._connection = connection
        self._id = id
        self._checkpoint_s = checkpoint_s
        self._due = now + checkpoint_s
        self._latest: Step | None = None

    def tell(self, step: Step, now: float) -> None:
        """Send its progress, and its state where a checkpoint is due. Raises NoSuchDtype for one that cannot travel."""
        self._latest = step
        if now < self._due:
            self._connection.send(frame(Op.STEP, self._id, Advance(step.progress)))
            return
        self._due = now + self._checkpoint_s
        self._send_whole(step)

    def give_back(self) -> None:
        """The last state, and that another replica should go on from there."""
        if self._latest is not None:
            self._send_whole(self._latest)
        self._connection.send(frame(Op.FAULT, self._id, Fault(FaultKind.DRAINING)))

    def _send_whole(self, step: Step) -> None:
        self._connection.send(
            frame(Op.STEP, self._id, Advance(step.progress, describe(step.state)), step.state.values())
        )
