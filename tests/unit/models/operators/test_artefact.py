"""Operators as files."""

from __future__ import annotations

import json
import pickle

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from models.base import Array, Refusal
from models.operators.artefact import Card, data_digest, pack, part, unpack
from models.operators.fno.config import FNO
from models.operators.generators.darcy import darcy
from models.operators.operator import Functions
from models.operators.restored import restored, tensors_of
from models.operators.scaling import Scaling

SMALL = FNO(modes=(3, 3), width=4, layers=2, lifting=4, mixing=0, projection=4)


def card(**changes: object) -> Card:
    plain = Card(name="small", problem="darcy", architecture=SMALL, clamped="all", metrics={"error": 0.5}, seed=3)
    return msgspec.structs.replace(plain, **changes)


def tensors() -> dict[str, Array]:
    return {"operator.b": np.arange(6, dtype=np.float32).reshape(2, 3), "operator.a": np.ones(2, np.uint8)}


def reason(content: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        unpack(content)
    assert refused.value.reason == "UNREADABLE_ARTEFACT"
    return refused.value.message


def test_what_was_packed_is_unpacked_and_packs_to_the_same_bytes() -> None:
    content = pack(card(), tensors())
    found, arrays = unpack(content)
    assert found == card()
    assert arrays.keys() == tensors().keys()
    assert all(np.array_equal(arrays[name], tensors()[name]) for name in arrays)
    assert pack(found, dict(reversed(arrays.items()))) == content
    assert part(arrays, "operator").keys() == {"a", "b"}


@given(st.data())
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    content = bytearray(pack(card(), tensors()))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    reason(bytes(content))


@given(st.binary(max_size=200))
def test_bytes_are_refused(content: bytes) -> None:
    reason(content)


def test_a_pickle_is_refused_and_not_run() -> None:
    assert "safetensors" in reason(pickle.dumps({"operator.a": 1}))


def test_a_file_without_a_card_is_refused() -> None:
    assert "no card" in reason(save(tensors()))
    assert "no card" in reason(save(tensors(), {"faraday": "{}"}))


def test_an_unknown_field_is_refused() -> None:
    content = pack(card(), tensors())
    size = int.from_bytes(content[:8], "little")
    head = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["faraday"])
    head["card"]["hook"] = "os.system"
    assert "unknown field" in reason(save(tensors(), {"faraday": json.dumps(head)}))


@pytest.mark.parametrize("array", [np.array([np.nan], np.float32), np.ones(2), np.ones(2, np.complex64)])
def test_numbers_that_are_not_finite_or_not_wanted_are_refused_before_anything_is_written(array: Array) -> None:
    with pytest.raises(Refusal):
        pack(card(), {"operator.a": array})
    with pytest.raises(Refusal):
        pack(card(metrics={"error": float("inf")}), tensors())


def test_a_restored_operator_answers_as_the_one_that_was_packed() -> None:
    operator = SMALL.build(1)
    scaling = Scaling(torch.zeros(1), torch.ones(1), torch.zeros(1), torch.full((1,), 3.0), "all")
    packed = pack(card(), tensors_of(operator, scaling))
    again, its_scaling = restored(*unpack(packed))
    pairs = darcy(2, 6, seed=0)
    raw = Functions(torch.tensor(pairs.inputs), torch.tensor(pairs.positions), pairs.grid)
    with torch.no_grad():
        expected = scaling.answer(operator(scaling.inputs(raw)), raw.positions)
        found = its_scaling.answer(again(its_scaling.inputs(raw)), raw.positions)
    assert torch.equal(found, expected)


def test_tensors_of_another_architecture_are_refused() -> None:
    operator = SMALL.build(1)
    scaling = Scaling(torch.zeros(1), torch.ones(1), torch.zeros(1), torch.ones(1))
    held = tensors_of(operator, scaling)
    wider = card(architecture=msgspec.structs.replace(SMALL, width=5))
    for chosen, arrays in (
        (wider, held),
        (card(), held | {"operator.more": np.ones(1, np.float32)}),
        (card(), part(held, "operator")),
        (card(), {name: array for name, array in held.items() if name != "scaling.input_mean"}),
    ):
        with pytest.raises(Refusal) as refused:
            restored(chosen, arrays)
        assert refused.value.reason == "UNREADABLE_ARTEFACT"


def test_the_digest_of_data_tells_sets_apart() -> None:
    pairs = darcy(4, 6, seed=0)
    assert data_digest(pairs) == data_digest(darcy(4, 6, seed=0))
    assert data_digest(pairs) != data_digest(pairs.of(slice(0, 3)))
