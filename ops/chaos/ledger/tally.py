"""What a campaign has done and found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ops.chaos.ledger.hearsay import Call
from ops.chaos.ledger.invariants import Finding

_SHOWN = 20  # findings; one fault has many


@dataclass
class Tally:
    """What was done. Findings end the campaign; `findings` are the first of them, `broken` counts all by their kind."""

    kills: int = 0
    power_losses: int = 0
    files_lost: int = 0  # by losses of power
    calls: int = 0
    granted: int = 0
    denied: int = 0
    repeated: int = 0
    left: int = 0
    settled: int = 0
    voided: int = 0
    unavailable: int = 0  # calls that the ledger ended by saying so
    cut_off: int = 0  # calls of which nobody knows what became of them
    findings: list[str] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.findings

    def find(self, finding: Finding, where: str) -> None:
        if len(self.findings) < _SHOWN:
            self.findings.append(f"{where}: {finding.broken.name} {finding.what}")
        self.broken[finding.broken.name] = self.broken.get(finding.broken.name, 0) + 1

    def add(self, calls: Iterable[Call]) -> None:
        for call in calls:
            self.calls += 1
            self.denied += bool(call.denied)
            self.granted += call.granted
            self.repeated += call.repeated is not None
            self.left += call.left is not None
            self.settled += call.actual is not None
            self.voided += call.voided
            self.unavailable += bool(call.unavailable)
            self.cut_off += call.open
