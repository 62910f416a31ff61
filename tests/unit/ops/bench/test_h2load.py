"""What h2load is asked for, what it prints, and that no refused call passes for an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench import h2load
from ops.bench.contract import BenchFailed
from ops.bench.h2load import Summary
from ops.bench.load import Address, Load

# h2load 1.52.0, as it printed it.
PRINTED = """\
finished in 4.00s, 1910.25 req/s, 2.30MB/s
requests: 7641 total, 7705 started, 7641 done, 7641 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 7641 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 9.19MB (9635301) total, 485.03KB (496665) headers (space savings 19.75%), 7.75MB (8130024) data
                     min         max         mean         sd        +/- sd
time for request:     1.21ms    157.98ms     33.51ms     11.32ms    89.57%
"""
LOAD = Load(message=b"ab", reply_bytes=1024, connections=8, streams=4, seconds=2.5)


def test_what_h2load_prints_is_read() -> None:
    assert h2load.parse(PRINTED) == Summary(succeeded=7641, failed=0, data_bytes=8130024)


def test_every_way_to_lose_a_call_counts_as_failed() -> None:
    lossy = PRINTED.replace("0 failed, 0 errored, 0 timeout", "1 failed, 2 errored, 4 timeout")
    assert h2load.parse(lossy).failed == 7


def test_only_answers_with_status_200_have_succeeded() -> None:
    assert h2load.parse(PRINTED.replace("7641 2xx, 0 3xx, 0 4xx", "7600 2xx, 0 3xx, 41 4xx")).succeeded == 7600


def test_another_output_is_refused_and_shown() -> None:
    with pytest.raises(BenchFailed, match="could not connect"):
        h2load.parse("could not connect to host")


def test_the_log_gives_the_milliseconds_of_answers_alone() -> None:
    assert h2load.parse_log("1700000000000000\t200\t1500\n1700000000000001\t-1\t99\n1700000000000002\t200\t2250\n") == [
        1.5,
        2.25,
    ]


def test_a_message_is_framed_as_grpc_does() -> None:
    assert h2load.framed(b"ab") == b"\x00\x00\x00\x00\x02ab"


def test_the_command_has_the_load_and_the_token_where_there_is_one() -> None:
    with_token = h2load.command(Address(50051, "secret"), LOAD, Path("body"), Path("log"))
    assert {"--clients=8", "--max-concurrent-streams=4", "--duration=2500ms", "--data=body", "--log-file=log"} <= set(
        with_token
    )
    assert "--header=authorization: Bearer secret" in with_token
    assert with_token[-1] == "http://127.0.0.1:50051/inference.GRPCInferenceService/ModelInfer"
    without = h2load.command(Address(50051), LOAD, Path("body"), Path("log"))
    assert not any("authorization" in argument for argument in without)


def test_answers_in_full_pass() -> None:
    h2load.check(Summary(succeeded=10, failed=0, data_bytes=10 * 1060), LOAD)


@pytest.mark.parametrize(
    ("summary", "match"),
    [
        (Summary(succeeded=10, failed=1, data_bytes=10 * 1060), "1 failed"),
        (Summary(succeeded=0, failed=0, data_bytes=0), "of 0 calls"),
        (Summary(succeeded=10, failed=0, data_bytes=0), "at least 10 were refusals"),
        (Summary(succeeded=10, failed=0, data_bytes=9 * 1060), "refusals"),
    ],
)
def test_a_call_that_failed_or_was_refused_fails_the_bench(summary: Summary, match: str) -> None:
    with pytest.raises(BenchFailed, match=match):
        h2load.check(summary, LOAD)
