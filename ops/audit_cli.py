"""`faraday audit`: verify the log, hold on to a checkpoint of it, read it, and forget a person."""

from __future__ import annotations

import asyncio
import getpass
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ops import settings_sources
from ops.audit_files import AuditFiles

if TYPE_CHECKING:
    from router.audit.checkpoint import Checkpoint
    from router.audit.log import AuditLog
    from router.audit.reading import Reading
    from router.audit.sealing import Opened

T = TypeVar("T")

_PATIENCE_S = 5.0  # a worker's transaction takes some 50 ms at most
_PATH = click.Path(path_type=Path, dir_okay=False)


@click.group("audit", context_settings={"help_option_names": ["-h", "--help"]})
def audit() -> None:
    """Verify, read and pin the audit log of this installation, and make it forget a person."""


def _files(config: Path | None) -> AuditFiles:
    try:
        return AuditFiles(settings_sources.load(config, os.environ).state_dir)
    except settings_sources.SettingsRefused as refused:
        raise click.ClickException(str(refused)) from refused


@contextmanager
def _told() -> Iterator[None]:
    """What can go wrong with files and keys is one line, and no traceback."""
    from router.ledgers.errors import LedgerError
    from router.secret_files import SecretExposed, SecretUnusable

    try:
        yield
    except (LedgerError, SecretExposed, SecretUnusable) as error:
        raise click.ClickException(str(error)) from error


@audit.command()
@click.option("--log", "file", type=_PATH, help="The log; by default this installation's.")
@click.option("--since", multiple=True, type=_PATH, help="A checkpoint that the log must extend. May be repeated.")
@click.option(
    "--public-key", "public", multiple=True, type=_PATH, help="Who may sign; by default this installation. Repeatable."
)
@click.pass_obj
def verify(config: Path | None, file: Path | None, since: tuple[Path, ...], public: tuple[Path, ...]) -> None:
    """Check every event, link and signature; exits with 1 and names the first event that is not as it was written."""
    from router.audit.checkpoint import read_public_keys
    from router.audit.verify import verify_file

    files = _files(config)
    held = [_checkpoint(path) for path in since]
    with _told():
        keys = read_public_keys(*(public or (files.public_key,)))
        verdict = verify_file(file or files.log, keys, _PATIENCE_S, held)
    if verdict.fault is not None:
        raise click.ClickException(f"{verdict.fault} (events that are good before it: {verdict.events})")
    click.echo(f"good: {verdict.events} events of log {verdict.log.hex()}, {verdict.checkpoints} checkpoints")
    if verdict.signed < verdict.events:
        click.echo(f"not signed yet: {verdict.events - verdict.signed}, since event {verdict.signed}")
    if held:
        click.echo("it extends what you hold")
    else:
        click.echo("no checkpoint from outside was given: whoever has the signing key can tell all of it differently")


@audit.command()
@click.option("--out", type=_PATH, help="Where to write it; by default it is printed. Never overwritten.")
@click.pass_obj
def checkpoint(config: Path | None, out: Path | None) -> None:
    """Sign the log as it is now. Keep the line where nobody who can write the log can write."""
    from router.audit.checkpoint import encode

    files = _files(config)
    made = _with_log(files, lambda log: log.checkpoint(time.time()))
    line = encode(made).decode()
    if out is None:
        click.echo(line)
        return
    try:
        with out.open("x") as file:
            file.write(line + "\n")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    click.echo(f"event {made.sequence} of log {made.log.hex()}, in {out}")


@audit.command()
@click.option("--dataset", help="Events of this dataset only.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="The newest so many.")
@click.pass_obj
def show(config: Path | None, dataset: str | None, limit: int) -> None:
    """Print events, newest first, with what still has its key. It verifies nothing: `faraday audit verify` does."""
    from router.audit.reading import read_newest

    files = _files(config)
    with _told():
        readings = read_newest(files.log, files.subject_keys(os.urandom), _PATIENCE_S, limit, dataset)
    for reading in readings:
        click.echo(_line(reading))


@audit.command()
@click.argument("person", metavar="SUBJECT")
@click.option("--by", help="Who orders it; by default local/ and the name of this user.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def forget(config: Path | None, person: str, by: str | None, yes: bool) -> None:
    """Destroy the key of SUBJECT (tenant/name): what the log says of them is unreadable for ever.

    The log still verifies. Two events say that a key was destroyed, and not whose.
    """
    files = _files(config)
    if not yes:
        click.confirm(f"Nobody will ever read again what the log says of {person}. Destroy the key?", abort=True)
    orderer = by or f"local/{getpass.getuser()}"
    _with_log(files, lambda log: log.forget(person, orderer, time.time()))
    click.echo(f"forgotten; copies of {files.keys} in back-ups, if there are any, must be destroyed too")


def _with_log(files: AuditFiles, act: Callable[[AuditLog], Awaitable[T]]) -> T:
    """One act on the log, beside the workers that write it. A log that is not there is not begun here."""
    from router.audit.log import open_audit_log

    async def acted() -> T:
        signer, keys = files.signer(), files.subject_keys(os.urandom)
        log = await open_audit_log(files.log, keys, signer, time.time(), os.urandom, patience_s=_PATIENCE_S)
        try:
            return await act(log)
        finally:
            await log.close(time.time())

    if not files.log.exists():
        raise click.ClickException(f"there is no log yet: {files.log}")
    with _told():
        return asyncio.run(acted())


def _checkpoint(path: Path) -> Checkpoint:
    from router.audit.checkpoint import decode

    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise click.ClickException(f"{path} is no checkpoint, as `faraday audit checkpoint` prints it") from error


def _line(reading: Reading) -> str:
    event = reading.event
    said = [f"{reading.sequence:>8}  {_time(event.at)}  {event.kind.value:<13}"]
    said.append(event.dataset or "-" if event.dataset.isprintable() else repr(event.dataset))  # unverified: no escapes
    if event.destroys:
        said.append(f"key {event.destroys.hex()[:16]}")
    for part, opened in zip(event.parts, reading.parts, strict=True):
        said.append(_described(opened) if opened is not None else f"(forgotten, key {part.key.hex()[:16]})")
    return "  ".join(said)


def _time(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):  # beyond the year 9999
        return str(at)


def _described(part: Opened) -> str:
    from msgspec.structs import asdict

    values = {name: value for name, value in asdict(part).items() if value not in ("", b"", None)}
    return " ".join(f"{name}={value.hex() if isinstance(value, bytes) else value}" for name, value in values.items())
