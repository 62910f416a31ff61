"""Tesseract's own client, unmodified, against the gateway before a real router; and what it must never be let do."""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest
import requests
from tesseract_core import Tesseract

from models.catalog import CATALOG
from models.schema import flatten
from ops.tesseract.options import Options
from tests.support.router import AUDITOR, SPECS, Router, RouterOptions
from tests.support.serving import serving
from tests.support.tesseract import gateway, post

MODELS = ("fem.diffusion", "fem.diffusion.gradient", "fem.mesh", "fem.nonlinear_diffusion", "identity")
LIMIT = 1 << 20


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with serving(
        tmp_path_factory.mktemp("router"), RouterOptions(specs={each: SPECS[each] for each in MODELS})
    ) as made:
        yield made


@pytest.fixture(scope="module")
def url(router: Router) -> Iterator[str]:
    with gateway(Options(router.target, port=0, max_body_bytes=LIMIT, timeout_s=20.0)) as address:
        yield f"{address}/tesseract"


def client(url: str, model: str, token: str | None) -> Tesseract:
    made = Tesseract.from_url(f"{url}/{model}")
    if token is not None:
        made._client._session.headers["Authorization"] = f"Bearer {token}"
    return made


@pytest.fixture
def diffusion(router: Router, url: str) -> Iterator[Tesseract]:
    made = client(url, "fem.diffusion", router.token())
    yield made
    made._client.close()


def square(count: int = 4) -> dict[str, Any]:
    left = np.arange(count + 1) * (count + 1)
    return {
        "divisions": np.array([count, count]),
        "conductivity": 1.0 + np.arange(2 * count * count) / 50,
        "source": np.ones(1),
        "dirichlet_points": left,
        "dirichlet_values": np.linspace(0.0, 1.0, count + 1),
    }


# What goes well


def test_apply_gives_what_the_model_gives(diffusion: Tesseract) -> None:
    answer = diffusion.apply(square())
    task = SPECS["fem.diffusion"].task(**square())
    _, expected = flatten(CATALOG["fem.diffusion"].load("cpu").run([task])[0])
    assert answer.keys() == expected.keys()
    for name, array in expected.items():
        assert answer[name].dtype == array.dtype
        assert np.array_equal(answer[name], array)


def test_numbers_may_come_as_plain_json_and_go_as_it(diffusion: Tesseract) -> None:
    plain = {name: value.tolist() for name, value in square().items()}
    answer = diffusion.with_encoding(output_format="json", compression="none").apply(plain)
    assert np.array_equal(answer["u"], diffusion.apply({**square(), "cell_source": None})["u"])


def test_a_scalar_is_an_input_like_another(diffusion: Tesseract) -> None:
    assert "cell_bound" not in diffusion.apply({**square(), "error_bound": "none"})


def test_text_is_among_the_outputs_where_the_model_gives_some(router: Router, url: str) -> None:
    example = SPECS["fem.mesh"].example()
    scalars, arrays = flatten(example)
    answer = client(url, "fem.mesh", router.token()).apply({**scalars, **arrays})
    assert answer["cell_kind"] in ("triangle", "quadrilateral", "tetrahedron", "hexahedron")


def test_the_evidence_comes_in_a_header(router: Router, url: str) -> None:
    body = json.dumps({"inputs": {name: value.tolist() for name, value in square().items()}})
    answered = post(f"{url}/fem.diffusion/apply", body, router.token())
    evidence = json.loads(answered.headers["faraday-evidence"])
    assert (evidence["outcome"], evidence["error_bound_kind"]) == ("converged", "guaranteed")
    assert len(evidence["trace_id"]) == 32
    shares = np.array(client(url, "fem.diffusion", router.token()).apply(square())["cell_bound"])
    assert evidence["error_bound"] == pytest.approx(np.sqrt(shares.sum()))


def test_a_vector_jacobian_product_passes_the_taylor_test(diffusion: Tesseract) -> None:
    """|J(k + t h) − J(k) − t g·h| falls as t², so by four where t is halved."""
    rng = np.random.default_rng(3)
    inputs = square()
    for name in ("conductivity", "source", "dirichlet_values"):
        weights, along = rng.standard_normal(25), rng.standard_normal(inputs[name].shape)
        pulled = diffusion.vector_jacobian_product(inputs, [name], ["u"], {"u": weights})
        slope = np.vdot(pulled[name], along)
        assert pulled[name].shape == inputs[name].shape

        def left(t: float, name: str = name, along: Any = along, weights: Any = weights, slope: Any = slope) -> float:
            there = diffusion.apply({**inputs, name: inputs[name] + t * along})["u"]
            return abs(weights @ (there - diffusion.apply(inputs)["u"]) - t * slope)

        scale = abs(slope)
        if name == "conductivity":
            assert left(0.02) / left(0.01) == pytest.approx(4.0, rel=0.1)
        else:
            assert left(0.02) < 1e-12 * scale  # u is linear in these


