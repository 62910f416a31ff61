"""The committed stubs are what the .proto files give, and live beside those of the Open Inference Protocol."""

import subprocess
import sys
from pathlib import Path

import grpc
import pytest

PROTOS = Path(__file__).resolve().parents[3] / "protos"


def stubs(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.glob("faraday/v1/*_pb2*") if path.is_file()}


def test_the_committed_stubs_are_what_the_protos_give(tmp_path: Path) -> None:
    subprocess.run([sys.executable, PROTOS / "generate.py", "--out", tmp_path], check=True)
    made, committed = stubs(tmp_path), stubs(PROTOS)
    assert made.keys() == committed.keys(), "a stub is missing or left over; run: make protos"
    assert [name for name in made if made[name] != committed[name]] == [], "run: make protos"


def test_every_proto_has_stubs_with_types() -> None:
    for proto in PROTOS.glob("faraday/v1/*.proto"):
        assert (proto.with_name(f"{proto.stem}_pb2.py")).exists()
        assert (proto.with_name(f"{proto.stem}_pb2.pyi")).exists()


def test_tritonclient_s_stubs_load_next_to_ours() -> None:
    service_pb2 = pytest.importorskip("tritonclient.grpc.service_pb2")
    assert service_pb2.DESCRIPTOR.package == "inference"
    assert grpc.__version__.startswith("1.74.")
