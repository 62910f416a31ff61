"""`faraday operations`, against a router in this process that this machine's installation is said to be."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import cli
from tests.conformance.operations.examples import operation
from tests.support.counting import SPEC as COUNTING
from tests.support.counting import Counting
from tests.support.counting_codec import METHOD, CountingCodec
from tests.support.router import SPECS, Router, RouterOptions, running


class House:
    def __init__(self, router: Router, model: Counting) -> None:
        self.router = router
        self.model = model

    async def faraday(self, *arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli, ["operations", *arguments])

    async def count(self, steps: int) -> str:
        now = time.time()
        made = operation(steps, method=METHOD, created=now, expires=now + 60.0)
        started, _ = await self.router.operations.create(made, str(steps).encode())
        self.router.runner.look()
        return f"operations/{started.id}"


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    model = Counting()
    options = RouterOptions(
        specs={**SPECS, COUNTING.name: COUNTING},
        models={COUNTING.name: model},
        operation_codecs={METHOD: CountingCodec()},
    )
    async with running(tmp_path, options) as router:
        (tmp_path / "token").write_text(router.token())
        told = {"endpoint": router.target, "token_file": str(tmp_path / "token"), "ca_file": None}
        (tmp_path / "client.json").write_text(json.dumps(told))
        monkeypatch.setenv("FARADAY_STATE_DIR", str(tmp_path))
        yield House(router, model)
        model.permit(1000)


async def test_an_operation_is_listed_shown_and_cancelled(house: House) -> None:
    name = await house.count(1000)
    house.model.permit(1)
    listed = await house.faraday("list", "--running")
    assert listed.output.startswith(f"{name}  ")
    assert (await house.faraday("list", "--done")).output == ""
    shown = await house.faraday("show", name.removeprefix("operations/"))
    assert "counting" in shown.output
    assert f"  method    {METHOD}" in shown.output
    cancelled = await house.faraday("cancel", name)
    assert cancelled.output.split()[0] in ("cancelling", "cancelled")
    ended = await house.faraday("wait", name)
    assert ended.exit_code == 1
    assert "OPERATION_CANCELLED" in ended.output
    shown = await house.faraday("show", name)
    assert shown.output.startswith("cancelled")
    assert "  ended " in shown.output
    house.model.permit(1)


async def test_waiting_follows_an_operation_to_its_end(house: House) -> None:
    name = await house.count(3)
    house.model.permit(3)
    ended = await house.faraday("wait", name)
    assert ended.output.splitlines()[-2].startswith("succeeded  counting  step 3 (100%)  at 6")
    assert ended.exit_code == 1  # it has a response that no client knows
    shown = await house.faraday("show", name)
    assert "  total     6" in shown.output


async def test_what_is_not_there_is_said_not_to_be(house: House) -> None:
    told = await house.faraday("show", "operations/11111111-1111-4111-8111-111111111111")
    assert told.exit_code == 1
    assert "UNKNOWN_OPERATION" in told.output
    assert "name" in (await house.faraday("show", "seven")).output


async def test_an_operation_that_was_taken_up_again_says_how_often(house: House) -> None:
    now = time.time()
    made = operation(7, method=METHOD, created=now, expires=now + 60.0)
    await house.router.operations.create(made, b"1")
    await house.router.operations.claim("dead", now, 0.0, 1)
    house.router.runner.look()
    house.model.permit(1)
    await house.faraday("wait", f"operations/{made.id}")
    assert "taken up 2 times" in (await house.faraday("show", made.id)).output
