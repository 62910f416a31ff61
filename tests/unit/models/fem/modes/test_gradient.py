"""The derivatives of simple eigenvalues are those of what is computed; multiple ones have none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array, Refusal
from models.fem.domain.task import CELLS_PER_BRICK, DIMENSION
from models.fem.modes.solve import ModesSolver
from models.fem.modes.task import ModesTask
from tests.unit.models.fem.known_fields import QUICK, domain_of, remainder_order
from tests.unit.models.fem.modes.test_modes import solved

WEIGHTS = np.array([1.0, -0.5, 0.25])


def posed(kind: str, degree: int, problem: str) -> ModesTask:
    d = DIMENSION[kind]
    cells = CELLS_PER_BRICK[kind] * 3 * 2 ** (d - 1)
    rng = np.random.default_rng(0)
    coefficients, conditions = {"tension": rng.uniform(0.5, 2, cells)}, "left: u = 0"
    if problem != "membrane":
        coefficients = {"young_modulus": rng.uniform(0.5, 2, cells), "poisson_ratio": rng.uniform(0, 0.3, cells)}
        conditions = f"left: u = {', '.join(['0'] * d)}"
    if problem == "buckling":
        conditions += f"; right: traction = {', '.join(['-1', '0.1', '0'][:d])}"
    task = ModesTask(
        **domain_of(kind, 2, degree),  # type: ignore[arg-type]
        problem=problem,
        density=None if problem == "buckling" else rng.uniform(0.5, 2, cells),
        count=3,
        conditions=conditions,
        cotangent=WEIGHTS,
        **coefficients,
    )
    return replace(task, divisions=np.array([3, 2, 2])[:d], lengths=np.array([4.0, 1.0, 1.3])[:d])


@pytest.mark.parametrize(
    ("kind", "degree", "problem"),
    [
        *((*element, "membrane") for element in QUICK),
        *((*element, "elastic") for element in QUICK if DIMENSION[element[0]] == 2 or element[1] == 1),
        ("triangle", 2, "buckling"),
        ("quadrilateral", 1, "buckling"),
        ("hexahedron", 1, "buckling"),
    ],
)
def test_the_remainder_of_a_step_along_the_gradient_is_of_second_order(kind: str, degree: int, problem: str) -> None:
    task = posed(kind, degree, problem)
    result = solved(task)
    stiffness = "tension" if problem == "membrane" else "young_modulus"
    names = {stiffness: result.stiffness_gradient, "density": result.density_gradient}
    assert (result.density_gradient is None) == (problem == "buckling")
    for name, gradient in names.items():
        if gradient is None:
            continue
        value = getattr(task, name)
        direction = np.random.default_rng(1).uniform(-0.1, 0.4, len(value))

        def along(step: float, name: str = name, value: Array = value, direction: Array = direction) -> float:
            moved = replace(task, **{name: value + step * direction})  # type: ignore[arg-type]
            return float(WEIGHTS @ solved(moved).eigenvalues)

        assert remainder_order(along, gradient @ direction) > 1.8


def test_all_cells_stiffer_raise_every_eigenvalue_as_much() -> None:
    """Euler's theorem on homogeneous functions: Σ E dλ/dE = λ, also of the load that buckles."""
    for problem in ("elastic", "buckling"):
        task = posed("triangle", 2, problem)
        result = solved(task)
        assert result.stiffness_gradient is not None
        total = result.stiffness_gradient @ task.young_modulus
        assert total == pytest.approx(WEIGHTS @ result.eigenvalues, rel=1e-8)


def test_a_multiple_eigenvalue_has_no_derivative_and_this_is_refused() -> None:
    task = ModesTask(
        **domain_of("quadrilateral", 4, 1),  # type: ignore[arg-type]
        count=3,
        conditions="boundary: u = 0",
        cotangent=np.array([1.0, 0.0, 1.0]),
    )
    (refused,) = ModesSolver("cpu").run([task])
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == ("MULTIPLE_EIGENVALUE", "cotangent[2]")
    assert refused.details["multiplicity"] == "2"


def test_zeros_stand_for_eigenvalues_that_do_not_matter() -> None:
    task = ModesTask(
        **domain_of("quadrilateral", 4, 1),  # type: ignore[arg-type]
        count=3,
        conditions="boundary: u = 0",
        cotangent=np.array([1.0, 0.0, 0.0]),
    )
    result = solved(task)
    assert result.stiffness_gradient is not None
    assert result.density_gradient is not None
    assert result.stiffness_gradient.sum() == pytest.approx(result.eigenvalues[0])
    assert result.density_gradient.sum() == pytest.approx(-result.eigenvalues[0])
