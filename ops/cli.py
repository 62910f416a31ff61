"""The command line: `faraday`."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from ops import settings_sources
from ops.audit_cli import audit
from ops.bench.cli import bench
from ops.budget_cli import budget
from ops.chaos.cli import chaos
from ops.operations_cli import operations
from ops.operators_cli import operators
from ops.settings import Settings
from ops.state import StateFolder
from ops.tesseract.cli import tesseract


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="YAML settings; FARADAY_* variables go over them.")
@click.version_option(package_name="faraday-server", prog_name="faraday")
@click.pass_context
def cli(context: click.Context, config: Path | None) -> None:
    """A gRPC inference cluster for scientific models on private data."""
    context.obj = config


def _settings(config: Path | None) -> tuple[Settings, StateFolder]:
    try:
        settings = settings_sources.load(config, os.environ)
    except settings_sources.SettingsRefused as refused:
        raise click.ClickException(str(refused)) from refused
    return settings, StateFolder(settings.state_dir)


def _progress(what: str) -> None:
    click.secho(f"  … {what}", err=True, dim=True)


@cli.command()
@click.option("--foreground", is_flag=True, help="Stay in the foreground, as a container wants it.")
@click.pass_obj
def up(config: Path | None, foreground: bool) -> None:
    """Start Faraday on this machine and leave it running."""
    from ops import up as installation

    settings, state = _settings(config)
    try:
        if foreground:
            installation.prepare(settings, state)
            command = installation.supervisor_command(state)
            os.execv(command[0], command)
        told = installation.up(settings, state, _progress)
    except (installation.AlreadyRunning, installation.StartFailed) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_FIRST_STEPS.format(status=told, state=state, token=state.token.read_text()))
    if settings.tesseract.port is not None:
        click.echo(f"  HTTP on port {settings.tesseract.port}, for Tesseract's clients: docs/tesseract.md")


_FIRST_STEPS = """\
Faraday is ready after {status.ready_after_s} s.

  endpoint   {status.endpoint}  (gRPC: faraday.v1 and the Open Inference Protocol)
  token      {state.token}  (24 h; more with `faraday token`)
  metrics    {status.metrics}
  dashboard  {status.dashboard}  (Ray's; its token is in {state.root}/ray.token)
  log        {state.log}

A first call, from the command line and from Python:

  .venv/bin/faraday solve --divisions 32

  .venv/bin/python - <<'EOF'
  from faraday.client import Client, unit_square
  with Client.local() as client:
      field = client.fem.solve(unit_square(32), source=1.0, dirichlet=0.0)
      print(field.values.max(), field.evidence)
  EOF

`faraday status` says how it is, `faraday down` stops it."""


@cli.command()
@click.pass_obj
def down(config: Path | None) -> None:
    """Finish what is in flight and stop."""
    from ops import up as installation

    _, state = _settings(config)
    _progress("finishing what is in flight, then stopping")
    stopped = installation.down(state)
    click.echo("stopped" if stopped else "nothing runs")


@cli.command()
@click.pass_obj
def status(config: Path | None) -> None:
    """Say how the installation is; exits with 1 where it is not ready."""
    from ops import processes
    from ops import up as installation

    _, state = _settings(config)
    told = installation.status(state)
    if told is None:
        raise click.ClickException("nothing runs; `faraday up` starts it")
    click.echo(f"{told.phase}  {told.endpoint}  supervisor {told.pid}")
    for name, child in told.children.items():
        ready = "ready" if child["ready"] else "not ready"
        click.echo(f"  {name:<11} {ready:<10} pid {child['pid']}  restarts {child['restarts']}")
    mib = processes.resident_bytes(processes.family(told.pid)) / 2**20
    click.echo(f"  memory      {mib:.0f} MiB in all")
    if told.phase != "ready":
        raise SystemExit(1)


@cli.command()
@click.pass_obj
def demo(config: Path | None) -> None:
    """Start an installation of its own, make one real call to every service, print the answers, stop."""
    from faraday.client import FaradayError
    from ops import demo as demonstration
    from ops.up import StartFailed

    settings, _ = _settings(config)
    try:
        demonstration.run(settings, click.echo, _progress)
    except (StartFailed, FaradayError) as error:
        raise click.ClickException(str(error)) from error


@cli.command("compile")
def compile_() -> None:
    """Compile the finite elements' inner loops for this machine, once; the first start would do it else."""
    from models.catalog import CATALOG
    from ops.kernels import compile_kernels

    compile_kernels([spec for name, spec in CATALOG.items() if name.startswith("fem.")], _progress)


@cli.command()
@click.pass_obj
def doctor(config: Path | None) -> None:
    """Check this machine, the settings and what runs; every finding that matters has a next step."""
    from ops.doctor import examine

    findings = examine(*_settings(config))
    for finding in findings:
        mark = click.style("!!", fg="red") if finding.advice else click.style("ok", fg="green")
        click.echo(f"{mark} {finding.code:<15} {finding.what}")
        if finding.advice:
            click.echo(f"   {'':<15} → {finding.advice}")
    if any(finding.advice for finding in findings):
        raise SystemExit(1)


@cli.command()
@click.option("--divisions", default=32, show_default=True, help="Squares along each side of the unit square.")
@click.option("--degree", type=click.IntRange(1, 2), default=1, show_default=True, help="Of the Lagrange element.")
@click.option("--conductivity", default=1.0, show_default=True, help="k in −∇·(k ∇u) = f.")
@click.option("--source", default=1.0, show_default=True, help="f.")
@click.option("--boundary", default=0.0, show_default=True, help="u on the whole boundary.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture of u and of its error here.")
def solve(divisions: int, degree: int, conductivity: float, source: float, boundary: float, plot: Path | None) -> None:
    """Solve −∇·(k ∇u) = f on the unit square and print the answer with its evidence."""
    from faraday.client import Client, FaradayError, unit_square

    try:
        with Client.local() as client:
            field = client.fem.solve(
                unit_square(divisions), conductivity=conductivity, source=source, dirichlet=boundary, degree=degree
            )
    except FaradayError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"u on {len(field.values)} points: {field.values.min():.6g} … {field.values.max():.6g}")
    click.echo(str(field.evidence))
    if plot is not None:
        from ops.picture import write

        write(field, plot)
        click.echo(f"picture in {plot}")


