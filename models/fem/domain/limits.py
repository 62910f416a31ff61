"""How large a problem may be that is solved here by sparse LU."""

from __future__ import annotations

# By dimension: ten seconds and 1 GB on one core (Q2 on 220² and 14³ bricks took 8 and 9 s, Q1 on 30³ took 9).
MAX_UNKNOWNS = {2: 200_000, 3: 30_000}
