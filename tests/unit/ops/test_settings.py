"""The tree: defaults that start, bounds that refuse, nothing that changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ops.settings import Section, Settings


def test_the_defaults_make_a_whole_tree_that_survives_json() -> None:
    settings = Settings()
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_nothing_in_the_tree_can_be_changed() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]
    assert all(section.model_config["frozen"] for section in _sections(Section))


def test_every_setting_says_what_it_is_for() -> None:
    for section in _sections(Section):
        for name, field in section.model_fields.items():
            is_section = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
            assert field.description or is_section, f"{section.__name__}.{name}"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"server": {"port": 65536}}, "less than or equal to 65535"),
        ({"server": {"default_timeout_s": float("inf")}}, "finite"),
        ({"server": {"host": "0.0.0.0"}}, "give a certificate"),
        ({"server": {"tls": {"certificate_file": "tls.pem"}}}, "write the whole path"),
        ({"server": {"tls": {"certificate_file": "/nowhere/tls.pem"}}}, "no file that can be read"),
        ({"server": {"tls": {"certificate_file": __file__}}}, "go together"),
        ({"server": {"tls": {"client_ca_file": __file__}}}, "needs certificate_file"),
        ({"telemetry": {"sampling_ratio": 1.5}}, "less than or equal to 1"),
        ({"telemetry": {"otlp_endpoint": "collector:4317"}}, "pattern"),
        ({"ray": {"address": "ray://somewhere"}}, "pattern"),
        ({"ray": {"temp_dir": "/tmp/" + "x" * 60}}, "unix sockets would not fit"),
        ({"state_dir": "/home/" + "x" * 90}, "unix sockets inside would not fit"),
        ({"models": {"fem.difusion": {}}}, "no such model"),
        ({"models": {"fem.diffusion": {"min_replicas": 3, "max_replicas": 2}}}, "more than max_replicas"),
        ({"models": {"fem.diffusion": {"upstream": {"target": "triton"}}}}, "pattern"),
        (
            {"models": {"fem.diffusion": {"upstream": {"target": "triton:8001", "token_file": __file__}}}},
            "in the clear",
        ),
        ({"auth": {"client_certificates": [{"name": "a", "subject": "b", "tenant": "c", "roles": ["king"]}]}}, "roles"),
        ({"rate": {"tenants": {"clinic": {"per_second": 0, "burst": 1}}}}, "greater than 0"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_advice(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate(tree)


def test_other_machines_are_served_with_a_certificate_or_when_asked_for() -> None:
    tls = {"certificate_file": __file__, "key_file": __file__, "client_ca_file": __file__}
    assert Settings.model_validate({"server": {"host": "0.0.0.0", "tls": tls}}).server.tls.key_file == Path(__file__)
    assert Settings.model_validate({"server": {"host": "0.0.0.0", "plaintext_allowed": True}}).server.plaintext_allowed


def test_an_external_server_may_answer_for_a_model() -> None:
    upstream = {"target": "triton:8001", "tls_ca_file": __file__, "token_file": __file__}
    model = Settings.model_validate({"models": {"identity": {"upstream": upstream}}}).models["identity"]
    assert model.upstream is not None
    assert model.upstream.target == "triton:8001"


def test_a_home_folder_is_expanded() -> None:
    assert Settings.model_validate({"state_dir": "~/faraday"}).state_dir == Path.home() / "faraday"


def _sections(section: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for below in section.__subclasses__():
        yield below
        yield from _sections(below)
