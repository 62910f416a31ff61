"""The machine is described in full."""

from __future__ import annotations

from ops.bench import machine


def test_a_machine_says_all_that_figures_depend_on() -> None:
    found = machine.describe()
    assert found.cpu and found.kernel and found.python
    assert found.cores >= 1
    assert found.memory_mib > 0
    assert len(found.load_average) == 3
    assert {"ray", "grpcio"} <= set(found.versions)


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert machine._version("no-such-package-of-anybody") == ""


def test_busy_time_never_goes_back() -> None:
    before = machine.busy_s()
    assert machine.busy_s() >= before > 0
