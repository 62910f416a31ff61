"""Writes peer_figures.json: what accountants say that cannot be installed beside Faraday.

dp-accounting pins attrs below 24, and opacus needs PyTorch (its formulas do not, so that file of it is loaded alone).

    python -m venv peers && peers/bin/pip install dp-accounting==0.6.0 && peers/bin/pip install --no-deps opacus==1.6.0
    peers/bin/python tests/unit/models/privacy/write_peer_figures.py 2026-11-21
"""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from dp_accounting import pld
from dp_accounting.rdp import rdp_privacy_accountant as google

WHOLE_ORDERS = [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 16.0, 32.0, 64.0]
FRACTIONAL_ORDERS = [1.25, 1.5, 2.5, 5.5, 16.3]
SAMPLED = [(0.01, 1.1, 1000), (0.001, 0.8, 10000), (0.1, 2.0, 100), (0.5, 4.0, 30), (1.0, 10.0, 50)]
DELTAS = [1e-3, 1e-5, 1e-8]


def opacus_formulas() -> Any:
    file = Path(str(distribution("opacus").locate_file("opacus/accountants/analysis/rdp.py")))
    spec = importlib.util.spec_from_file_location("opacus_rdp", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sampled_gaussian(rate: float, noise: float, steps: int) -> dict[str, Any]:
    # Without a leading underscore there is only the accountant, which tells ε but not the curve.
    one = google._compute_rdp_poisson_subsampled_gaussian
    theirs = [float(value) * steps for value in one(rate, noise, WHOLE_ORDERS)]
    fractional = [float(value) * steps for value in one(rate, noise, FRACTIONAL_ORDERS)]
    loss = pld.privacy_loss_distribution.from_gaussian_mechanism(
        noise, pessimistic_estimate=False, sampling_prob=rate, use_connect_dots=False
    ).self_compose(steps)
    by_opacus = opacus_formulas().compute_rdp(
        q=rate, noise_multiplier=noise, steps=steps, orders=WHOLE_ORDERS + FRACTIONAL_ORDERS
    )
    return {
        "rate": rate,
        "noise_multiplier": noise,
        "steps": steps,
        "dp_accounting_renyi": theirs,
        "dp_accounting_renyi_fractional": [value if math.isfinite(value) else None for value in fractional],
        "opacus_renyi": [float(value) for value in by_opacus],
        "dp_accounting_epsilon": [float(google.compute_epsilon(WHOLE_ORDERS, theirs, delta)[0]) for delta in DELTAS],
        "dp_accounting_delta_at_epsilon_1": float(google.compute_delta(WHOLE_ORDERS, theirs, 1.0)[0]),
        "dp_accounting_epsilon_from_below": [float(loss.get_epsilon_for_delta(delta)) for delta in DELTAS],
    }


def main(date: str) -> None:
    figures = {
        "written": date,
        "command": f"python tests/unit/models/privacy/write_peer_figures.py {date}",
        "versions": {name: version(name) for name in ("dp-accounting", "opacus", "numpy", "scipy")},
        "whole_orders": WHOLE_ORDERS,
        "fractional_orders": FRACTIONAL_ORDERS,
        "deltas": DELTAS,
        "sampled_gaussian": [sampled_gaussian(*case) for case in SAMPLED],
    }
    Path(__file__).with_name("peer_figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