@cli.command()
@click.argument("field", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", default="u", show_default=True, help="Of the values, in the file.")
@click.option("--cell-name", default="error", show_default=True, help="Of the values on cells.")
def export(field: Path, file: Path, name: str, cell_name: str) -> None:
    """Write FIELD, saved by numpy.savez(FIELD, points=..., cells=..., values=...), to FILE: .vtu, .xdmf or .png.

    An answer has these arrays under the same names; `times` beside them makes values (times, points) a series, and
    `cell_values` is a number for each cell. The server that runs here writes the file.
    """
    from faraday.client import Client, FaradayError
    from ops.field_file import UnreadableField, read

    try:
        given = read(field)
        with Client.local() as client:
            client.fem.export(
                given, file, times=given.times, cell_values=given.cell_values, name=name, cell_name=cell_name
            )
    except (FaradayError, UnreadableField, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{field} is written as {file}")


@cli.command()
def problems() -> None:
    """List the finite element problems of the server that runs here: what to send, and where."""
    from faraday.client import Client, FaradayError

    try:
        with Client.local() as client:
            found = client.fem.problems()
    except FaradayError as error:
        raise click.ClickException(str(error)) from error
    for kind in found:
        click.secho(f"{kind.name}  ({kind.model} version {kind.model_version})", bold=True)
        click.echo(f"  {kind.summary}")
        for field in kind.inputs:
            said = " or ".join(field.choices) or f"{field.type} {' or '.join(field.shapes)}".strip()
            needed = "required" if field.required else f"default {field.default}" if field.default else "optional"
            click.echo(f"    in  {' or '.join(field.paths)}: {said}; {needed}; {field.doc}")
        for field in kind.outputs:
            said = f"{field.type} {' or '.join(field.shapes)}".strip()
            click.echo(f"    out {' or '.join(field.paths)}: {said}; {field.doc}")


@cli.command()
def models() -> None:
    """List the catalogue: every model, its inputs and outputs."""
    from models import schema
    from models.catalog import CATALOG

    for spec in CATALOG.values():
        click.secho(f"{spec.name}  version {spec.version}", bold=True)
        click.echo(f"  {spec.summary}")
        for title, declared in (("in", spec.task), ("out", spec.result)):
            for name, tensor in schema.tensors(declared).items():
                optional = " (optional)" if tensor.optional and declared is spec.task else ""
                shapes = " or ".join(str(shape).replace("'", "") for shape in (tensor.shape, *tensor.alternatives))
                click.echo(f"    {title:<3} {name:<17} {tensor.dtype:<8} {shapes}{optional}: {tensor.doc}")
        for name, scalar in schema.scalars(spec.task).items():
            click.echo(f"    in  {name:<17} {type(scalar.default).__name__:<8} default {scalar.default}: {scalar.doc}")


@cli.command()
@click.option("--subject", required=True, help="Who the token is for; unique within the tenant.")
@click.option("--tenant", default="local", show_default=True)
@click.option("--role", "roles", multiple=True, default=["analyst"], show_default=True, help="May be repeated.")
@click.option("--hours", default=24.0, show_default=True, help="How long it is good for.")
@click.pass_obj
def token(config: Path | None, subject: str, tenant: str, roles: tuple[str, ...], hours: float) -> None:
    """Print a signed token for a principal."""
    from router.call import Principal, Role
    from router.minting import mint, read_signing_key
    from router.secret_files import SecretExposed, SecretUnusable

    settings, state = _settings(config)
    auth = settings.auth
    try:
        principal = Principal(subject, tenant, frozenset(Role(role) for role in roles))
        key = read_signing_key(auth.eddsa_private_key_file or state.signing_key)
        click.echo(mint(key, principal, auth.issuer, auth.audience, time.time(), hours * 3600.0))
    except (ValueError, SecretExposed, SecretUnusable) as error:
        raise click.ClickException(str(error)) from error


@cli.group()
def key() -> None:
    """Make and revoke API keys, for clients that cannot renew a token. The router reads the file again by itself."""


def _key_file(config: Path | None) -> Path:
    settings, _ = _settings(config)
    if settings.auth.api_keys_file is None:
        raise click.ClickException("auth.api_keys_file is not set: name a file, and make it with `faraday key create`")
    return settings.auth.api_keys_file


@key.command("create")
@click.option("--file", type=click.Path(path_type=Path), help="The key file; by default auth.api_keys_file.")
@click.option("--subject", required=True, help="Who the key is for; unique within the tenant.")
@click.option("--tenant", default="local", show_default=True)
@click.option("--role", "roles", multiple=True, default=["analyst"], show_default=True, help="May be repeated.")
@click.option("--days", type=float, help="How long it is good for; by default until it is revoked.")
@click.pass_obj
def key_create(
    config: Path | None, file: Path | None, subject: str, tenant: str, roles: tuple[str, ...], days: float | None
) -> None:
    """Print a new API key, which is stored nowhere and never shown again; the file holds its hash."""
    from router.api_key_file import create_api_key
    from router.call import Principal, Role
    from router.secret_files import SecretExposed, SecretUnusable

    try:
        principal = Principal(subject, tenant, frozenset(Role(role) for role in roles))
        ttl_s = None if days is None else days * 86400.0
        click.echo(create_api_key(file or _key_file(config), principal, time.time(), ttl_s, os.urandom))
    except (ValueError, SecretExposed, SecretUnusable) as error:
        raise click.ClickException(str(error)) from error


@key.command("revoke")
@click.option("--file", type=click.Path(path_type=Path), help="The key file; by default auth.api_keys_file.")
@click.argument("key_id")
@click.pass_obj
def key_revoke(config: Path | None, file: Path | None, key_id: str) -> None:
    """Revoke a key by its id: the letters between the two underscores of the key."""
    from router.api_key_file import revoke_api_key
    from router.secret_files import SecretExposed, SecretUnusable

    try:
        revoke_api_key(file or _key_file(config), key_id, time.time())
    except KeyError as error:
        raise click.ClickException(f"there is no key {key_id}") from error
    except (SecretExposed, SecretUnusable) as error:
        raise click.ClickException(str(error)) from error
    click.echo("revoked")


@cli.command("settings")
def settings_command() -> None:
    """List every setting: its variable, type, default and meaning."""
    from ops.settings_reference import describe

    for line in describe():
        click.secho(line.path, bold=True, nl=False)
        click.echo(f"  {line.variable}  {line.type}  default {line.default}\n    {line.doc}")


cli.add_command(audit)
cli.add_command(bench)
cli.add_command(budget)
cli.add_command(chaos)
cli.add_command(operations)
cli.add_command(operators)
cli.add_command(tesseract)


def main() -> None:
    cli()
