"""What it costs an answer to be paid for: one after another, each beside an inference of a few milliseconds.

A reservation runs beside the inference, and the ledger's release beside the audit log's: so a charged answer may take
two flushes longer than an uncharged one, and no more.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import uvloop

from models.base import Evidence, Private
from models.identity import SPEC, IdentityResult, IdentityTask
from models.privacy.cost import MOST
from models.privacy.events import Event
from models.privacy.kinds import Gaussian
from models.privacy.neighbours import Adjacency, Unit
from ops.audit_files import AuditFiles
from router.call import Caller, Principal, Question, Reply, Role, TraceContext
from router.codec.open_inference import InferCodec
from router.ledgers.amounts import MAX_AMOUNT
from router.ledgers.contract import Account, AccountKey
from router.ledgers.sqlite.ledger import open_sqlite_ledger
from router.pricing import ODOMETER, Pricing
from router.private_answers import PrivateAnswers
from router.released_answers import NoAnswers

RUN_S = 0.005  # the inference
_DATASET = "bench/records"
_EVENT = Event(Gaussian(100.0), Unit.RECORD, Adjacency.ADD_REMOVE)
_SPEC = replace(SPEC, private=Private(dataset=lambda task: _DATASET, worst_case=lambda task: _EVENT))
_ASKER = Principal("bench", "bench", frozenset({Role.ANALYST}))

Ask = Callable[[int], Awaitable[object]]


def drive(folder: Path, seconds: float, said: Path) -> None:
    """Writes the medians of an uncharged and of a charged answer, in seconds, each measured for half of the time."""
    said.write_text(json.dumps(uvloop.run(_measured(folder, seconds / 2))))


async def _measured(folder: Path, seconds: float) -> dict[str, float]:
    files = AuditFiles(folder)
    files.prepare(os.urandom)
    ledger = await open_sqlite_ledger(folder / "ledger.sqlite")
    trail = await files.open(time.time(), os.urandom)
    await ledger.open(_account(), time.time())
    answers = PrivateAnswers(ledger, Pricing(ledger, {}), NoAnswers(), trail, "bench")
    codec = InferCodec({_SPEC.name: _SPEC}, time.time)

    def charged(number: int) -> Awaitable[bytes]:
        question = Question(model=_SPEC.name, task=IdentityTask(data=np.array([number], "<i8").view(np.uint8)))
        return answers.answer(_caller(), question, b"", codec, _SPEC, _inference)

    await charged(-1)  # what is read once is read
    uncharged_s = await _median_s(lambda number: _inference(), seconds)
    charged_s = await _median_s(charged, seconds)
    await trail.close(time.time())
    await ledger.close()
    return {"uncharged_s": uncharged_s, "charged_s": charged_s}


async def _median_s(ask: Ask, seconds: float) -> float:
    took: list[float] = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        await ask(len(took))
        took.append(time.perf_counter() - begun)
    return median(took)


async def _inference() -> Reply:
    await asyncio.sleep(RUN_S)
    result = IdentityResult(data=np.zeros(8, np.uint8))
    return Reply(
        model=_SPEC.name, model_version="1", result=result, evidence=Evidence(), trace_id="0" * 32, elapsed_s=RUN_S
    )


def _caller() -> Caller:
    now = time.monotonic()
    return Caller("/bench", _ASKER, now + 60.0, TraceContext("0" * 32, "0" * 16, sampled=False), now)


def _account() -> Account:
    return Account(
        key=AccountKey(_DATASET),
        unit=_EVENT.unit.value,
        adjacency=_EVENT.adjacency.value,
        epsilon=1e6,
        delta=1e-6,
        limit=min(MAX_AMOUNT, MOST),
        odometer_orders=ODOMETER,
    )
