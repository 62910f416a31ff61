"""Operations to try stores with."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from router.operations.contract import Operation, Viewer

ADA = Viewer("charite", "ada")
BOB = Viewer("charite", "bob")
CHIEF = Viewer("charite", None)
EVE = Viewer("mit", "eve")


def operation(at: int, **how: Any) -> Operation:
    """One of Ada's, created at second `at`, with an id made of it."""
    made = Operation(
        id=f"00000000-0000-4000-8000-{at:012d}",
        tenant="charite",
        subject="ada",
        method="/faraday.v1.FiniteElementService/Optimize",
        model="counting",
        created=float(at),
        expires=1e6,
    )
    return replace(made, **how)
