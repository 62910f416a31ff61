"""The Open Inference Protocol's messages to tasks, results to its messages, and the way back for upstreams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import service_pb2 as pb

from models.base import Array, BoundKind, ErrorBound, Evidence, Interval, IntervalKind, Outcome, Refusal, Result, Scalar
from router.call import Question, Reply
from router.codec import evidence_parameters, upstream
from router.codec.common import shaped
from router.codec.open_inference import DATATYPES, InferCodec, read_tensors
from router.errors import Malformed, UnknownModel
from tests.support.echo import SPEC, EchoResult, EchoTask, task

CODEC = InferCodec({"echo": SPEC}, lambda: 1000.0)
X = np.array([1.0, 2.0])
WEIGHTS = np.ones((2, 2), "f4")


def request(**arrays: Array) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name="echo", id="seven")
    for name, array in (arrays or {"x": X}).items():
        datatype = next(name for name, dtype in DATATYPES.items() if dtype == array.dtype)
        message.inputs.add(name=name, datatype=datatype, shape=array.shape)
        message.raw_input_contents.append(array.tobytes())
    return message


def typed(datatype: str, field: str, values: list[Any], name: str = "x") -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name="echo")
    tensor = message.inputs.add(name=name, datatype=datatype, shape=[len(values)])
    getattr(tensor.contents, field).extend(values)
    return message


def decoded(message: pb.ModelInferRequest) -> Question:
    return CODEC.decode(message.SerializeToString())


def echo_of(question: Question) -> EchoTask:
    assert isinstance(question.task, EchoTask)
    return question.task


def test_raw_tensors_and_parameters_become_a_task() -> None:
    message = request(x=X, weights=WEIGHTS)
    message.parameters["tag"].int64_param = -3
    message.parameters["wait_s"].double_param = 0.5
    message.parameters["loud"].bool_param = True
    message.parameters["behaviour"].string_param = "refuse"
    asked = echo_of(decoded(message))
    assert asked.x.tolist() == [1.0, 2.0]
    assert asked.weights is not None
    assert asked.weights.dtype == np.float32
    assert (asked.tag, asked.wait_s, asked.loud, asked.behaviour) == (-3, 0.5, True, "refuse")


def test_what_is_ours_among_the_parameters_never_reaches_the_model() -> None:
    message = request()
    message.parameters["timeout"].int64_param = 250_000
    message.parameters["faraday.request_id"].string_param = "6e1a"
    message.parameters["faraday.validate_only"].bool_param = True
    question = decoded(message)
    assert (question.deadline, question.request_id, question.validate_only) == (1000.25, "6e1a", True)
    assert question.echo == ("seven", ())
    assert question.forward == message.SerializeToString()


@pytest.mark.parametrize("timeout", [0, -5])
def test_no_timeout_is_none(timeout: int) -> None:
    message = request()
    message.parameters["timeout"].int64_param = timeout
    assert decoded(message).deadline is None


TYPED: dict[str, tuple[str, list[Any]]] = {
    "BOOL": ("bool_contents", [True, False]),
    "UINT8": ("uint_contents", [0, 255]),
    "UINT16": ("uint_contents", [0, 65535]),
    "UINT32": ("uint_contents", [0, 2**32 - 1]),
    "UINT64": ("uint64_contents", [0, 2**64 - 1]),
    "INT8": ("int_contents", [-128, 127]),
    "INT16": ("int_contents", [-5, 5]),
    "INT32": ("int_contents", [-(2**31), 2**31 - 1]),
    "INT64": ("int64_contents", [-(2**63), 2**63 - 1]),
    "FP32": ("fp32_contents", [0.5, -2.0]),
    "FP64": ("fp64_contents", [0.1, 1e300]),
}


@pytest.mark.parametrize(("datatype", "field", "values"), [(name, *rest) for name, rest in TYPED.items()])
def test_typed_contents_are_read_exactly(datatype: str, field: str, values: list[Any]) -> None:
    message = typed(datatype, field, values)
    array = read_tensors(message.inputs, (), "inputs", "raw_input_contents")["x"]
    assert array.dtype == DATATYPES[datatype]
    assert array.tolist() == values


def change(do: Callable[[Any], object]) -> pb.ModelInferRequest:
    message = request()
    do(message)
    return message


def shared_memory(message: Any) -> None:
    message.inputs[0].parameters["shared_memory_region"].string_param = "/dev/shm/other"


def typed_beside_raw(message: Any) -> None:
    message.inputs[0].contents.fp64_contents.append(1.0)


def set_parameter(name: str, kind: str, value: Scalar) -> Callable[[Any], object]:
    return lambda message: setattr(message.parameters[name], kind, value)


BAD: dict[str, tuple[pb.ModelInferRequest, str, str]] = {
    "an unknown datatype": (change(lambda m: setattr(m.inputs[0], "datatype", "BYTES")), "MALFORMED", "inputs[x]"),
    "shared memory": (change(shared_memory), "MALFORMED", "inputs[x]"),
    "raw and typed": (change(typed_beside_raw), "MALFORMED", "inputs[x].contents"),
    "fewer raw contents": (change(lambda m: m.inputs.add(name="w")), "MALFORMED", "raw_input_contents"),
    "a short body": (change(lambda m: m.raw_input_contents.__setitem__(0, b"123")), "WRONG_SHAPE", "inputs[x]"),
    "a negative size": (change(lambda m: m.inputs[0].shape.__setitem__(0, -2)), "WRONG_SHAPE", "inputs[x]"),
    "another rank": (change(lambda m: m.inputs[0].shape.append(1)), "WRONG_SHAPE", "inputs[x]"),
    "another dtype": (request(x=X.astype("f4")), "WRONG_DTYPE", "inputs[x]"),
    "a NaN": (request(x=np.array([1.0, np.nan])), "NOT_FINITE", "inputs[x][1]"),
    "an unknown input": (request(x=X, y=X), "UNKNOWN_INPUT", "inputs[y]"),
    "a missing input": (request(weights=WEIGHTS), "MISSING_TENSOR", "inputs[x]"),
    "sizes that disagree": (request(x=X, weights=np.ones((3, 2), "f4")), "WRONG_SHAPE", "inputs[weights]"),
    "an unknown parameter": (change(set_parameter("hue", "int64_param", 1)), "UNKNOWN_INPUT", "parameters[hue]"),
    "a parameter of a wrong type": (change(set_parameter("tag", "double_param", 1.0)), "WRONG_TYPE", "parameters[tag]"),
    "a word for a float": (change(set_parameter("wait_s", "string_param", "long")), "WRONG_TYPE", "parameters[wait_s]"),
    "a parameter out of range": (change(set_parameter("wait_s", "double_param", -1.0)), "OUT_OF", "parameters[wait_s]"),
    "an empty parameter": (change(lambda m: m.parameters["tag"].SetInParent()), "MALFORMED", "parameters[tag]"),
    "a timeout in words": (change(set_parameter("timeout", "string_param", "1s")), "MALFORMED", "parameters[timeout]"),
    "a flag in words": (
        change(set_parameter("faraday.validate_only", "string_param", "false")),
        "MALFORMED",
        "parameters[faraday.validate_only]",
    ),
    "an unknown output": (change(lambda m: m.outputs.add(name="z")), "MALFORMED", "outputs[z]"),
    "a classification": (
        change(lambda m: m.outputs.add(name="y").parameters["classification"].SetInParent()),
        "MALFORMED",
        "outputs[y]",
    ),
    "no contents": (typed("FP64", "fp64_contents", []), "WRONG_SHAPE", "inputs[x]"),
    "numbers beyond their type": (typed("INT8", "int_contents", [200]), "MALFORMED", "inputs[x]"),
    "halves as typed contents": (typed("FP16", "fp32_contents", [1.0]), "MALFORMED", "inputs[x]"),
}
BAD["no contents"][0].inputs[0].shape[0] = 2


@pytest.mark.parametrize(("message", "reason", "field"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_is_refused_with_the_path_of_its_field(
    message: pb.ModelInferRequest, reason: str, field: str
) -> None:
    with pytest.raises((Malformed, Refusal)) as caught:
        decoded(message)
    refused: Any = caught.value
    assert refused.field == field
    assert refused.reason.startswith(reason)


def test_an_input_that_comes_twice_is_refused() -> None:
    message = request()
    message.inputs.append(message.inputs[0])
    message.raw_input_contents.append(message.raw_input_contents[0])
    with pytest.raises(Malformed, match="given twice"):
        decoded(message)


def test_bytes_that_are_no_booleans_are_refused() -> None:
    with pytest.raises(Refusal) as caught:
        shaped(b"\x00\x01\x02", np.dtype("?"), (3,), "flags")
    assert (caught.value.reason, caught.value.field) == ("NOT_BOOLEAN", "flags")


@pytest.mark.parametrize(("name", "version"), [("oracle", ""), ("echo", "2")])
def test_another_model_or_version_is_unknown(name: str, version: str) -> None:
    message = request()
    message.model_name, message.model_version = name, version
    with pytest.raises(UnknownModel):
        decoded(message)
    message.model_name, message.model_version = "echo", SPEC.version
    decoded(message)


SAID = Evidence(method="echo")


def reply_of(result: Result | None, evidence: Evidence = SAID, **more: Any) -> Reply:
    return Reply("echo", "3", result, evidence, "ab" * 16, 0.1, **more)


RESULT = EchoResult(y=X, size=np.array([2]), tag=9)


def encoded(reply: Reply, *outputs: str) -> pb.ModelInferResponse:
    message = request()
    for name in outputs:
        message.outputs.add(name=name)
    return pb.ModelInferResponse.FromString(CODEC.encode(reply, decoded(message)))


def test_a_result_becomes_outputs_parameters_and_evidence() -> None:
    response = encoded(reply_of(RESULT))
    assert (response.model_name, response.model_version, response.id) == ("echo", "3", "seven")
    assert [(output.name, output.datatype, list(output.shape)) for output in response.outputs] == [
        ("y", "FP64", [2]),
        ("size", "INT64", [1]),
    ]
    assert response.raw_output_contents[0] == X.tobytes()
    assert response.parameters["tag"].int64_param == 9
    assert response.parameters["faraday.method"].string_param == "echo"
    assert response.parameters["faraday.trace_id"].string_param == "ab" * 16


def test_only_the_outputs_that_are_wanted_are_sent() -> None:
    response = encoded(reply_of(RESULT), "size")
    assert [output.name for output in response.outputs] == ["size"]
    assert len(response.raw_output_contents) == 1


def test_a_validated_request_has_no_outputs() -> None:
    response = encoded(reply_of(None))
    assert not response.outputs
    assert response.parameters["faraday.outcome"].string_param == "validated"


def test_a_forwarded_reply_is_not_touched() -> None:
    assert CODEC.encode(reply_of(None, forwarded=b"as it came"), decoded(request())) == b"as it came"


@pytest.mark.parametrize(("field", "path"), [("x[3]", "inputs[x][3]"), ("wait_s", "parameters[wait_s]"), ("", "")])
def test_a_models_field_has_a_path_and_the_path_a_field(field: str, path: str) -> None:
    assert CODEC.refusal(Refusal("NO", "no", field), decoded(request())).field == path
    assert upstream.task_field(path) == field


finite = st.floats(allow_nan=False)
bounds = st.builds(
    ErrorBound,
    value=finite,
    norm=st.text(),
    kind=st.sampled_from(BoundKind),
    relative=finite,
    conditions=st.text(),
    source=st.text(),
)
evidences = st.builds(
    Evidence,
    outcome=st.sampled_from(Outcome),
    advice=st.text(),
    method=st.text(),
    residual=st.none() | finite,
    error_bound=st.none() | bounds,
)


@given(evidences, st.integers(-(2**63), 2**63 - 1))
def test_another_faradays_answer_is_understood_with_its_evidence(evidence: Evidence, tag: int) -> None:
    sent = reply_of(EchoResult(y=X, size=np.array([2]), tag=tag), evidence)
    received = upstream.result(SPEC, CODEC.encode(sent, decoded(request())))
    assert isinstance(received, EchoResult)
    assert (received.y.tolist(), received.tag, received.evidence) == (X.tolist(), tag, evidence)


@given(
    x=st.lists(finite, min_size=1, max_size=5).map(np.array),
    weighted=st.booleans(),
    tag=st.integers(-(2**63), 2**63 - 1),
    loud=st.booleans(),
)
def test_a_task_that_is_put_into_a_request_is_read_out_of_it_again(
    x: Array, weighted: bool, tag: int, loud: bool
) -> None:
    x = np.where(np.isfinite(x), x, 0.0)
    sent = EchoTask(x=x, weights=np.ones((len(x), 2), "f4") if weighted else None, tag=tag, loud=loud)
    received = echo_of(CODEC.decode(upstream.request(SPEC, sent)))
    assert np.array_equal(received.x, x)
    assert (received.weights is not None, received.tag, received.loud) == (weighted, tag, loud)


def foreign(**change: Any) -> bytes:
    """As a Triton would answer."""
    response = pb.ModelInferResponse(model_name="echo", model_version="17")
    for name, array in {"y": X, "size": np.array([2]), **change}.items():
        datatype = next(name for name, dtype in DATATYPES.items() if dtype == array.dtype)
        response.outputs.add(name=name, datatype=datatype, shape=array.shape)
        response.raw_output_contents.append(array.tobytes())
    response.parameters["triton_final_response"].bool_param = True
    encoded: bytes = response.SerializeToString()
    return encoded


def test_a_stranger_answers_without_a_bound_and_may_say_more_than_we_know() -> None:
    received = upstream.result(SPEC, foreign(more=X))
    assert received.evidence == Evidence(method="upstream echo 17")


@pytest.mark.parametrize(
    "body",
    [b"\xff", foreign(y=X.astype("f4")), foreign(y=np.array([np.nan])), foreign(size=np.zeros(3, "i8")), b""],
)
def test_an_answer_that_is_not_the_models_is_no_answer(body: bytes) -> None:
    with pytest.raises(upstream.NotTheModel):
        upstream.result(SPEC, body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("faraday.outcome", "validated"),
        ("faraday.method", 3),
        ("faraday.residual", "small"),
        ("faraday.error_bound", "small"),
        ("faraday.error_bound_kind", "hearsay"),
    ],
)
def test_evidence_that_we_do_not_know_is_no_evidence(name: str, value: Scalar) -> None:
    bound = ErrorBound(1.0, "energy", BoundKind.ESTIMATED, 1.0, "", "")
    said = evidence_parameters.of(reply_of(RESULT, Evidence(residual=0.5, error_bound=bound)))
    with pytest.raises(ValueError, match=r"faraday|valid"):
        evidence_parameters.evidence({**said, name: value})


@pytest.mark.parametrize("kind", list(IntervalKind))
def test_what_intervals_claim_comes_back_as_it_went(kind: IntervalKind) -> None:
    evidence = Evidence(interval=Interval(0.9, kind, True, 60, "drawn alike", "a theorem"))
    assert evidence_parameters.evidence(evidence_parameters.of(reply_of(RESULT, evidence))) == evidence


def metadata(**change: str) -> pb.ModelMetadataResponse:
    declared = pb.ModelMetadataResponse(name="echo")
    for side, names in ((declared.inputs, {"x": "FP64"}), (declared.outputs, {"y": "FP64", "size": "INT64"})):
        for name, datatype in names.items():
            side.add(name=name, datatype=change.get(name, datatype))
    return declared


def test_a_declaration_that_agrees_has_no_differences() -> None:
    assert list(upstream.differences(SPEC, metadata())) == []


def test_differences_are_told_in_sentences() -> None:
    declared = metadata(size="INT32")
    declared.inputs[0].name = "z"
    assert list(upstream.differences(SPEC, declared)) == [
        "it declares no input 'x'",
        "it declares an input 'z' that we never send",
        "its output 'size' is INT32, ours is INT64",
    ]


def test_the_example_of_the_model_is_a_request_like_any_other() -> None:
    assert echo_of(CODEC.decode(upstream.request(SPEC, task(4.0)))).x.tolist() == [4.0]