def test_the_two_products_are_adjoint_to_each_other(diffusion: Tesseract) -> None:
    rng = np.random.default_rng(4)
    inputs, names = square(), ["conductivity", "dirichlet_values"]
    tangents = {name: rng.standard_normal(inputs[name].shape) for name in names}
    weights = rng.standard_normal(25)
    pushed = diffusion.jacobian_vector_product(inputs, names, ["u"], tangents)["u"]
    pulled = diffusion.vector_jacobian_product(inputs, names, ["u"], {"u": weights})
    assert weights @ pushed == pytest.approx(sum(np.vdot(pulled[name], tangents[name]) for name in names), rel=1e-12)


def test_a_model_with_a_cotangent_of_its_own_is_differentiated_too(router: Router, url: str) -> None:
    tesseract = client(url, "fem.nonlinear_diffusion", router.token())
    scalars, arrays = flatten(SPECS["fem.nonlinear_diffusion"].example())
    inputs = {**scalars, **arrays}
    value = tesseract.apply(inputs)["u"]
    pulled = tesseract.vector_jacobian_product(inputs, ["conductivity"], ["u"], {"u": np.ones_like(value)})
    change = 1e-5
    there, back = (
        tesseract.apply({**inputs, "conductivity": inputs["conductivity"] + sign * change})["u"] for sign in (1, -1)
    )
    slope = (there - back).sum() / (2 * change)
    assert pulled["conductivity"].sum() == pytest.approx(slope, rel=1e-5)
    pushed = tesseract.jacobian_vector_product(
        inputs, ["conductivity"], ["u"], {"conductivity": np.ones_like(inputs["conductivity"])}
    )
    assert pushed["u"].sum() == pytest.approx(slope, rel=1e-5)


def test_endpoints_and_encodings_are_advertised(diffusion: Tesseract, router: Router, url: str) -> None:
    products = ["vector_jacobian_product", "jacobian_vector_product"]
    assert diffusion.available_endpoints == ["apply", *products, "abstract_eval", "health"]
    told = diffusion.server_capabilities
    assert told is not None
    assert told.output_formats == ("json+base64", "json")
    assert (told.gpu_transports, told.compressions) == (("none",), ("none",))
    with pytest.raises(ValueError, match="does not accept compression"):
        diffusion.with_encoding(compression="lz4")
    marks = diffusion.openapi_schema["components"]["schemas"]["ApplyInputSchema"]["differentiable_arrays"]
    assert marks["conductivity"] == {"shape": [None], "dtype": "float64"}
    assert "cells" not in marks
    assert client(url, "identity", router.token()).available_endpoints == ["apply", "abstract_eval", "health"]
    assert diffusion.health() == {"status": "ok"}


def test_shapes_are_told_before_anything_is_computed(diffusion: Tesseract, router: Router) -> None:
    inputs = square()
    real = {
        name: {"shape": list(each.shape), "dtype": each.dtype.name} for name, each in diffusion.apply(inputs).items()
    }
    before = router.statistics.of("fem.diffusion").succeeded
    shapes = {name: {"shape": list(each.shape), "dtype": each.dtype.name} for name, each in inputs.items()}
    assert diffusion.abstract_eval({**shapes, "divisions": inputs["divisions"]}) == real
    assert router.statistics.of("fem.diffusion").succeeded == before


def test_a_run_that_is_repeated_gets_its_first_answer(router: Router, url: str, diffusion: Tesseract) -> None:
    before = router.statistics.of("fem.diffusion").succeeded
    run = str(uuid.uuid4())
    assert np.array_equal(*(diffusion.apply(square(3), run_id=run)["u"] for _ in range(2)))
    diffusion.apply(square(3), run_id="my run")
    assert router.statistics.of("fem.diffusion").succeeded == before + 2
    with pytest.raises(RuntimeError, match="REQUEST_ID_REUSED"):
        diffusion.apply(square(5), run_id=run)


def test_the_caller_s_trace_is_continued(router: Router, url: str) -> None:
    trace_id = uuid.uuid4().hex
    post(f"{url}/identity/apply", "{}", router.token(), traceparent=f"00-{trace_id}-{'b' * 16}-01")
    assert trace_id in [span.trace_id for span in router.spans.recorded]


