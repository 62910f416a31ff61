"""Client.local() finds what `faraday up` left, and says what to do where there is nothing."""

import json
import socket
from pathlib import Path

import pytest

from faraday.client import Client, NoLocalServer, unit_square
from faraday.client.local import find, state_dir
from tests.unit.client.conftest import StartServer


def write(directory: Path, **said: object) -> None:
    (directory / "token").write_text("local-token\n")
    whole = {"endpoint": "127.0.0.1:1", "token_file": str(directory / "token"), "ca_file": None, **said}
    (directory / "client.json").write_text(json.dumps(whole))


def test_the_state_directory_follows_the_environment() -> None:
    assert state_dir({"FARADAY_STATE_DIR": "/a", "XDG_STATE_HOME": "/b"}) == Path("/a")
    assert state_dir({"XDG_STATE_HOME": "/b"}) == Path("/b/faraday")
    assert state_dir({}) == Path.home() / ".local" / "state" / "faraday"


def test_local_solves_with_the_token_of_the_file(server: StartServer, tmp_path: Path) -> None:
    servicer, target = server()
    write(tmp_path, endpoint=target)
    with Client.local(tmp_path) as client:
        assert client.fem.solve(unit_square(1), dirichlet=0.0).evidence.model == "fem.diffusion"
    assert servicer.headers[0]["authorization"] == "Bearer local-token"


def test_no_file_means_run_faraday_up(tmp_path: Path) -> None:
    with pytest.raises(NoLocalServer, match="run: faraday up"):
        Client.local(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"endpoint": 3, "token_file": 4, "ca_file": 5}'])
def test_a_broken_file_means_run_faraday_up(tmp_path: Path, text: str) -> None:
    (tmp_path / "client.json").write_text(text)
    with pytest.raises(NoLocalServer, match="run: faraday up"):
        Client.local(tmp_path)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:1", "unix:/nowhere/faraday.sock", "nonsense"])
def test_a_file_that_a_dead_server_left_means_run_faraday_up(tmp_path: Path, endpoint: str) -> None:
    write(tmp_path, endpoint=endpoint)
    with pytest.raises(NoLocalServer, match="run: faraday up"):
        Client.local(tmp_path)


def test_a_unix_socket_is_found(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        write(tmp_path, endpoint=f"unix:{tmp_path}/s", ca_file="/etc/ca.pem")
        found = find(tmp_path)
    assert (found.endpoint, found.ca_file) == (f"unix:{tmp_path}/s", Path("/etc/ca.pem"))
