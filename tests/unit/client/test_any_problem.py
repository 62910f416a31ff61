"""client.fem.ask and optimize for each problem on any domain, against a whole router: cases whose solution is known.

And what goes with them: meshes from files, meshes that the server makes, files of fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import meshio
import numpy as np
import pytest

from faraday.client import Client, Functional, InvalidRequest, Outcome, Posed, Shape, Solution, rectangle, unit_square
from faraday.client.conditions import written
from tests.support.router import SPECS, Router, RouterOptions
from tests.support.serving import serving

MODELS = (
    *("diffusion", "diffusion.identify", "elasticity.topology", "export", "form", "heat", "helmholtz"),
    *("hyperelasticity", "mesh", "mesh.file", "modes", "navier_stokes", "navier_stokes.transient"),
    *("nonlinear_diffusion", "stokes", "transport"),
)
SQUARE = Shape("square", (4, 4))
ENDS = {"left": "u = 0", "right": "u = 1"}


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    specs = {f"fem.{name}": SPECS[f"fem.{name}"] for name in MODELS}
    with serving(tmp_path_factory.mktemp("router"), RouterOptions(specs=specs)) as started:
        yield started


# Problems whose solution the elements hold


def linear(solved: Solution) -> None:
    """u = x."""
    values = solved.values if solved.values.ndim == 1 else solved.values[-1]
    np.testing.assert_allclose(values, solved.points[:, 0], atol=1e-8)
    assert solved.evidence.outcome is Outcome.CONVERGED


def test_transport_without_a_flow(live: Client) -> None:
    linear(live.fem.ask("transport", SQUARE, diffusivity=2.0, conditions=ENDS))


def test_heat_that_has_settled(live: Client) -> None:
    data = {"conductivity": 1.0, "capacity": 1.0, "theta": 1.0, "time_step": 1e3, "steps": 4}
    solved = live.fem.ask("heat", SQUARE, conditions=ENDS, **data)
    linear(solved)
    assert solved["times"].tolist() == [4e3]


def test_a_form_of_one_s_own(live: Client) -> None:
    linear(live.fem.ask("form", SQUARE, form="dot(grad(u), grad(v))", conditions=ENDS))


def test_nonlinear_diffusion_of_a_uniform_slope(live: Client) -> None:
    linear(live.fem.ask("nonlinear_diffusion", SQUARE, conductivity=1.0, exponent=3.0, conditions=ENDS))


def test_functionals_of_any_problem_and_their_derivatives(live: Client) -> None:
    """u = x: ∫ k ∂u/∂n over the right side is k, whose derivatives by cells sum up to 1."""
    posed = Posed("transport", SQUARE, {"diffusivity": 2.0, "conditions": ENDS})
    flux = Functional(integrals="right: diffusivity*dn(u)")
    assert live.fem.evaluate(posed, flux).value == pytest.approx(2.0, rel=1e-9)
    found = live.fem.differentiate(posed, flux)
    assert found.value == pytest.approx(2.0, rel=1e-9)
    assert found.gradients["diffusivity"].sum() == pytest.approx(1.0, rel=1e-9)
    assert found.adjoint is None
    solved = live.fem.ask("transport", SQUARE, diffusivity=2.0, conditions=ENDS, integrals="cells: u")
    assert solved["functional"] == pytest.approx([0.5])


def test_a_method_that_does_not_know_a_problem_says_so_at_once(live: Client) -> None:
    topology = Posed("elasticity_topology", SQUARE, {})
    with pytest.raises(ValueError, match="choose among diffusion"):
        live.fem.differentiate(topology, Functional(integrals="cells: ux"))
    with pytest.raises(ValueError, match="in the functional"):
        live.fem.evaluate(Posed("transport", SQUARE, {"integrals": "cells: u"}), Functional())


def test_what_a_server_differentiates_is_listed(live: Client) -> None:
    known = {problem.name: problem.gradients for problem in live.fem.problems()}
    assert known["transport"] == ("diffusivity", "reaction", "source", "prescribed")
    assert known["elasticity_topology"] == ()


CHANNEL = {
    "left": "u = 4*y*(1 - y), 0",
    "bottom": "u = 0, 0",
    "top": "u = 0, 0",
}


@pytest.mark.parametrize("problem", ["stokes", "navier_stokes"])
def test_flow_between_plates(live: Client, problem: str) -> None:
    """Poiseuille's: u = 4y(1 − y), p = 8μ(1 − x)."""
    solved = live.fem.ask(problem, SQUARE, viscosity=0.5, conditions=CHANNEL, stress="gradient")
    x, y = solved.points.T
    np.testing.assert_allclose(solved.values, np.column_stack((4 * y * (1 - y), 0 * y)), atol=1e-9)
    np.testing.assert_allclose(solved["pressure"], 4 * (1 - x[: len(solved["pressure"])]), atol=1e-8)