def test_the_documented_example_runs(
    router: Router, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = (Path(__file__).resolve().parents[4] / "docs" / "tesseract.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    (tmp_path / "token").write_text(f"{router.token()}\n")
    monkeypatch.chdir(tmp_path)
    exec(example.replace("http://127.0.0.1:8000/tesseract", url), {})
    assert float(capsys.readouterr().out) < 0.0  # more conductivity, less u


# Who may call


@pytest.mark.parametrize("endpoint", ["apply", "vector_jacobian_product", "jacobian_vector_product", "abstract_eval"])
@pytest.mark.parametrize("model", ["fem.diffusion", "nothing"])
def test_nothing_is_said_to_whom_the_router_does_not_know(url: str, model: str, endpoint: str) -> None:
    for token, reason in ((None, "CREDENTIAL_MISSING"), ("wrong", "CREDENTIAL_INVALID")):
        answered = post(f"{url}/{model}/{endpoint}", "{not json", token)
        assert (answered.status_code, answered.json()["error"]["reason"]) in [(401, reason), (429, "RATE_LIMITED")]
        if answered.status_code == 401:
            assert answered.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("endpoint", ["health", "openapi.json"])
def test_not_even_what_there_is(url: str, endpoint: str) -> None:
    assert requests.get(f"{url}/fem.diffusion/{endpoint}", timeout=10).status_code in (401, 429)


def test_the_client_without_a_token_is_told(url: str) -> None:
    with pytest.raises(RuntimeError, match=r"401|429"):
        client(url, "fem.diffusion", None).apply(square())


def test_who_lacks_the_role_is_forbidden(router: Router, url: str) -> None:
    with pytest.raises(RuntimeError, match=r"403 .*ROLE_MISSING"):
        client(url, "fem.diffusion", router.token(AUDITOR)).apply(square())


def test_a_stranger_is_refused_before_the_body_was_read(router: Router, url: str) -> None:
    """Its first byte never comes."""
    host, _, port = url.removeprefix("http://").removesuffix("/tesseract").partition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        head = f"POST /tesseract/fem.diffusion/apply HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).split(b"\r\n")[0].split()[1] in (b"401", b"429")


# What is wrong with the request


def test_a_wrong_value_is_shown_where_it_is(diffusion: Tesseract) -> None:
    wrong = {**square(), "conductivity": np.where(np.arange(32) == 5, -1.0, 1.0)}
    with pytest.raises(pydantic.ValidationError) as caught:
        diffusion.apply(wrong)
    (error,) = caught.value.errors()
    assert error["loc"] == ("body", "inputs", "conductivity", 5)


def test_a_wrong_cotangent_is_shown_where_the_caller_put_it(diffusion: Tesseract) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        diffusion.vector_jacobian_product(square(), ["source"], ["u"], {"u": np.ones(7)})
    assert caught.value.errors()[0]["loc"] == ("body", "cotangent_vector", "u")


NUMBERS: dict[str, Any] = {name: value.tolist() for name, value in square().items()}
VJP = {"inputs": NUMBERS, "vjp_inputs": ["source"], "vjp_outputs": ["u"], "cotangent_vector": {"u": [1.0] * 25}}
JVP = {"inputs": NUMBERS, "jvp_inputs": ["source"], "jvp_outputs": ["u"], "tangent_vector": {"source": [1.0]}}
ABSTRACT = {"divisions": {"shape": [2], "dtype": "int64"}, "conductivity": {"shape": [1], "dtype": "float64"}}
PULL, PUSH = "vector_jacobian_product", "jacobian_vector_product"
WRONG: dict[str, tuple[str, Any, str, str]] = {
    "no JSON": ("apply", "{", "MALFORMED_REQUEST", ""),
    "no UTF-8": ("apply", b'{"inputs": {"\xff": 1}}', "MALFORMED_REQUEST", ""),
    "depth": ("apply", '{"inputs": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}", "MALFORMED_REQUEST", ""),
    "no inputs": ("apply", {}, "MALFORMED_REQUEST", ""),
    "another field": ("apply", {"inputs": {}, "more": 1}, "MALFORMED_REQUEST", ""),
    "unknown input": ("apply", {"inputs": {"a": 1}}, "UNKNOWN_INPUT", "inputs.a"),
    "no tensor": ("apply", {"inputs": {}}, "MISSING_TENSOR", "inputs.conductivity"),
    "no choice": ("apply", {"inputs": {**NUMBERS, "degree": 7}}, "UNKNOWN_CHOICE", "inputs.degree"),
    "no scalar": ("apply", {"inputs": {**NUMBERS, "degree": [1]}}, "WRONG_TYPE", "inputs.degree"),
    "a huge scalar": ("apply", {"inputs": {**NUMBERS, "degree": 1 << 63}}, "OUT_OF_RANGE", "inputs.degree"),
    "no such derivative": (PULL, {**VJP, "vjp_inputs": ["divisions"]}, "NOT_DIFFERENTIABLE", "vjp_inputs"),
    "no such output": (PULL, {**VJP, "vjp_outputs": ["points"]}, "NOT_DIFFERENTIABLE", "vjp_outputs"),
    "no cotangent": (PULL, {**VJP, "cotangent_vector": {}}, "MALFORMED_VECTOR", "cotangent_vector"),
    "absent input": (PULL, {**VJP, "vjp_inputs": ["cell_source"]}, "MISSING_TENSOR", "inputs.cell_source"),
    "nothing asked": (PULL, {**VJP, "vjp_inputs": []}, "NOT_DIFFERENTIABLE", "vjp_inputs"),
    "its shape": (PUSH, {**JVP, "tangent_vector": {"source": [1, 2]}}, "WRONG_SHAPE", "tangent_vector.source"),
    "another tangent": (PUSH, {**JVP, "tangent_vector": {"u": [1]}}, "MALFORMED_VECTOR", "tangent_vector"),
    "undecided": ("abstract_eval", {"inputs": ABSTRACT}, "SHAPE_UNDECIDED", "outputs.u"),
    "no shape": ("abstract_eval", {"inputs": {"divisions": {"dtype": "int64"}}}, "MALFORMED_ARRAY", "inputs.divisions"),
}


@pytest.mark.parametrize(("endpoint", "body", "reason", "place"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_by_reason_and_place(
    router: Router, url: str, endpoint: str, body: Any, reason: str, place: str
) -> None:
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    answered = post(f"{url}/fem.diffusion/{endpoint}", sent, router.token())
    told = answered.json()
    assert (answered.status_code, told["error"]["reason"]) == (422, reason), told
    assert told["detail"][0]["loc"] == ["body", *(place.split(".") if place else [])]
    assert "Traceback" not in answered.text


def test_a_model_without_derivatives_says_so(router: Router, url: str) -> None:
    identity = client(url, "identity", router.token())
    with pytest.raises(NotImplementedError):
        identity.vector_jacobian_product({}, [], [], {})
    for endpoint in ("vector_jacobian_product", "jacobian_vector_product"):
        answered = post(f"{url}/identity/{endpoint}", "{}", router.token())
        assert (answered.status_code, answered.json()["error"]["reason"]) == (404, "UNKNOWN_METHOD")


def test_what_is_not_there_is_not_found(router: Router, url: str) -> None:
    for path, status, reason in (
        ("nothing/apply", 404, "UNKNOWN_MODEL"),
        ("fem.heat/apply", 404, "UNKNOWN_MODEL"),
        ("identity/jacobian", 404, "UNKNOWN_METHOD"),
        ("identity/health", 405, "UNKNOWN_METHOD"),
    ):
        answered = post(f"{url}/{path}", '{"inputs": {"u": []}}' if "heat" not in path else HEAT, router.token())
        assert (answered.status_code, answered.json()["error"]["reason"]) == (status, reason), path


HEAT = '{"inputs": {"divisions": [2, 2], "conductivity": [1.0]}}'


def test_a_body_beyond_the_limit_is_too_large(router: Router, url: str, diffusion: Tesseract) -> None:
    with pytest.raises(RuntimeError, match=r"413 .*REQUEST_TOO_LARGE"):
        diffusion.apply({**square(), "nodes": np.zeros(LIMIT // 8)})
    chunks = (b" " * 65536 for _ in range(LIMIT // 65536 + 1))
    answered = post(f"{url}/identity/apply", chunks, router.token())  # type: ignore[arg-type]
    assert answered.status_code == 413


def test_an_accept_header_that_leaves_nothing_is_refused(router: Router, url: str) -> None:
    answered = post(f"{url}/identity/apply", "{}", router.token(), accept="text/html")
    assert (answered.status_code, answered.json()["error"]["reason"]) == (406, "NOT_ACCEPTABLE")


def test_a_header_that_grpc_cannot_carry_is_refused(url: str) -> None:
    answered = post(f"{url}/identity/apply", "{}", None, authorization="Bearer ä")
    assert answered.status_code == 422


def test_headers_beyond_the_limit_are_refused(router: Router, url: str) -> None:
    answered = post(f"{url}/identity/apply", "{}", router.token(), x="a" * 40_000)
    assert (answered.status_code, answered.json()["error"]["reason"]) == (431, "HEADERS_TOO_LARGE")


def test_every_answer_has_the_headers_that_keep_browsers_away(router: Router, url: str) -> None:
    for answered in (post(f"{url}/identity/apply", "{", router.token()), requests.get(url, timeout=10)):
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert answered.headers["cache-control"] == "no-store"
        assert "server" not in answered.headers


def test_a_router_that_is_not_there_is_no_secret_s_leak(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with gateway(Options(f"127.0.0.1:{port}", port=0, timeout_s=5.0)) as address:
            answered = post(f"{address}/tesseract/identity/apply", '{"inputs": {}}', "t")
    assert (answered.status_code, answered.json()["error"]["reason"]) == (503, "UNAVAILABLE")
    assert str(port) not in answered.text
