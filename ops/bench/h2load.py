"""h2load of nghttp2 as the generator: it is written in C and takes less CPU than any server that it measures.

It does not read trailers, where gRPC says how a call ended. So answers are held to their length here (a call that
failed has none), and the bench compares real answers before and after.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.bench.contract import BenchFailed
from ops.bench.load import METHOD, Address, Load, Measured, measured

INSTALL = "install it for a steadier generator: sudo apt install nghttp2-client"
_REQUESTS = re.compile(
    r"requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout"
)
_DATA = re.compile(r"\((\d+)\) data")
_STATUS = re.compile(r"status codes: (\d+) 2xx")
_GRACE_S = 60.0


@dataclass(frozen=True)
class Summary:
    """What h2load prints in the end."""

    succeeded: int
    failed: int
    data_bytes: int  # bodies of the answers


class H2load:
    note = "generator: h2load"

    def run(self, address: Address, load: Load) -> Measured:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            body, log = Path(folder, "body"), Path(folder, "latencies")
            body.write_bytes(framed(load.message))
            done = subprocess.run(
                command(address, load, body, log), capture_output=True, text=True, timeout=load.seconds + _GRACE_S
            )
            if done.returncode != 0:
                raise BenchFailed(f"h2load ended with {done.returncode}: {done.stdout}{done.stderr}")
            summary = parse(done.stdout)
            latencies_ms = parse_log(log.read_text())
        check(summary, load)
        return measured(summary.succeeded, load.seconds, latencies_ms)


def installed() -> bool:
    return shutil.which("h2load") is not None


def framed(message: bytes) -> bytes:
    """A gRPC message as it stands in a body: not compressed, its length in four bytes, itself."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def command(address: Address, load: Load, body: Path, log: Path) -> Sequence[str]:
    headers = ["content-type: application/grpc", "te: trailers"]
    if address.token:
        headers.append(f"authorization: Bearer {address.token}")
    return [
        "h2load",
        f"--clients={load.connections}",
        f"--max-concurrent-streams={load.streams}",
        f"--duration={load.seconds * 1e3:.0f}ms",
        f"--data={body}",
        f"--log-file={log}",
        *(f"--header={header}" for header in headers),
        f"http://127.0.0.1:{address.port}{METHOD}",
    ]


def parse(output: str) -> Summary:
    """Raises BenchFailed where it is not what h2load prints."""
    requests, status, data = _REQUESTS.search(output), _STATUS.search(output), _DATA.search(output)
    if requests is None or status is None or data is None:
        raise BenchFailed(f"h2load printed something else than expected: {output}")
    succeeded, *lost = map(int, requests.groups())
    return Summary(succeeded=min(succeeded, int(status[1])), failed=sum(lost), data_bytes=int(data[1]))


def parse_log(text: str) -> list[float]:
    """Milliseconds of each request that ended with 200; a line holds its start, its status and its microseconds."""
    rows = (line.split("\t") for line in text.splitlines())
    return [int(row[2]) / 1e3 for row in rows if row[1] == "200"]


def check(summary: Summary, load: Load) -> None:
    """Raises BenchFailed unless every call was answered in full. What was in flight at the end is in neither count."""
    if summary.failed or not summary.succeeded:
        raise BenchFailed(f"of {summary.succeeded + summary.failed} calls {summary.failed} failed")
    if summary.data_bytes < summary.succeeded * load.reply_bytes:
        missing = summary.succeeded - summary.data_bytes // load.reply_bytes
        raise BenchFailed(
            f"of {summary.succeeded} answers at least {missing} were refusals: shorter than what was sent"
        )
