"""Logs on stderr: one JSON object per line for machines, one short line for terminals. Standard library only.

The trace of a line comes from the context variable that the router sets once per call (0.13 µs); it is read only where
a line is written. A line about another call, such as one of a batch, names its own with `extra={"trace_id": …}`.

Neither payloads nor tokens: a field that is no plain value appears as its type, and whatever looks like a credential,
in a message, a field or an exception, is struck out.
"""

from __future__ import annotations

import io
import json
import logging
import math
import os
import re
import sys
import traceback
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TextIO

from router.tracing import current

printed = logging.getLogger("printed")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Format(Enum):
    JSON = "json"
    TEXT = "text"


def configure(level: str, format: Format, role: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr), and Python's warnings with them. May be called again.

    `role` is what the process is: "supervisor", "controller", "router-0".
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(role) if format is Format.JSON else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)


def adopt(*names: str) -> None:
    """The lines of these loggers, which a library gave handlers of their own, go the way of all others."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def stderr_apart(file: Path) -> TextIO:
    """From now on what is written to descriptor 2, as Ray's core does past Python, goes to `file`.

    The stream that descriptor 2 was is returned, for `configure`.
    """
    before = os.fdopen(os.dup(2), "w", buffering=1)
    apart = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(apart, 2)
    os.close(apart)
    return before


def capture_prints() -> None:
    """From now on, what is printed in this process is logged, line by line: Ray prints. Call after `configure`."""
    sys.stdout = sys.stderr = _Printed()


class _Printed(io.TextIOBase):
    """A stream whose lines become log lines."""

    def __init__(self) -> None:
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            if said := _COLOUR.sub("", line).strip():
                printed.info(said)
        return len(text)


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `message`, `pid`, `role`, the trace where there is one, extra fields, `exception`."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._always = {"pid": os.getpid(), "role": role}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": struck(record.getMessage()),
            **self._always,
            **_trace(),
            **_extra(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """`11:39:00.123 INFO router.server message key=value`; control characters are escaped, so that a line is a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        fields = "".join(f" {name}={value}" for name, value in {**_trace(), **_extra(record)}.items())
        text = struck(f"{record.getMessage()}{fields}").translate(_ESCAPED)
        line = f"{at} {record.levelname:<7} {record.name} {text}"
        if record.exc_info and record.exc_info[1] is not None:
            return f"{line}\n{struck(''.join(traceback.format_exception(record.exc_info[1]))).rstrip()}"
        return line


def struck(text: str) -> str:
    """The text without bearer tokens, JWTs, PEM keys and what follows names such as `password=`."""
    return _CREDENTIAL.sub(lambda found: f"{found['name'] or ''}[struck out]", text)


def _trace() -> dict[str, object]:
    trace = current.get()
    return {} if trace is None else {"trace_id": trace.trace_id, "span_id": trace.span_id}


def _extra(record: logging.LogRecord) -> dict[str, object]:
    """What the caller added with `extra`. Names with a _ before them are what libraries note for themselves."""
    return {
        name: _plain(name, value)
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }


def _plain(name: str, value: object) -> object:
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, float):
        return str(value)  # JSON has no inf and no nan
    if isinstance(value, str):
        return "[struck out]" if _SECRET_NAME.search(name) else struck(value[:_LONGEST])
    return f"<{type(value).__name__}>"


def _exception(error: BaseException) -> dict[str, object]:
    """Named as in OpenTelemetry's conventions, with its causes in the stack."""
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": struck(str(error)[:_LONGEST]),
        "stacktrace": struck("".join(traceback.format_exception(error))),
    }


_LONGEST = 4096  # characters of a field: enough for a path or a reason, too few for a payload
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_NAME = re.compile(r"(?i)authorization|token|secret|password|api[-_]?key|cookie|payload")
_CREDENTIAL = re.compile(
    r"(?P<name>(?i:bearer\s+|(?:authorization|token|secret|password|api[-_]?key)\s*[=:]\s*(?:bearer\s+)?))[^\s'\",;]+"
    r"|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JWT
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
