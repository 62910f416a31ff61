"""The beam that the literature compares on, what each step promises, mechanisms, and refusals."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from models.base import Array, Outcome, Refusal
from models.fem.optimize.design import Design
from models.fem.optimize.posed import design
from models.fem.optimize.topology import STAGE_STEPS, TopologySolver
from models.fem.optimize.topology_task import SPEC, TopologyResult, TopologyTask
from tests.unit.models.fem.optimize.bodies import bracket, found, half_beam, on_simplices

BEAM = half_beam(60, 20, filter_radius=2.4)


def by_optimality_criteria(goal: Design, fraction: float) -> float:
    """The compliance that the 88 lines end at: their update of the densities, and their end (changes below 0.01)."""
    x = np.full(len(goal.active), fraction)
    while True:
        here = goal.at(x, 0.0)
        low, high = 0.0, 1e9
        while (high - low) / (high + low) > 1e-3:
            middle = (low + high) / 2
            wanted = x * np.sqrt(-here.slope / here.volume_slope / middle)
            moved = np.clip(wanted, np.maximum(0, x - 0.2), np.minimum(1, x + 0.2))
            if goal.filter.apply(moved).mean() > fraction:
                low = middle
            else:
                high = middle
        change = np.abs(moved - x).max()
        x = moved
        if change <= 0.01:
            return here.objective


def test_the_half_beam_is_as_stiff_as_the_literature_has_it() -> None:
    """Andreassen, Clausen, Schevenels, Lazarov & Sigmund 2011, Struct. Multidiscip. Optim. 43, 1-16, section 3: 60 × 20
    squares, density filter of radius 2.4, half of the volume: c = 233.71.

    With their own update on our matrices the compliance is theirs to all its digits. Ours, by another algorithm, ends
    lower: theirs stops before it is stationary.
    """
    assert by_optimality_criteria(design(BEAM), 0.5) == pytest.approx(233.71, abs=0.005)
    result = found(BEAM)
    assert result.evidence.outcome is Outcome.CONVERGED
    assert 233.0 < result.objective[-1] < 233.71
    assert result.volume[-1] == pytest.approx(0.5, abs=1e-4)
    assert (np.diff(result.objective) <= 1e-9 * result.objective[:-1]).all()
    assert result.volume.max() <= 0.5 + 1e-9


def stages(result: TopologyResult) -> list[Array]:
    """The objective by stage, where none but the last ended before its steps were done."""
    at = range(STAGE_STEPS, len(result.objective), STAGE_STEPS)
    return np.split(result.objective, at)


def test_with_sharper_projections_each_stage_is_better_and_the_end_is_black_and_white() -> None:
    result = found(half_beam(24, 8, filter_radius=1.5, sharpness=8.0, tolerance=1e-4, steps=140))
    for stage in stages(result)[:4]:
        assert (np.diff(stage) <= 1e-9 * stage[:-1]).all()
    ends = [stage[-1] for stage in stages(result)[:4]]
    assert ends == sorted(ends, reverse=True)
    gray = 4 * np.mean(result.density * (1 - result.density))
    smooth = found(half_beam(24, 8, filter_radius=1.5)).density
    assert gray < 0.25 * 4 * np.mean(smooth * (1 - smooth))
    assert result.volume[-1] == pytest.approx(0.5, abs=1e-3)
    assert "projection of sharpness 8" in result.evidence.method


def test_without_a_penalty_the_minimum_is_bounded_from_below() -> None:
    """p = 1 and no filter: the variable thickness sheet, whose minimum is global.

    c(ρ) is convex, so c(ρ) + ∇c·(ρ* − ρ) bounds every other design from below (Frank & Wolfe 1956).
    """
    task = half_beam(20, 8, penalty=1.0, tolerance=1e-5, steps=300, lightest=1e-3)
    result = found(task)
    here = design(task).at(result.design, 0.0)
    best = np.zeros(len(here.slope))
    best[np.argsort(here.slope)[: len(best) // 2]] = 1.0  # the least of the linear function under the volume bound
    below = here.objective + here.slope @ (best - result.design)
    assert below == pytest.approx(here.objective, rel=1e-3)
    assert below <= here.objective


def test_finer_squares_keep_the_design_where_a_filter_says_how_fine_it_is() -> None:
    coarse = found(half_beam(24, 8, lengths=np.array([3.0, 1.0]), filter_radius=0.3, tolerance=0.01))
    fine = found(half_beam(48, 16, lengths=np.array([3.0, 1.0]), filter_radius=0.3, tolerance=0.01))
    means = fine.density.reshape(8, 2, 24, 2).mean(axis=(1, 3)).ravel()
    assert np.mean(np.abs(means - coarse.density)) < 0.05


@pytest.mark.parametrize("kind", ("cone", "helmholtz"))
def test_triangles_and_cubes_are_designed_likewise(kind: str) -> None:
    for task in (
        on_simplices("distorted square", 2, filter_radius=0.3, filter=kind, tolerance=0.02),
        bracket((4, 3, 2), filter_radius=0.4, filter=kind, tolerance=0.02, volume_fraction=0.4),
    ):
        result = found(task)
        assert result.evidence.outcome is Outcome.CONVERGED, result.evidence
        assert (np.diff(result.objective) <= 1e-9 * result.objective[:-1]).all()
        assert result.volume[-1] == pytest.approx(task.volume_fraction, abs=1e-3)


def inverter(count: int, **more: Any) -> TopologyTask:
    """A push to the right in the middle of the left side is to move the middle of the right side to the left
    (Sigmund 1997, Mech. Struct. Mach. 25, 493-524)."""
    middle = (count // 2) * (count + 1)
    top = count * (count + 1)
    fields: dict[str, Any] = {
        "divisions": np.array([count, count]),
        "young_modulus": np.ones(1),
        "poisson_ratio": np.array([0.3]),
        "force_points": np.array([middle]),
        "force_axes": np.array([0]),
        "force_values": np.array([1.0]),
        "fixed_points": np.repeat([0, top], 2),
        "fixed_axes": np.tile([0, 1], 2),
        "spring_points": np.array([middle, middle + count]),
        "spring_axes": np.array([0, 0]),
        "spring_values": np.array([1.0, 1e-3]),
        "output_points": np.array([middle + count]),
        "output_axes": np.array([0]),
        "output_values": np.array([1.0]),
        "volume_fraction": 0.3,
        "lightest": 1e-6,
        "filter_radius": 1.5 / count,
    }
    return TopologyTask(**{**fields, **more})


def test_an_inverter_moves_its_output_against_its_input() -> None:
    task = inverter(16, tolerance=0.01)
    result = found(task)
    assert task.output_points is not None
    assert result.objective[-1] == pytest.approx(result.displacement[task.output_points[0], 0])
    assert result.objective[-1] < -0.5 < 0 < result.displacement[(16 // 2) * 17, 0]
    assert result.volume[-1] <= 0.3 + 1e-6
    halves = result.density.reshape(16, 16)
    np.testing.assert_allclose(halves, halves[::-1], atol=1e-3)  # it was posed symmetric


def test_passive_cells_stay_and_the_rest_makes_up_the_volume() -> None:
    result = found(half_beam(12, 4, solid_cells=np.arange(12), void_cells=np.array([20]), filter_radius=1.5))
    np.testing.assert_array_equal(result.density[:12], 1.0)
    assert result.density[20] == 0
    assert result.volume[-1] == pytest.approx(0.5, abs=1e-3)


def test_modulus_may_differ_from_brick_to_brick() -> None:
    """Twice the modulus everywhere is half of the compliance, sent as one number or as many."""
    one = found(half_beam(12, 4, filter_radius=1.5))
    many = found(half_beam(12, 4, filter_radius=1.5, young_modulus=np.full(48, 2.0)))
    np.testing.assert_allclose(many.objective, one.objective / 2, rtol=1e-6)


def test_taken_up_in_its_second_stage_it_goes_on_as_if_it_had_never_stopped() -> None:
    task = half_beam(8, 4, filter_radius=1.5, sharpness=2.0, tolerance=1e-4, steps=STAGE_STEPS + 10)
    steps = list(TopologySolver("cpu").steps(task, None))
    for at in (STAGE_STEPS - 1, STAGE_STEPS, STAGE_STEPS + 4):
        rest = list(TopologySolver("cpu").steps(task, steps[at].state))
        assert [step.progress for step in rest] == [step.progress for step in steps[at + 1 :]]
    assert steps[-1].progress.scalars["sharpness"] == 2.0


def test_begun_at_an_answer_it_has_little_left_to_do() -> None:
    task = half_beam(12, 4, filter_radius=1.5, tolerance=0.02)
    first = found(task)
    again = found(dataclasses.replace(task, initial_design=first.design))
    assert again.objective[0] <= first.objective[-1] * (1 + 1e-9)
    assert len(again.objective) < 0.5 * len(first.objective)


def test_where_nothing_depends_on_the_design_nothing_is_claimed() -> None:
    """At ρ = 0 the slope of ρ³ is 0 everywhere."""
    result = found(half_beam(6, 2, initial_design=np.zeros(12), steps=2))
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "nothing depends on the design" in result.evidence.advice


def test_a_search_that_is_cut_short_says_so() -> None:
    result = found(dataclasses.replace(BEAM, steps=3))
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "more steps" in result.evidence.advice
    assert len(result.objective) == len(result.volume) == 3


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"degree": 2}, "UNKNOWN_CHOICE", "degree"),
        ({"divisions": np.array([1000, 61])}, "OUT_OF_RANGE", "divisions"),
        ({"young_modulus": np.ones(7)}, "WRONG_SIZE", "young_modulus"),
        ({"force_axes": np.array([2])}, "OUT_OF_RANGE", "force_axes[0]"),
        ({"force_values": None}, "MISSING_TENSOR", "force_values"),
        ({"force_points": np.array([65])}, "OUT_OF_RANGE", "force_points[0]"),
        ({"force_values": np.zeros(1)}, "OUT_OF_RANGE", "force_values"),
        ({"fixed_points": None, "fixed_axes": None}, "SINGULAR_PROBLEM", "fixed_points"),
        ({"fixed_points": np.array([0]), "fixed_axes": np.array([0])}, "SINGULAR_PROBLEM", "fixed_points"),
        ({"solid_cells": np.array([48])}, "OUT_OF_RANGE", "solid_cells[0]"),
        ({"solid_cells": np.array([3]), "void_cells": np.array([2, 3])}, "DUPLICATE", "void_cells[1]"),
        ({"solid_cells": np.arange(30)}, "OUT_OF_RANGE", "volume_fraction"),
        ({"initial_design": np.ones(5)}, "WRONG_SIZE", "initial_design"),
        ({"initial_design": np.full(48, 1.5)}, "OUT_OF_RANGE", "initial_design[0]"),
        ({"volume_fraction": 0.0}, "OUT_OF_RANGE", "volume_fraction"),
        ({"penalty": 0.5}, "OUT_OF_RANGE", "penalty"),
        ({"sharpness": 0.5}, "OUT_OF_RANGE", "sharpness"),
        ({"steps": 0}, "OUT_OF_RANGE", "steps"),
        ({"young_modulus": np.array([1e-320])}, "OUT_OF_RANGE", "young_modulus"),
        (
            {
                "spring_points": np.array([3]),
                "spring_axes": np.array([0]),
                "spring_values": np.array([-1.0]),
            },
            "NOT_POSITIVE",
            "spring_values[0]",
        ),
        (
            {
                "output_points": np.array([0]),
                "output_axes": np.array([0]),
                "output_values": np.array([1.0]),
            },
            "OUT_OF_RANGE",
            "output_values",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], reason: str, field: str) -> None:
    [refusal] = TopologySolver("cpu").run([half_beam(12, 4, **fields)])
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.reason, refusal.field) == (reason, field)


def test_a_filter_that_sees_too_many_cells_is_refused_and_helmholtz_takes_it() -> None:
    wide = half_beam(120, 120, filter_radius=200.0, steps=1)
    refusal, result = TopologySolver("cpu").run([wide, dataclasses.replace(wide, filter="helmholtz")])
    assert isinstance(refusal, Refusal)
    assert refusal.field == "filter_radius"
    assert "helmholtz" in refusal.message
    assert isinstance(result, TopologyResult)


def test_the_example_is_checked() -> None:
    SPEC.example().check()
