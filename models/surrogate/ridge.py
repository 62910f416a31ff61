"""One shard's surrogate: a quadratic in the logarithms of the contrasts, by ridge regression.

It sees the records of its shard and public ranges, and nothing else: no mean, no scale, no count of all. What a record
says beyond those ranges is moved inside, never refused: a refusal would tell.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from models.base import Array
from models.surrogate.plate import reference, scale
from models.surrogate.records import Records
from models.surrogate.task import CONDUCTIVITY, SOURCE

# A record weighs 1, so this is a quarter of one that says that the plate is homogeneous: enough to make a shard of one
# record, or none, solvable.
_RIDGE = 0.25
_LARGEST = 1.0  # of a reduced field in any sensor; the reference is 0.07
_CONTRASTS = np.array([(-1.0, 1.0, -1.0, 1.0), (-1.0, -1.0, 1.0, 1.0), (1.0, -1.0, -1.0, 1.0)]).T / 2
_QUADRATIC = [place for degree in (0, 1, 2) for place in combinations_with_replacement(range(3), degree)]
TERMS = len(_QUADRATIC)


def basis(conductivity: Array) -> Array:
    """(n, TERMS) from (n, 2, 2): 1, and all products of up to two of right/left, upper/lower, diagonal/diagonal."""
    contrasts = np.log2(conductivity).reshape(-1, 4) @ _CONTRASTS
    return np.stack([contrasts[:, list(place)].prod(axis=1) for place in _QUADRATIC], axis=1)


def fit(records: Records) -> Array:
    """(TERMS, 9): coefficients of the reduced field's departure from the reference; 0 without records."""
    conductivity = np.clip(np.nan_to_num(records.conductivity, nan=1.0), *CONDUCTIVITY)
    source = np.clip(np.nan_to_num(records.source, nan=1.0), *SOURCE)
    with np.errstate(over="ignore"):
        reduced = np.nan_to_num(records.u) / scale(conductivity, source)[:, None]
    departure = np.clip(reduced, -_LARGEST, _LARGEST) - reference()
    terms = basis(conductivity)
    return np.asarray(np.linalg.solve(terms.T @ terms + _RIDGE * np.eye(TERMS), terms.T @ departure))
