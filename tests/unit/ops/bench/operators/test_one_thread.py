from __future__ import annotations

import pytest
import torch

from ops.bench.operators.one_thread import one_thread


def test_threads_are_as_before_even_where_a_part_fails() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(RuntimeError, match="a part failed"), one_thread():
            assert torch.get_num_threads() == 1
            raise RuntimeError("a part failed")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
