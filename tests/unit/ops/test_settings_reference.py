"""The reference: it follows from the tree, and what it names can be set."""

from __future__ import annotations

from ops.settings_reference import SettingDoc, declared_at, describe, is_text


def test_a_setting_is_described_by_path_variable_type_default_and_purpose() -> None:
    assert SettingDoc("server.port", "FARADAY_SERVER__PORT", "int", "50051", "port for gRPC; 0 takes any") in describe()


def test_choices_lists_and_mappings_are_described_as_an_operator_writes_them() -> None:
    lines = {line.path: line for line in describe()}
    assert lines["plane"].type == "unix | tls | handle"
    assert lines["server.tls.key_file"].type == "path or none"
    assert lines["auth.hs256_secret_files"].type == "list of path"
    assert lines["auth.client_certificates[].roles"].default == '["analyst"]'
    assert lines["auth.client_certificates[].roles"].variable == ""
    assert lines["models.<name>.gpus"].variable == "FARADAY_MODELS__<NAME>__GPUS"
    assert lines["models.<name>.upstream.target"].default == "required"


def test_every_described_path_is_declared() -> None:
    for line in describe():
        path = tuple(line.path.replace("models.<name>", "models.identity").split("."))
        assert "[]" in line.path or declared_at(path) is not None, line.path


def test_sections_lists_and_mappings_are_given_as_json_and_the_rest_as_text() -> None:
    assert is_text(declared_at(("server", "port")))
    assert not is_text(declared_at(("server",)))
    assert not is_text(declared_at(("models",)))
    assert not is_text(declared_at(("models", "fem.diffusion", "upstream")))
    assert not is_text(declared_at(("auth", "hs256_secret_files")))


def test_nothing_is_declared_below_a_value_or_for_an_unknown_model() -> None:
    assert declared_at(("server", "port", "number")) is None
    assert declared_at(("models", "fem.difusion", "gpus")) is None
    assert declared_at(("rate", "tenants", "clinic", "burst")) is int
