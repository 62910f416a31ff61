"""The benches by name. A new one is a line here and the module that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ops.bench.contract import Findings, Run


@dataclass(frozen=True)
class Bench:
    name: str
    summary: str
    measure: str  # "module:function", imported only when the bench runs

    def load(self) -> Callable[[Run], Findings]:
        module, _, function = self.measure.partition(":")
        found: Callable[[Run], Findings] = getattr(import_module(module), function)
        return found


BENCHES = {
    bench.name: bench
    for bench in (
        Bench("up", "from nothing to the first answer, and the memory that is held idle", "ops.bench.up:measure"),
        Bench("router", "the path to a model, beside Ray Serve and a bare grpc.aio server", "ops.bench.router:measure"),
        Bench("fem", "finite elements, beside DOLFINx and other libraries", "ops.bench.fem.bench:measure"),
        Bench("operators", "neural operators, beside neuraloperator", "ops.bench.operators.bench:measure"),
        Bench("ledger", "requests paid per second, beside a transaction for each step", "ops.bench.ledger:measure"),
    )
}