def test_flow_in_time_that_stays_as_it_is(live: Client) -> None:
    data = {"viscosity": 0.5, "stress": "gradient", "initial": "4*y*(1 - y), 0", "duration": 0.2, "steps": 2}
    solved = live.fem.ask("navier_stokes_transient", SQUARE, conditions=CHANNEL, **data)
    y = solved.points[:, 1]
    np.testing.assert_allclose(solved.values[-1], np.column_stack((4 * y * (1 - y), 0 * y)), atol=1e-8)
    assert solved["times"][-1] == pytest.approx(0.2)


def test_a_body_that_is_stretched_evenly(live: Client) -> None:
    """A linear displacement is in equilibrium, at finite strain, too."""
    data = {"young_modulus": 10.0, "poisson_ratio": 0.3}
    solved = live.fem.ask("hyperelasticity", SQUARE, conditions={"boundary": "u = 0.3*x + 0.1*y, 0"}, **data)
    x, y = solved.points.T
    np.testing.assert_allclose(solved.values, np.column_stack((0.3 * x + 0.1 * y, 0 * y)), atol=1e-9)


def test_a_wave_that_leaves(live: Client) -> None:
    """u = e^{iωx}: what comes in at the left is absorbed at the right; second order elements, h ω = 1/2."""
    shape = Shape("square", (16, 1), (4.0, 0.25))
    conditions = {"left": "u = 1, 0", "right": "absorb"}
    solved = live.fem.ask("helmholtz", shape, degree=2, wave_speed=1.0, angular_frequency=2.0, conditions=conditions)
    x = solved.points[:, 0]
    np.testing.assert_allclose(solved.values, np.column_stack((np.cos(2 * x), np.sin(2 * x))), atol=5e-3)


def test_a_membrane_that_vibrates(live: Client) -> None:
    """λ = 2π² and twice 5π² of the unit square; second order elements, error O(h⁴) from above."""
    solved = live.fem.ask("modes", Shape("square", (8, 8)), degree=2, count=3, conditions={"boundary": "u = 0"})
    exact = np.pi**2 * np.array([2, 5, 5])
    assert (solved["eigenvalues"] > exact).all()
    np.testing.assert_allclose(solved["eigenvalues"], exact, rtol=5e-3)


# Designs, as operations


def test_a_cantilever_is_designed(live: Client) -> None:
    left = 9 * np.arange(5)
    problem = Posed(
        "elasticity_topology",
        rectangle(8, 4, (2.0, 1.0)),
        {
            "young_modulus": 1.0,
            "poisson_ratio": 0.3,
            "force_points": np.array([26]),
            "force_axes": np.array([1]),
            "force_values": [-1.0],
            "fixed_points": np.repeat(left, 2),
            "fixed_axes": np.tile([0, 1], 5),
            "volume_fraction": 0.4,
            "filter_radius": 0.3,
            "tolerance": 0.1,
        },
    )
    found = live.fem.optimize(problem).result(timeout_s=30)
    assert found["density"].mean() == pytest.approx(0.4, abs=1e-2)


