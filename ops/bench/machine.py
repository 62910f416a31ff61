"""On what a bench ran: figures mean little without it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("faraday-server", "ray", "grpcio", "protobuf", "uvloop", "tritonclient", "numpy")


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int  # that this process may use
    load_average: tuple[float, float, float]  # over 1, 5 and 15 minutes, before anything was started
    memory_mib: int
    kernel: str
    python: str
    versions: dict[str, str]
    notes: tuple[str, ...] = ()  # what one must know of how it was measured


def describe() -> Machine:
    """This machine, now."""
    return Machine(
        cpu=_field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        load_average=os.getloadavg(),
        memory_mib=int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        versions={name: found for name in PACKAGES if (found := _version(name))},
    )


def busy_s() -> float:
    """CPU seconds that all cores have spent on any process since boot, and on other guests of the host."""
    user, nice, system, _, _, _, _, steal, *_ = map(int, Path("/proc/stat").read_text().split(maxsplit=11)[1:11])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def _field(file: str, name: str) -> str:
    """The first value of a name in one of the kernel's `name : value` files; empty where there is none."""
    lines = (line.partition(":") for line in Path(file).read_text().splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
