"""Log lines: whole, typed, marked with their trace, and without anything that should not be read."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ops.logs import Format, capture_prints, configure, struck
from router.call import TraceContext
from router.tracing import current

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
log = logging.getLogger("faraday.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines(stream: io.StringIO) -> io.StringIO:
    configure("debug", Format.JSON, "router-0", stream)
    return stream


def last(lines: io.StringIO) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return read


def test_a_line_is_one_json_object_with_its_process(lines: io.StringIO) -> None:
    log.info("listening on %s:%d", "127.0.0.1", 50051, extra={"workers": 2, "ratio": 0.5, "tls": False, "ca": None})
    line = last(lines)
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "level": "INFO",
        "logger": "faraday.test",
        "message": "listening on 127.0.0.1:50051",
        "pid": os.getpid(),
        "role": "router-0",
        "workers": 2,
        "ratio": 0.5,
        "tls": False,
        "ca": None,
    }


def test_a_line_break_in_a_message_makes_no_second_line(lines: io.StringIO) -> None:
    log.warning('a\n{"level": "INFO", "message": "forged"}')
    assert len(lines.getvalue().splitlines()) == 1
    assert last(lines)["level"] == "WARNING"


async def test_a_line_bears_the_trace_of_the_call_that_it_was_written_in(lines: io.StringIO) -> None:
    token = current.set(TraceContext("a" * 32, "b" * 16, sampled=False))
    log.info("inside")
    current.reset(token)
    assert (last(lines)["trace_id"], last(lines)["span_id"]) == ("a" * 32, "b" * 16)
    log.info("outside")
    assert "trace_id" not in last(lines)


def test_a_line_about_another_call_names_its_own_trace(lines: io.StringIO) -> None:
    token = current.set(TraceContext("a" * 32, "b" * 16, sampled=False))
    log.info("one of a batch", extra={"trace_id": "c" * 32})
    current.reset(token)
    assert last(lines)["trace_id"] == "c" * 32


def test_an_exception_is_fields_with_its_cause(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise RuntimeError("password=hunter2") from error
    except RuntimeError:
        log.exception("failed")
    exception = last(lines)["exception"]
    assert exception["type"] == "builtins.RuntimeError"
    assert exception["message"] == "password=[struck out]"
    assert "KeyError: 'inner'" in exception["stacktrace"]
    assert last(lines)["message"] == "failed"


def test_payloads_appear_as_their_type_and_numbers_that_json_lacks_as_text(lines: io.StringIO) -> None:
    log.info("x", extra={"body": b"secret", "task": {"u": 1}, "field": np.zeros(3), "r": float("nan"), "s": "y" * 9999})
    line = last(lines)
    assert (line["body"], line["task"], line["field"], line["r"]) == ("<bytes>", "<dict>", "<ndarray>", "nan")
    assert len(line["s"]) == 4096


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"authorization: Bearer {JWT}", "authorization: Bearer [struck out]"),
        (f"got bearer {JWT}, refused", "got bearer [struck out], refused"),
        (f"bad token {JWT}", "bad token [struck out]"),
        ("api-key=abc123 sent", "api-key=[struck out] sent"),
        ("-----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY----- end", "[struck out] end"),
        ("the token has expired", "the token has expired"),
    ],
)
def test_credentials_are_struck_out_and_words_are_not(text: str, clean: str, lines: io.StringIO) -> None:
    assert struck(text) == clean
    log.info("%s", text, extra={"note": text, "token": text, "token_count": 5})
    assert (last(lines)["message"], last(lines)["note"]) == (clean, clean)
    assert (last(lines)["token"], last(lines)["token_count"]) == ("[struck out]", 5)


def test_a_terminal_gets_a_short_line_without_control_characters(stream: io.StringIO) -> None:
    configure("info", Format.TEXT, "router-0", stream)
    log.debug("not shown")
    log.info("up\x1b[31m\nforged", extra={"port": 1})
    (line,) = stream.getvalue().splitlines()
    assert line[12:] == r" INFO    faraday.test up\x1b[31m\x0aforged port=1"


def test_a_terminal_gets_the_whole_traceback(stream: io.StringIO) -> None:
    configure("info", Format.TEXT, "router-0", stream)
    try:
        raise ValueError(f"bad {JWT}")
    except ValueError:
        log.exception("failed")
    assert "Traceback" in stream.getvalue()
    assert "ValueError: bad [struck out]" in stream.getvalue()


def test_configured_again_the_new_place_is_the_only_one(lines: io.StringIO) -> None:
    again = io.StringIO()
    configure("warning", Format.JSON, "router-1", again)
    log.warning("here")
    assert lines.getvalue() == ""
    assert last(again)["role"] == "router-1"


def test_pythons_warnings_are_lines_too(lines: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    assert last(lines)["logger"] == "py.warnings"


def test_what_is_printed_becomes_log_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    configure("info", Format.JSON, "controller", stream)
    capture_prints()
    print("\x1b[33m(raylet)\x1b[0m a worker", end=" ")
    print("died\n\nsecond", file=sys.stderr)
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == [
        "(raylet) a worker died",
        "second",
    ]


def test_what_goes_past_python_to_stderr_is_kept_apart(tmp_path: Path) -> None:
    program = (
        "import os, pathlib\n"
        "from ops.logs import Format, configure, stderr_apart\n"
        f"configure('info', Format.JSON, 'controller', stderr_apart(pathlib.Path({str(tmp_path / 'apart')!r})))\n"
        "os.write(2, b'from the core')\n"
        "import logging; logging.getLogger('x').info('ours')\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(told.stderr)["message"] == "ours"
    assert (tmp_path / "apart").read_text() == "from the core"
