"""The clients' measurements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Records:
    """One measured plate per row. A client may have several: they go together."""

    clients: Array  # (n,) bytes: whose it is
    conductivity: Array  # (n, 2, 2)
    source: Array  # (n,)
    u: Array  # (n, 9) at the sensors, as measured

    def __post_init__(self) -> None:
        count = len(self.clients)
        shapes = (self.clients.shape, self.conductivity.shape, self.source.shape, self.u.shape)
        if shapes != ((count,), (count, 2, 2), (count,), (count, 9)):
            raise ValueError(f"records have shapes {shapes}")
        if self.clients.dtype.kind != "S":
            raise ValueError(f"clients are {self.clients.dtype}, not bytes")
        if not self.conductivity.dtype == self.source.dtype == self.u.dtype == np.float64:
            raise ValueError("measurements are not float64")

    def of(self, chosen: Array) -> Records:
        """A part, by indices or by a mask (n,)."""
        return Records(self.clients[chosen], self.conductivity[chosen], self.source[chosen], self.u[chosen])
