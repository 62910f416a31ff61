"""Waves against exact ones, a modal expansion, and the dispersion that theory tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigh

from models.base import Array
from models.fem.domain.basis import scalar_basis
from models.fem.domain.build import mesh_of
from models.fem.domain.elements import LAGRANGE
from models.fem.domain.task import DIMENSION
from models.fem.helmholtz.solve import HelmholtzSolver
from models.fem.helmholtz.task import HelmholtzResult, HelmholtzTask
from models.fem.modes import form as modal
from tests.unit.models.fem.known_fields import accepted, domain_of, errors, rates

C = 2.0
OMEGA = 4.0
WAY = np.array([0.48, 0.8, 0.36])  # of a wave in space; in the plane (0.6, 0.8)


def solved(task: HelmholtzTask) -> HelmholtzResult:
    task.check()
    result = accepted(HelmholtzSolver("cpu").run([task]))
    assert isinstance(result, HelmholtzResult)
    return result


def amplitude(result: HelmholtzResult) -> Array:
    return np.asarray(result.u[:, 0] + 1j * result.u[:, 1])


def number(d: int) -> Array:
    """The wave vector."""
    return np.asarray(OMEGA / C * (np.array([0.6, 0.8]) if d == 2 else WAY))


def wave(x: Array) -> Array:
    return np.asarray(np.exp(1j * np.tensordot(number(len(x)), x, axes=1)))


def wave_gradient(x: Array) -> Array:
    return np.stack([1j * k * wave(x) for k in number(len(x))])


@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_errors_fall_with_the_degree_plus_one_and_with_the_degree_in_the_gradient(kind: str, degree: int) -> None:
    """A plane wave: prescribed on the left, let out on the right but for what meets it aslant, pressed on elsewhere."""
    d = DIMENSION[kind]
    k = number(d)
    phase = " + ".join(f"{k[axis]}*{'xyz'[axis]}" for axis in range(d))
    aslant = OMEGA * C - C**2 * k[0]
    names = ("left", "bottom", "top") if d == 2 else ("left", "front", "back", "bottom", "top")
    conditions = "; ".join(f"{name}: u = cos({phase}), sin({phase})" for name in names[:-1])
    conditions += f"; top: q = {-(C**2) * k[-1]}*sin({phase}), {C**2 * k[-1]}*cos({phase})"
    conditions += f"; right: absorb; right: q = {aslant}*sin({phase}), {-aslant}*cos({phase})"
    found = {}
    for count in (6, 12) if d == 2 else (3, 6):
        task = HelmholtzTask(
            **domain_of(kind, count, degree),  # type: ignore[arg-type]
            angular_frequency=OMEGA,
            wave_speed=np.array([C]),
            conditions=conditions,
        )
        found[count] = errors(task, amplitude(solved(task)), wave, wave_gradient)
    assert (rates(found) > (degree + 0.8, degree - 0.2)).all()


@pytest.mark.parametrize(("kind", "degree"), LAGRANGE)
def test_a_wave_leaves_through_an_absorbing_end_with_the_phase_error_that_theory_tells(kind: str, degree: int) -> None:
    """Ihlenburg & Babuška 1995: k_h is less than k by k (kh)² / 24, or k (kh)⁴ / 1440."""
    d = DIMENSION[kind]
    count = 16 // degree
    task = HelmholtzTask(
        **(domain_of(kind, 1, degree) | {"divisions": np.array([count, 1, 1])[:d]}),  # type: ignore[arg-type]
        lengths=np.array([1.0, 1e-3, 1e-3])[:d],
        angular_frequency=20.0,
        wave_speed=np.array([2.0]),
        conditions="left: u = 1, 0; right: absorb",
    )
    result = solved(task)
    end = amplitude(result)[np.isclose(result.points[:, 0], 1)]
    np.testing.assert_allclose(np.abs(end), 1, atol=0.01)  # what little is reflected is by the dispersion, too
    off = np.angle(end * np.exp(-10j))
    np.testing.assert_allclose(off, -result.phase_error[0], rtol=0.15)
    np.testing.assert_allclose(result.points_per_wavelength, 2 * np.pi * 16 / 10, rtol=1e-3)


def test_an_impedance_reflects_as_much_as_it_says() -> None:
    """At β the amplitude that comes back is (1 − β) / (1 + β)."""
    beta = 0.3 - 0.5j
    task = HelmholtzTask(
        divisions=np.array([40, 1]),
        lengths=np.array([1.0, 0.01]),
        cell_kind="quadrilateral",
        degree=2,
        angular_frequency=5.0,
        wave_speed=np.array([1.0]),
        conditions="left: u = 1, 0; right: beta = 0.3, -0.5",
    )
    result = solved(task)
    x, back = result.points[:, 0], (1 - beta) / (1 + beta)
    exact = np.exp(5j * x) + back * np.exp(5j * (2 - x))
    exact /= 1 + back * np.exp(10j)
    np.testing.assert_allclose(amplitude(result), exact, atol=1e-4)


def test_damping_is_that_of_the_complex_wave_number() -> None:
    """c² k² = ω² + iωη: u = sin(k (1 − x)) / sin(k) between 1 and 0."""
    task = HelmholtzTask(
        divisions=np.array([40, 1]),
        lengths=np.array([1.0, 0.01]),
        cell_kind="quadrilateral",
        degree=2,
        angular_frequency=5.0,
        wave_speed=np.array([0.5]),
        damping=np.array([2.0]),
        conditions="left: u = 1, 0; right: u = 0, 0",
    )
    result = solved(task)
    k = np.sqrt(25 + 10j) / 0.5
    np.testing.assert_allclose(amplitude(result), np.sin(k * (1 - result.points[:, 0])) / np.sin(k), atol=2e-4)


def test_the_response_is_the_sum_of_the_modes() -> None:
    """Another method for the same discrete problem: u = Σ x (x·f) / (λ − ω² − iωη)."""
    settings: dict[str, Any] = {"divisions": np.array([4, 3]), "degree": 2}
    task = HelmholtzTask(
        **settings,
        angular_frequency=7.0,
        wave_speed=np.array([1.5]),
        damping=np.array([0.4]),
        source="x - y**2, 1 + x",
        conditions="left: u = 0, 0",
    )
    basis = scalar_basis(task, mesh_of(task))
    cells = basis.mesh.nelements
    stiffness = modal.tension.assemble(basis, k=np.full((cells, 1), 1.5**2)).toarray()
    mass = modal.mass.assemble(basis, density=np.ones((cells, 1))).toarray()
    free = np.flatnonzero(basis.doflocs[0] > 0)
    values, modes = eigh(stiffness[np.ix_(free, free)], mass[np.ix_(free, free)])
    x, y = basis.doflocs
    f = mass @ (x - y**2 + 1j * (1 + x))  # exact: f is in the space
    expected = np.zeros(basis.N, complex)
    expected[free] = modes @ ((modes.T @ f[free]) / (values - 49 - 2.8j))
    np.testing.assert_allclose(amplitude(solved(task)), expected, atol=1e-12)


def test_source_and_receiver_may_change_places() -> None:
    """Reciprocity, in an uneven medium with an absorbing boundary."""
    rng = np.random.default_rng(0)
    task = HelmholtzTask(
        shape="annulus",
        divisions=np.array([3, 12]),
        angular_frequency=3.0,
        wave_speed=rng.uniform(1, 2, 72),
        conditions="outer: absorb",
        source="where((x > 1.4) * (abs(y) < 0.6) > 0, 1, 0)",
    )
    shape = {"left": "where((x > 1.4) * (abs(y) < 0.6) > 0, 1, 0)", "right": "where(y < -1.3, 1, 0)"}
    basis = scalar_basis(task, mesh_of(task))
    x, y = np.asarray(basis.global_coordinates())
    here, there = ((x > 1.4) & (np.abs(y) < 0.6)), y < -1.3
    fields = {
        name: amplitude(solved(HelmholtzTask(**{**vars(task), "source": source}))) for name, source in shape.items()
    }
    received = np.sum(basis.interpolate(fields["left"]) * there * basis.dx)
    returned = np.sum(basis.interpolate(fields["right"]) * here * basis.dx)
    assert received == pytest.approx(returned, rel=1e-9)


def test_too_few_points_for_a_wave_are_told_with_the_answer() -> None:
    task = HelmholtzTask(
        divisions=np.array([6, 6]),
        angular_frequency=10.0,
        wave_speed=np.array([1.0]),
        conditions="left: u = 1, 0; right: absorb",
    )
    coarse = solved(task)
    assert coarse.evidence.outcome.value == "converged"
    assert "points per wavelength" in coarse.evidence.advice
    assert coarse.points_per_wavelength.min() == pytest.approx(2 * np.pi / 10 * 6 / np.sqrt(2))
    fine = solved(HelmholtzTask(**{**vars(task), "divisions": np.array([16, 16]), "degree": 2}))
    assert fine.evidence.advice == ""
    long = HelmholtzTask(**{**vars(task), "divisions": np.array([280, 1]), "lengths": np.array([10.0, 0.05])})
    polluted = solved(long)
    assert polluted.points_per_wavelength.min() > 10
    assert "radians" in polluted.evidence.advice