def test_a_conductivity_that_jumps_is_found_within_its_bounds(live: Client) -> None:
    boundary = unit_square(4).boundary()
    data = {
        "conductivity": 1.0,
        "source": 1.0,
        "dirichlet_points": boundary,
        "dirichlet_values": np.zeros(len(boundary)),
        "measured_points": np.array([6, 12, 18]),
        "measured_values": [0.02, 0.03, 0.02],
        "measured_deviations": 0.001,
        "lowest_conductivity": 0.5,
        "highest_conductivity": 3.0,
        "steps": 40,
    }
    found = live.fem.optimize(Posed("diffusion_identify", unit_square(4), data)).result(timeout_s=30)
    assert 1.0 < found["conductivity"].mean() <= found["conductivity"].max() <= 3.0  # u of k = 1 is twice as high


# Conditions and what comes with an answer


def test_conditions_are_said_by_the_names_of_boundaries(live: Client) -> None:
    conditions = {"left": "u = 0", "right": ["q = 1", "h = 2, 20"]}
    assert written(conditions) == "left: u = 0; right: q = 1; right: h = 2, 20"
    named = live.fem.ask("transport", SQUARE, diffusivity=1.0, conditions=conditions)
    told = live.fem.ask("transport", SQUARE, diffusivity=1.0, conditions=written(conditions))
    np.testing.assert_array_equal(named.values, told.values)
    with pytest.raises(InvalidRequest, match=r"transport\.conditions"):
        live.fem.ask("transport", SQUARE, diffusivity=1.0, conditions={"nowhere": "u = 0"})


def test_diffusion_is_asked_with_or_without_its_bound(live: Client) -> None:
    mesh = unit_square(4)
    boundary = mesh.boundary()
    data = {"conductivity": 1.0, "dirichlet_points": boundary, "dirichlet_values": np.zeros(len(boundary))}
    fast, none = (live.fem.ask("diffusion", mesh, source=1.0, error_bound=kind, **data) for kind in ("fast", "none"))
    assert fast.cell_bound.shape == (len(mesh.cells),)
    assert none.cell_bound.size == 0
    assert none.evidence.error_bound is None


def test_an_output_that_is_not_there_is_a_key_error(live: Client) -> None:
    solved = live.fem.ask("transport", SQUARE, diffusivity=1.0, conditions=ENDS)
    with pytest.raises(KeyError, match=r"there are .*peclet"):
        solved["colour"]


# Meshes


PLATE = b"""*NODE
1, 0.0, 0.0
2, 1.0, 0.0
3, 1.0, 1.0
4, 0.0, 1.0
5, 2.0, 0.0
6, 2.0, 1.0
*ELEMENT, TYPE=CPS4, ELSET=steel
1, 1, 2, 3, 4
*ELEMENT, TYPE=CPS4, ELSET=rubber
2, 2, 5, 6, 3
*ELEMENT, TYPE=T2D2, ELSET=held
3, 4, 1
*ELEMENT, TYPE=T2D2, ELSET=pulled
4, 5, 6
"""


def test_a_file_is_read_and_solved_on_with_its_names(live: Client, tmp_path: Path) -> None:
    """Two layers in a row, k = 1 and 1/3: u is 1/4 where they meet."""
    (tmp_path / "plate.inp").write_bytes(PLATE)
    mesh = live.fem.read_mesh(tmp_path / "plate.inp")
    assert mesh.boundaries.keys() == {"held", "pulled"}
    assert {name: list(cells) for name, cells in mesh.subdomains.items()} == {"steel": [0], "rubber": [1]}
    diffusivity = np.ones(len(mesh.cells))
    diffusivity[mesh.subdomains["rubber"]] = 1 / 3
    solved = live.fem.ask("transport", mesh, diffusivity=diffusivity, conditions={"held": "u = 0", "pulled": "u = 1"})
    np.testing.assert_allclose(solved.values, np.interp(solved.points[:, 0], [0, 1, 2], [0, 0.25, 1]), atol=1e-12)
    with pytest.raises(ValueError, match="quadrilaterals"):
        mesh.boundary()


