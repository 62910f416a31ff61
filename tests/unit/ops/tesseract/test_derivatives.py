"""Every row of the table of derivatives, against differences of the model's own answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec import json

from models import schema
from models.base import Refusal, Result
from models.catalog import CATALOG
from ops.tesseract import answers, infer
from ops.tesseract.arrays import Format, decoded, encoded
from ops.tesseract.derivatives import DERIVATIVES, pulled_back
from tests.support.router import loaded

MORE: dict[str, dict[str, Any]] = {  # beside the models' examples: what can be differentiated by, and less of the rest
    "fem.diffusion": {
        "divisions": np.array([3, 2]),
        "dirichlet_points": np.array([0, 4, 8]),
        "dirichlet_values": np.array([0.0, 1.0, 0.5]),
        "cell_source": np.linspace(0.0, 1.0, 12),
        "neumann_edges": np.array([[3, 7], [7, 11]]),
        "neumann_values": np.array([[1.0], [2.0]]),
    },
    "fem.heat": {"initial_values": np.zeros(49)},
    "fem.helmholtz": {"damping": np.full(128, 0.1)},
    "fem.hyperelasticity": {"point_force": np.zeros((45, 2))},
    "fem.modes": {"density": np.array([1.3])},
    "fem.navier_stokes": {"point_force": np.zeros((162, 2))},
    "fem.nonlinear_diffusion": {"point_source": np.zeros(25)},
    "fem.stokes": {"point_force": np.zeros((81, 2)), "viscosity": np.linspace(1.0, 2.0, 32)},
    "fem.transport": {"reaction": np.array([0.5])},
}


def run(name: str, scalars: dict[str, Any], arrays: dict[str, Any]) -> Result:
    spec = CATALOG[name]
    task = schema.parse(spec.task, scalars, arrays)
    task.check()
    result = loaded(spec).run([task])[0]
    if isinstance(result, Refusal):
        raise result
    return result


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_row_says_the_model_s_own_names(name: str) -> None:
    row, spec = DERIVATIVES[name], CATALOG[name]
    theirs = CATALOG[row.model]
    assert {*row.cotangents, *row.pushed} <= schema.tensors(spec.result).keys()
    assert {*row.gradients, *row.tangents} <= schema.tensors(spec.task).keys()
    assert {*row.cotangents.values(), *row.tangents.values()} <= schema.tensors(theirs.task).keys()
    assert {*row.gradients.values(), *row.pushed.values()} <= schema.tensors(theirs.result).keys()
    passed = {*schema.tensors(spec.task), *schema.scalars(spec.task)} - {*row.unasked, *row.cotangents.values()}
    assert passed <= {*schema.tensors(theirs.task), *schema.scalars(theirs.task)}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_product_is_the_difference_quotient(name: str) -> None:
    """Central differences of Σ w · outputs are right to the square of the step, until round-off and Newton's end."""
    row, rng = DERIVATIVES[name], np.random.default_rng(5)
    scalars, arrays = schema.flatten(CATALOG[name].example())
    arrays |= MORE.get(name, {})
    outputs = schema.flatten(run(name, scalars, arrays))[1]
    weights = {each: rng.standard_normal(outputs[each].shape) for each in row.cotangents if each in outputs}
    passed, sent = row.inputs((scalars, arrays))
    sent |= {row.cotangents[each]: weight for each, weight in weights.items()}
    found = schema.flatten(run(row.model, passed, sent))[1]
    assert row.gradients.keys() <= arrays.keys() | {"source"}
    for each, theirs in row.gradients.items():
        gradient = pulled_back(found[theirs], arrays[each])
        assert gradient.shape == arrays[each].shape
        along = rng.standard_normal(gradient.shape) if each != "density" else np.ones(1)  # λ may be double
        step = 1e-5 * max(1.0, float(np.abs(arrays[each]).max()))
        ends = (
            schema.flatten(run(name, scalars, {**arrays, each: arrays[each] + t * along}))[1] for t in (step, -step)
        )
        there, back = (sum(float(np.vdot(weights[out], end[out])) for out in weights) for end in ends)
        slope = float(np.vdot(gradient, along))
        size = float(np.abs(gradient).sum())
        assert (there - back) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-5 * size), each


@pytest.mark.parametrize("like", [(1,), (4,), (3, 1), (3, 4), (1, 1)])
def test_one_value_for_all_gets_the_sum_of_what_all_would(like: tuple[int, ...]) -> None:
    gradient = np.arange(1.0, 13.0).reshape(3, 4)[0 if len(like) == 1 else slice(None)]
    pulled = pulled_back(gradient, np.zeros(like))
    ones = np.broadcast_to(np.ones(like), gradient.shape)
    assert pulled.shape == like
    assert pulled.sum() == pytest.approx(np.vdot(gradient, ones))


def answer(arrays: dict[str, Any], **evidence: Any) -> infer.Answer:
    return infer.Answer({}, arrays, {f"faraday.{name}": value for name, value in evidence.items()})


def test_an_answer_that_did_not_converge_is_none() -> None:
    with pytest.raises(Refusal, match="take more steps") as caught:
        answers.evidence(answer({}, outcome="not_converged", advice="take more steps", residual=0.1))
    assert caught.value.reason == "NOT_CONVERGED"
    assert caught.value.details["residual"] == "0.1"


def test_evidence_is_ascii_and_json_whatever_it_says() -> None:
    told = answers.evidence(answer({}, outcome="converged", method="Céa", error_bound_relative=np.inf))
    assert told.isascii()
    assert json.decode(told) == {"outcome": "converged", "method": "Céa", "error_bound_relative": None}


def test_a_derivative_that_the_model_has_not_for_this_problem_is_refused() -> None:
    """Buckling has no derivative by the density."""
    spec = CATALOG["fem.modes"]
    said = {
        "inputs": {"divisions": [2, 2], "density": [1.0]},
        "vjp_inputs": ["density"],
        "vjp_outputs": ["eigenvalues"],
        "cotangent_vector": {"eigenvalues": encoded(np.ones(3), Format.BASE64)},
    }
    asked = answers.vjp(spec, DERIVATIVES["fem.modes"], json.encode(said), "")
    with pytest.raises(Refusal) as caught:
        asked.answered(answer({}), Format.JSON)
    assert caught.value.reason == "NOT_DIFFERENTIABLE"
    told = asked.answered(answer({"density_gradient": np.array([1.0, 2.0])}), Format.JSON)
    assert decoded(told["density"], "float64", "density").tolist() == [3.0]
