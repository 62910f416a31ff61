"""Writes the Python stubs of every .proto file under faraday/: `python protos/generate.py [--out DIR]`.

The version of grpcio-tools is pinned: a newer one writes stubs that refuse the protobuf which the server runs with.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
TOOLS = "1.74.0"


def generate(out: Path) -> None:
    """Write `_pb2.py`, `_pb2.pyi` and, for files with a service, `_pb2_grpc.py` under `out`."""
    if version("grpcio-tools") != TOOLS:
        raise SystemExit(f"grpcio-tools {version('grpcio-tools')} is installed; run: pip install grpcio-tools=={TOOLS}")
    sources = sorted(str(path.relative_to(HERE)) for path in HERE.glob("faraday/**/*.proto"))
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    include = [f"-I{HERE}", f"-I{HERE / 'third_party'}", f"-I{well_known}"]
    outputs = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(["protoc", *include, *outputs, *sources]) != 0:
        raise SystemExit("protoc refused; see above")
    for stub in out.glob("faraday/**/*_pb2_grpc.py"):
        if "class " not in stub.read_text():
            stub.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the Python stubs of Faraday's protos.")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write them (default: beside the .proto files)")
    generate(parser.parse_args(sys.argv[1:]).out)
