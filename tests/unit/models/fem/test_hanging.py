from __future__ import annotations

import numpy as np
import pytest

from models.base import Array, Refusal
from models.fem.hanging import refuse_hanging_nodes


def needles(count: int) -> tuple[Array, Array]:
    """Triangles side by side, long and thin, which no node of others touches; and all of their edges."""
    rng = np.random.default_rng(0)
    start, y = rng.uniform(0, 0.4, count), 0.1 * np.arange(count) / count
    end = start + rng.uniform(0.5, 1, count)
    corners = [np.stack((x, height), axis=1) for x, height in ((start, y), (end, y), (end, y + 0.05 / count))]
    cells = np.arange(3 * count).reshape(-1, 3)
    return np.stack(corners, axis=1).reshape(-1, 2), cells[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2)


def test_a_heap_of_needles_is_searched_as_far_as_it_is_no_more_than_the_limit() -> None:
    nodes, edges = needles(600)
    refuse_hanging_nodes(nodes, edges)  # more pairs than are looked at together
    with pytest.raises(Refusal) as caught:
        refuse_hanging_nodes(nodes, edges, max_pairs=10_000)
    assert (caught.value.reason, caught.value.field) == ("OUT_OF_RANGE", "cells")
    assert int(caught.value.details["pairs"]) > 10_000


def test_the_one_node_that_hangs_in_a_heap_of_needles_is_found() -> None:
    nodes, edges = needles(600)
    one = edges[1200]
    nodes[1600] = 0.3 * nodes[one[0]] + 0.7 * nodes[one[1]]
    with pytest.raises(Refusal) as caught:
        refuse_hanging_nodes(nodes, edges)
    assert caught.value.field == "nodes[1600]"
    assert caught.value.details["edge"] == ",".join(map(str, one))
