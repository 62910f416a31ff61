"""Tesseract's own client, calling the identity over HTTP, one call after the other.

    tesseract_client.py URL CALLS SIZE...

Arrays are float64 and travel as the client sends them, base64 in JSON. Each answer is compared with what was sent.
Prints, as JSON, the milliseconds of each call by size.
"""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

import json
import sys
import time

import numpy as np
from tesseract_core import Tesseract


def main(url, calls, *sizes):
    server = Tesseract.from_url(url)
    found = {}
    for size in map(int, sizes):
        sent = np.random.default_rng(size).standard_normal(size)
        took = []
        for _ in range(int(calls) + 1):
            began = time.perf_counter()
            answer = server.apply({"data": sent})
            took.append((time.perf_counter() - began) * 1e3)
            if not np.array_equal(answer["data"], sent):
                raise SystemExit("an answer is not what was sent")
        found[size] = took[1:]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
