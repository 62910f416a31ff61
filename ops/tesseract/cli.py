"""`faraday tesseract`: the gateway by hand, before a router of this machine or another's."""

from __future__ import annotations

import ssl
from pathlib import Path

import click

from ops import logs
from ops.settings import at_home
from ops.tesseract.options import Options

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def tesseract() -> None:
    """Serve every model over HTTP, for the clients of Pasteur Labs' Tesseract."""


@tesseract.command()
@click.option("--router", help="host:port of the router; by default that of the installation on this machine.")
@click.option("--ca", type=_FILE, help="PEM authorities of its certificate; in the clear without.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any.")
@click.option("--certificate", type=_FILE, help="PEM chain to serve HTTPS with.")
@click.option("--key", type=_FILE, help="PEM private key of that certificate.")
@click.option("--plaintext", is_flag=True, help="Allow other machines without HTTPS: only behind what ends TLS.")
def serve(
    router: str | None,
    ca: Path | None,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    plaintext: bool,
) -> None:
    """Serve http://HOST:PORT/tesseract/MODEL until Ctrl-C; callers send `Authorization: Bearer`, as over gRPC."""
    from ops.tesseract import serving

    if (certificate is None) != (key is None):
        raise click.ClickException("--certificate and --key go together: give both or neither")
    if not at_home(host) and certificate is None and not plaintext:
        raise click.ClickException(f"{host} is open to other machines: give --certificate and --key, or --plaintext")
    target, ca_file = (router, ca) if router is not None else _local()
    options = Options(target, host, port, ca_file=ca_file, certificate_file=certificate, key_file=key)
    logs.configure("warning", logs.Format.TEXT, "tesseract")
    try:
        bound = serving.bound(options)
        scheme, number = "http" if certificate is None else "https", bound.getsockname()[1]
        server = serving.server(options, lambda: click.echo(f"{scheme}://{host}:{number}/tesseract/MODEL → {target}"))
    except (OSError, ssl.SSLError) as error:
        raise click.ClickException(f"cannot serve on port {port} of {host}: {error}") from error
    with bound:
        server.run([bound])


def _local() -> tuple[str, Path | None]:
    from faraday.client import NoLocalServer
    from faraday.client.local import find, state_dir

    try:
        found = find(state_dir())
    except NoLocalServer as error:
        raise click.ClickException(f"{error}; or name a router with --router") from error
    return found.endpoint, found.ca_file
