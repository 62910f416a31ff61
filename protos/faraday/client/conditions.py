"""Boundary conditions by the names of boundaries, as the text that a problem takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# {"left": "u = 0", "right": ["q = 1", "h = 2, 20"], "outer": "absorb"}; later ones hold over earlier ones.
Conditions = Mapping[str, str | Sequence[str]]


def written(conditions: Conditions) -> str:
    """ "left: u = 0; right: q = 1; right: h = 2, 20" """
    said = ((where, [what] if isinstance(what, str) else what) for where, what in conditions.items())
    return "; ".join(f"{where}: {each}" for where, whats in said for each in whats)
