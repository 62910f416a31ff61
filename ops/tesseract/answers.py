"""What each endpoint asks of the router, and makes of its answer: from body to message, from reply to JSON."""

from __future__ import annotations

import contextlib
import json
import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.base import Array, Outcome, Refusal, Scalar, Spec
from models.schema import Flat
from ops.tesseract import arrays, body, infer, inputs, shapes
from ops.tesseract.arrays import Format
from ops.tesseract.derivatives import Derivative, check_names, check_vector, pulled_back

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A message for ModelInfer, and how its answer becomes the endpoint's."""

    message: bytes
    answered: Callable[[infer.Answer, Format], Json]


def apply(spec: Spec, said: bytes, request_id: str) -> Asked:
    """Raises `Malformed` or `Refusal` with the place in the body, as all of these."""
    given = _inputs(spec, body.parsed(body.Apply, said).inputs)
    return Asked(infer.request(spec.name, given, request_id), _outputs)


def abstract_eval(spec: Spec, said: bytes) -> Json:
    with _in("inputs"):
        return shapes.outputs(spec, body.parsed(body.Apply, said).inputs)


def vjp(spec: Spec, row: Derivative, said: bytes, request_id: str) -> Asked:
    call = body.parsed(body.Vjp, said)
    check_names(call.vjp_inputs, row.gradients, "vjp_inputs")
    check_names(call.vjp_outputs, row.cotangents, "vjp_outputs")
    check_vector(call.cotangent_vector, call.vjp_outputs, "cotangent_vector", "vjp_outputs")
    given = _inputs(spec, call.inputs)
    likes = _present(given, call.vjp_inputs)
    scalars, sent = row.inputs(given)
    with _in("cotangent_vector"):
        for name, value in call.cotangent_vector.items():
            sent[row.cotangents[name]] = arrays.decoded(value, "float64", name)
    message = infer.request(row.model, (scalars, sent), request_id, [row.gradients[name] for name in likes])

    def answered(answer: infer.Answer, form: Format) -> Json:
        found = {name: _derived(answer, row.gradients[name], name) for name in likes}
        return {name: arrays.encoded(pulled_back(found[name], like), form) for name, like in likes.items()}

    return Asked(message, answered)


def jvp(spec: Spec, row: Derivative, said: bytes, request_id: str) -> Asked:
    call = body.parsed(body.Jvp, said)
    check_names(call.jvp_inputs, row.tangents, "jvp_inputs")
    check_names(call.jvp_outputs, row.pushed, "jvp_outputs")
    check_vector(call.tangent_vector, call.jvp_inputs, "tangent_vector", "jvp_inputs")
    given = _inputs(spec, call.inputs)
    likes = _present(given, call.jvp_inputs)
    with _in("tangent_vector"):
        tangents = inputs.vectors(call.tangent_vector, likes)
    scalars, sent = row.inputs(given)
    sent |= {row.tangents[name]: tangent for name, tangent in tangents.items()}
    message = infer.request(row.model, (scalars, sent), request_id, [row.pushed[name] for name in call.jvp_outputs])

    def answered(answer: infer.Answer, form: Format) -> Json:
        found = {name: _derived(answer, row.pushed[name], name) for name in call.jvp_outputs}
        return {name: arrays.encoded(array, form) for name, array in found.items()}

    return Asked(message, answered)


def request_id(run_id: str) -> str:
    """A run's id, where it is a UUID of version 4: then a repeat gets the first answer, and is charged nothing."""
    try:
        return run_id if uuid.UUID(run_id).version == 4 else ""
    except ValueError:
        return ""


def evidence(answer: infer.Answer) -> str:
    """As one line of JSON in ASCII, for a header; what is not finite is null, as JSON has no number for it.

    Raises `Refusal` where the outcome is not an answer: Tesseract's clients have no place for one with a caveat.
    """
    said = {name.removeprefix("faraday."): value for name, value in answer.evidence.items()}
    if said.get("outcome", Outcome.CONVERGED.value) != Outcome.CONVERGED.value:
        advice = str(said.get("advice", "")) or "the computation did not converge"
        raise Refusal("NOT_CONVERGED", advice, "", {name: str(value) for name, value in said.items()})
    return json.dumps({name: _finite(value) for name, value in said.items()})


def _finite(value: Scalar) -> Scalar | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _inputs(spec: Spec, said: Mapping[str, Any]) -> Flat:
    with _in("inputs"):
        return inputs.flat(spec.task, said)


def _present(given: Flat, names: Iterable[str]) -> dict[str, Array]:
    """The inputs by which is differentiated: a derivative has the shape of its input, so that one must be sent."""
    arrays = given[1]
    for name in names:
        if name not in arrays:
            message = "is not sent, so that a derivative by it has no shape; send it, as zeros if need be"
            raise Refusal("MISSING_TENSOR", message, f"inputs[{name}]", {"tensor": name})
    return {name: arrays[name] for name in names}


def _derived(answer: infer.Answer, theirs: str, name: str) -> Array:
    if theirs not in answer.arrays:
        message = f"the model has no derivative for {name} of this problem"
        raise Refusal("NOT_DIFFERENTIABLE", message, "", {"name": name})
    return answer.arrays[theirs]


@contextlib.contextmanager
def _in(part: str) -> Iterator[None]:
    """A refusal's field, within this part of the body."""
    try:
        yield
    except Refusal as refusal:
        name, bracket, index = refusal.field.partition("[")
        place = refusal.field if name == "outputs" else f"{part}[{name}]{bracket}{index}"
        raise Refusal(refusal.reason, refusal.message, place, refusal.details) from None


def _outputs(answer: infer.Answer, form: Format) -> Json:
    return {**{name: arrays.encoded(array, form) for name, array in answer.arrays.items()}, **answer.scalars}
