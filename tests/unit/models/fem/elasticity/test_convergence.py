"""Errors fall at the optimal rates, and the estimate with them."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Array
from models.fem.elasticity.task import ElasticityResult
from models.fem.mesh import unit_square
from models.fem.simplicial import Simplicial
from models.fem.tetrahedra import box
from tests.unit.models.fem.elasticity.bodies import distorted_box, estimate, solved
from tests.unit.models.fem.elasticity.manufactured import Manufactured
from tests.unit.models.fem.meshes import distorted

both_degrees = pytest.mark.parametrize("degree", (1, 2))


def errors_on(problem: Manufactured, mesh: Simplicial, degree: int) -> tuple[Array, ElasticityResult]:
    result = solved(problem.task(mesh, degree))
    return problem.errors(mesh, result, degree), result


@both_degrees
@pytest.mark.parametrize("plane", ("strain", "stress"))
def test_errors_in_the_plane_fall_at_the_optimal_rates(degree: int, plane: str) -> None:
    errors = [errors_on(Manufactured(2, plane=plane), unit_square(n, n), degree)[0] for n in (16, 32)]
    np.testing.assert_allclose(np.log2(errors[0] / errors[1]), [degree + 1, degree, degree], atol=0.05)


@both_degrees
def test_errors_in_space_fall_at_the_optimal_rates(degree: int) -> None:
    """On coarser meshes than in the plane, and so a little off."""
    errors = [errors_on(Manufactured(3), box(n, n, n), degree)[0] for n in (3, 6)]
    np.testing.assert_allclose(np.log2(errors[0] / errors[1]), [degree + 1, degree, degree], atol=0.15)


def test_nearly_incompressible_quadratic_elements_keep_their_rates() -> None:
    errors = [errors_on(Manufactured(2, poisson=0.49), unit_square(n, n), 2)[0] for n in (16, 32)]
    np.testing.assert_allclose(np.log2(errors[0] / errors[1])[:2], [3, 2], atol=0.1)


MESHES: dict[str, Simplicial] = {
    "square": unit_square(16, 16),
    "distorted square": distorted(unit_square(16, 16)),
    "box": box(5, 5, 5),
    "distorted box": distorted_box((4, 4, 4)),
}


@both_degrees
@pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
def test_the_estimate_is_near_the_error_of_a_smooth_solution(mesh: Simplicial, degree: int) -> None:
    error, result = errors_on(Manufactured(mesh.nodes.shape[1]), mesh, degree)
    assert 0.8 < estimate(result) / error[2] < 1.25


@both_degrees
def test_the_estimate_is_asymptotically_exact_on_uniform_meshes(degree: int) -> None:
    off = []
    for n in (8, 16, 32):
        error, result = errors_on(Manufactured(2), unit_square(n, n), degree)
        off.append(abs(estimate(result) / error[2] - 1))
    assert off[2] < 0.03
    assert off[2] <= off[0]
