"""What each model has done since the router started, over all its workers: the numbers of OIP's ModelStatistics.

One shared file; every worker writes its own row and reads all of them, so that nothing is locked.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROW = struct.Struct("=8d")  # the fields of ModelStatistics, in order


@dataclass(frozen=True)
class ModelStatistics:
    """Sums over all workers; `last_unix_s` is the latest."""

    succeeded: int
    succeeded_s: float
    failed: int
    failed_s: float
    queue_s: float
    run_s: float
    batches: float
    last_unix_s: float


class Statistics:
    def __init__(self, path: Path, models: Sequence[str], worker: int, worker_count: int) -> None:
        """`path` must not hold another installation's file; where missing, it is made, for this user alone."""
        self._row_of = {model: at for at, model in enumerate(models)}
        self._stride = _ROW.size * len(models)
        self._worker = worker
        self._worker_count = worker_count
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, self._stride * worker_count)
            self._shared = mmap.mmap(descriptor, self._stride * worker_count)
        finally:
            os.close(descriptor)
        self._own = {model: list(self._read(worker, model)) for model in models}

    def answered(
        self, model: str, seconds: float, queue_s: float, run_s: float, batch_size: int, unix_s: float
    ) -> None:
        row = self._own[model]
        row[0] += 1.0
        row[1] += seconds
        row[4] += queue_s
        row[5] += run_s
        row[6] += 1.0 / batch_size
        row[7] = unix_s
        self._write(model, row)

    def failed(self, model: str, seconds: float) -> None:
        row = self._own[model]
        row[2] += 1.0
        row[3] += seconds
        self._write(model, row)

    def of(self, model: str) -> ModelStatistics:
        rows = [self._read(worker, model) for worker in range(self._worker_count)]
        succeeded, succeeded_s, failed, failed_s, queue_s, run_s, batches, _ = map(sum, zip(*rows, strict=True))
        last_unix_s = max(row[7] for row in rows)
        return ModelStatistics(
            round(succeeded), succeeded_s, round(failed), failed_s, queue_s, run_s, batches, last_unix_s
        )

    def _write(self, model: str, row: Sequence[float]) -> None:
        _ROW.pack_into(self._shared, self._at(self._worker, model), *row)

    def _read(self, worker: int, model: str) -> tuple[float, ...]:
        return _ROW.unpack_from(self._shared, self._at(worker, model))

    def _at(self, worker: int, model: str) -> int:
        return worker * self._stride + self._row_of[model] * _ROW.size