def test_a_file_says_by_its_name_what_it_is(live: Client, tmp_path: Path) -> None:
    (tmp_path / "plate.txt").write_bytes(PLATE)
    with pytest.raises(ValueError, match=r"one of \.msh, \.vtk, \.vtu, \.inp"):
        live.fem.read_mesh(tmp_path / "plate.txt")
    assert len(live.fem.read_mesh(tmp_path / "plate.txt", file_format="abaqus").cells) == 2


def test_a_shape_tells_its_cells_and_is_refined(live: Client, router: Router) -> None:
    made = live.fem.refine(Shape("annulus", (2, 8)))
    assert made.boundaries.keys() == {"inner", "outer"}
    finer = live.fem.refine(made, 1, marked=[0])
    assert finer.origins is not None
    assert np.bincount(finer.origins, minlength=len(made.cells)).min() == 4  # all are in four, and some in more
    assert len(finer.cells) > 4 * len(made.cells)
    for path in router.folder.glob("meshes/*/*"):
        path.unlink()  # a mesh that was forgotten is sent again
    assert len(live.fem.refine(made, 1).cells) == 4 * len(made.cells)


# Files of fields


def test_a_field_and_the_map_of_its_error_are_written(live: Client, tmp_path: Path) -> None:
    field = live.fem.solve(unit_square(4), source=1.0, dirichlet=0.0, degree=2)
    errors = np.sqrt(field.cell_bound)
    picture = live.fem.export(field, tmp_path / "u.png", cell_values=errors)
    assert picture.read_bytes().startswith(b"\x89PNG")
    found = meshio.read(live.fem.export(field, str(tmp_path / "u.vtu"), cell_values=errors, name="height"))
    np.testing.assert_array_equal(found.point_data["height"], field.values)
    np.testing.assert_array_equal(found.cell_data["error"][0], errors)


def test_a_series_is_written_with_its_times(live: Client, tmp_path: Path) -> None:
    data = {"conductivity": 1.0, "capacity": 1.0, "every": 1, "steps": 3}
    solved = live.fem.ask("heat", SQUARE, conditions=ENDS, **data)
    path = live.fem.export(solved, tmp_path / "u.xdmf", times=solved["times"])
    with meshio.xdmf.TimeSeriesReader(path) as reader:
        reader.read_points_cells()
        frames = [reader.read_data(step) for step in range(reader.num_steps)]
    np.testing.assert_allclose([time for time, _, _ in frames], solved["times"])
    np.testing.assert_allclose(np.array([fields["u"] for _, fields, _ in frames]), solved.values)
    with pytest.raises(ValueError, match="pass its times"):
        live.fem.export(solved, tmp_path / "u.vtu")


def test_a_pressure_is_written_at_the_nodes(live: Client, tmp_path: Path) -> None:
    solved = live.fem.ask("stokes", SQUARE, viscosity=0.5, conditions=CHANNEL)
    found = meshio.read(live.fem.export(solved, tmp_path / "p.vtu", values=solved["pressure"], name="p"))
    np.testing.assert_array_equal(found.point_data["p"], solved["pressure"])
    assert found.cells_dict["triangle"].shape == solved.cells[:, :3].shape
    found = meshio.read(live.fem.export(solved, tmp_path / "u.vtu"))
    np.testing.assert_array_equal(found.point_data["u"][:, :2], solved.values)


def test_what_is_no_file_or_no_field_is_a_value_error(live: Client, tmp_path: Path) -> None:
    field = live.fem.solve(unit_square(2), source=1.0, dirichlet=0.0)
    with pytest.raises(ValueError, match=r"one of \.vtu, \.xdmf, \.png"):
        live.fem.export(field, tmp_path / "u.pdf")
    with pytest.raises(ValueError, match="for 9 points"):
        live.fem.export(field, tmp_path / "u.vtu", values=np.zeros(7))
    dry = live.fem.solve(unit_square(2), source=1.0, dirichlet=0.0, validate_only=True)
    with pytest.raises(ValueError, match="holds nothing"):
        live.fem.export(dry, tmp_path / "u.vtu")
    assert not (tmp_path / "u.vtu").exists()
