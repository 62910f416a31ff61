"""The integral operator with a learnt kernel (Li et al. 2020, Graph Kernel Network, arXiv:2003.03485; Kovachki et al.
2023, arXiv:2108.08481, section 4.1):

    (K v)(x) = average over y near x of  κ(y − x, x) ⊙ v(y),     κ an MLP, one number for each channel.

A diagonal kernel, since what mixes channels is a matrix before it: a full one takes width² numbers per neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from models.operators.graph.stencil import Stencil

# Numbers in the largest temporary array, (neighbours, samples × channels): 2 MiB, which caches hold. Samples of 1024
# points took 92 CPU ms forward so, 172 with an eighth of it and 269 with 32 times as many.
CHUNK = 2**19


class KernelAverage(nn.Module):
    """Of functions with `width` channels. `chunk` bounds the numbers per temporary array, whatever the points and the
    batch, but for one query's own neighbours. Where there is more than one chunk, each is computed again on the way
    back instead of being kept (Chen et al. 2016, arXiv:1604.06174)."""

    def __init__(self, dim: int, width: int, hidden: int, chunk: int = CHUNK) -> None:
        super().__init__()
        self.chunk = chunk
        last = nn.Linear(hidden, width)
        nn.init.ones_(last.bias)  # κ near 1: it starts as the plain average, and not as next to nothing
        self.kernel = nn.Sequential(nn.Linear(2 * dim, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), last)

    def forward(self, values: Tensor, near: Stencil) -> Tensor:
        """(batch, queries, width) from values (batch, sources, width)."""
        batch, _, width = values.shape
        rows = values.transpose(0, 1).contiguous()  # all that a neighbour brings lies together
        parts = list(chunks(near.splits, max(1, self.chunk // max(1, batch * width))))
        again = torch.is_grad_enabled() and len(parts) > 1
        answers = [
            checkpoint(self._part, rows, near, *part, use_reentrant=False, preserve_rng_state=False)
            if again
            else self._part(rows, near, *part)
            for part in parts
        ]
        return torch.cat(answers).transpose(0, 1)

    def _part(self, rows: Tensor, near: Stencil, first: int, last: int) -> Tensor:
        """(last − first, batch, width): the queries from first to before last."""
        own = slice(near.splits[first], near.splits[last])
        kernel = self.kernel(near.places[own]) * near.weights[own]
        brought = kernel[:, None] * rows[near.sources[own]]
        total = torch.zeros(last - first, *rows.shape[1:], dtype=brought.dtype, device=brought.device)
        return total.index_add_(0, near.queries[own] - first, brought)


def chunks(splits: tuple[int, ...], most: int) -> Iterator[tuple[int, int]]:
    """Ranges of queries that cover all, with at most so many neighbours each, or one query."""
    first = 0
    for query in range(1, len(splits)):
        if splits[query] - splits[first] > most and query - first > 1:
            yield first, query - 1
            first = query - 1
    yield first, len(splits) - 1
