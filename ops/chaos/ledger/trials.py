"""The trials: run clients, break off at a random moment, recover, check; again and again on the same store.

Whoever checks is killed as well, not closed: so a store is never tidied up between two crashes, and every trial starts
on what the last one left.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from ops.chaos.ledger.clients import clients
from ops.chaos.ledger.hearsay import Hearsay
from ops.chaos.ledger.invariants import Broken, Finding, check
from ops.chaos.ledger.machines import Lossy, Machine, Plain, Stuck, finish, kill, wait
from ops.chaos.ledger.mutants import Mutant
from ops.chaos.ledger.plan import TRIALS, Plan, planned
from ops.chaos.ledger.stores import Site, Store
from ops.chaos.ledger.tally import Tally
from ops.chaos.ledger.world import World, heard
from router.ledgers.errors import LedgerUnavailable

_FLUSHES = 60  # of a machine, at most, once they have begun
_FLUSH_S = (0.0, 0.0002, 0.002)  # of a fast disk, a good one and one of the cloud
_IN_THE_DOOR = 0.1  # of all trials break off processes that may not have opened the ledger yet
_CHECKED = 2  # trials whose accounts are checked after each; in the end all are


@dataclass(frozen=True)
class Campaign:
    store: Store
    mutant: Mutant
    kills: int
    power_losses: int
    seed: str

    def site(self, folder: Path) -> Site:
        make = self.store.careless_site if self.mutant.careless else self.store.site
        return make(folder)


def run(campaign: Campaign, say: Callable[[str], None]) -> Tally:
    """Until all is done or something is found. Call it in a process with one thread. Raises `Stuck`, `CannotWatch`."""
    tally = Tally()
    losses = [True] * campaign.power_losses + [False] * campaign.kills
    random.Random(campaign.seed).shuffle(losses)
    for first in range(0, len(losses), TRIALS):
        with tempfile.TemporaryDirectory(prefix="faraday-chaos-") as folder:
            name = f"{campaign.seed}.{first // TRIALS}"
            _Trials(campaign, Path(folder), name, tally).run(losses[first : first + TRIALS])
        say(f"{tally.kills} kills, {tally.power_losses} losses of power: {tally.left} answers left")
        if not tally.ok:
            break
    return tally


class _Trials:
    """Those on one store, one after the other."""

    def __init__(self, campaign: Campaign, folder: Path, seed: str, tally: Tally) -> None:
        self._campaign = campaign
        self._seed = seed
        self._tally = tally
        self._world = folder / "world"
        self._world.mkdir()
        (folder / "store").mkdir()
        self._site = campaign.site(folder / "store")
        self._hearsay = Hearsay()
        self._plans: list[Plan] = []

    def run(self, losses: Sequence[bool]) -> None:
        try:
            for number, loss in enumerate(losses):
                self._trial(number, loss)
                everything = number == len(losses) - 1
                for finding in self._checked(self._plans if everything else self._plans[-_CHECKED:]):
                    self._tally.find(finding, f"{self._seed} trial {number}")
                if not self._tally.ok:
                    return
        finally:
            self._site.end()

    def _trial(self, number: int, loss: bool) -> None:
        plan = planned(self._seed, number)
        rng = random.Random(f"trial {self._seed} {number}")
        self._plans.append(plan)
        if loss:
            self._lose_power(plan, rng)
        else:
            self._kill(plan, rng)
        for file in filter(Path.exists, self._files(plan)):
            self._tally.add(self._hearsay.add(heard(file)))

    def _kill(self, plan: Plan, rng: random.Random) -> None:
        machine = Plain()
        self._site.start(machine)
        workers = self._start(machine, plan, rng)
        for worker in rng.sample([*workers, None], len(workers) + 1):  # the last ones go on for a while beside the dead
            machine.pass_time(rng.uniform(0, self._campaign.store.life_s))
            if worker is None:
                self._site.strike(machine, rng)
            else:
                kill([worker])
        self._tally.kills += 1

    def _lose_power(self, plan: Plan, rng: random.Random) -> None:
        with closing(Lossy(self._site.disk)) as machine:
            self._site.start(machine)
            workers = self._start(machine, plan, rng)
            machine.pass_flushes(rng.randint(1, _FLUSHES), rng.choice(_FLUSH_S), 2 * self._campaign.store.life_s)
            if rng.random() < 0.5:
                machine.finish_flush()
            kill(workers)
            self._site.end()
            self._tally.files_lost += machine.lose_power(rng)
        self._tally.power_losses += 1

    def _start(self, machine: Machine, plan: Plan, rng: random.Random) -> list[int]:
        """Workers, mostly when their clients have begun."""
        files = self._files(plan)
        workers = [machine.start(partial(self._work, plan, worker, file)) for worker, file in enumerate(files)]
        if rng.random() >= _IN_THE_DOOR:
            wait(machine, "the clients", lambda: all(file.exists() and file.stat().st_size for file in files))
        return workers

    def _work(self, plan: Plan, worker: int, file: Path) -> None:
        """In a process of its own, until it is killed."""

        async def work() -> None:
            await clients(self._campaign.mutant.disguise(await self._site.ledger()), World(file), plan, worker)

        asyncio.run(work())

    def _files(self, plan: Plan) -> list[Path]:
        return [self._world / f"{plan.number}-{worker}" for worker in range(plan.workers)]

    def _checked(self, plans: Sequence[Plan]) -> list[Finding]:
        machine = Plain()
        self._site.start(machine)
        found = self._world / "found"
        code = finish(machine, machine.start(partial(self._check, plans, found)))
        if code:
            raise Stuck(f"the check ended with {code}")
        return msgspec.json.decode(found.read_bytes(), type=list[Finding])

    def _check(self, plans: Sequence[Plan], found: Path) -> None:
        """In a process of its own, which ends without closing what it opened."""

        async def look() -> tuple[Finding, ...]:
            try:
                return await check(await self._site.ledger(), self._hearsay, plans, self._campaign.store.leaks)
            except LedgerUnavailable as error:
                return (Finding(Broken.BOOKS, f"cannot be read: {error.why}"),)

        found.write_bytes(msgspec.json.encode(asyncio.run(look())))
