"""Reading: environment over YAML over defaults, and every mistake named at once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.settings import Settings
from ops.settings_reference import describe
from ops.settings_sources import Problem, SettingsRefused, load

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        file = tmp_path / "faraday.yaml"
        file.write_text(text)
        return file

    return to_file


def refused(config: Path | None, environ: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(SettingsRefused) as caught:
        load(config, environ)
    return caught.value.problems


def test_without_any_source_the_defaults_hold() -> None:
    assert load(None, {}) == Settings()


def test_the_environment_wins_over_yaml_and_yaml_over_defaults(write: Write) -> None:
    config = write("server: {port: 1, workers: 2}\nplane: tls\n")
    settings = load(config, {"FARADAY_SERVER__PORT": "7", "FARADAY_PLANE": ""})
    assert (settings.server.port, settings.server.workers, settings.plane) == (7, 2, "tls")
    assert settings.server.host == "127.0.0.1"


def test_the_file_on_the_command_line_wins_over_the_one_in_the_environment(write: Write) -> None:
    config = write("plane: handle\n")
    assert load(None, {"FARADAY_CONFIG": str(config)}).plane == "handle"
    assert load(config, {"FARADAY_CONFIG": "/nowhere.yaml"}).plane == "handle"


def test_the_state_folder_follows_the_desktop_specification_unless_it_is_set() -> None:
    assert load(None, {"XDG_STATE_HOME": "/var/lib/me"}).state_dir == Path("/var/lib/me/faraday")
    assert load(None, {"XDG_STATE_HOME": "relative"}).state_dir == Settings().state_dir
    both = {"XDG_STATE_HOME": "/var/lib/me", "FARADAY_STATE_DIR": "/var/lib/faraday"}
    assert load(None, both).state_dir == Path("/var/lib/faraday")


def test_a_model_is_spelled_with_underscores_in_the_environment_and_merges_with_yaml(write: Write) -> None:
    config = write("models:\n  fem.diffusion: {gpus: 1, cpus: 2}\n")
    model = load(config, {"FARADAY_MODELS__FEM_DIFFUSION__GPUS": "0.5"}).models["fem.diffusion"]
    assert (model.gpus, model.cpus) == (0.5, 2)


def test_a_whole_section_is_json_and_a_longer_name_overrides_it() -> None:
    environ = {
        "FARADAY_MODELS": '{"fem.diffusion": {"gpus": 1}, "identity": {"enabled": false}}',
        "FARADAY_MODELS__FEM_DIFFUSION__GPUS": "0.25",
        "FARADAY_AUTH__CLIENT_CERTIFICATES": '[{"name": "a", "subject": "b", "tenant": "c"}]',
    }
    settings = load(None, environ)
    assert settings.models["fem.diffusion"].gpus == 0.25
    assert not settings.models["identity"].enabled
    assert settings.auth.client_certificates[0].tenant == "c"


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("FARADAY_ROUTR__PORT", "FARADAY_SERVER__PORT"),  # a misspelt section, which pydantic-settings lets pass
        ("FARADAY_SERVER__PROT", "FARADAY_SERVER__PORT"),
        ("FARADAY_STATE_DRI", "FARADAY_STATE_DIR"),
        ("FARADAY_server__port", "FARADAY_SERVER__PORT"),
        ("FARADAY_MODELS__FEM_DIFUSION__GPUS", "FARADAY_MODELS__FEM_DIFFUSION__GPUS"),
    ],
)
def test_an_unknown_variable_is_refused_and_the_nearest_known_one_named(variable: str, nearest: str) -> None:
    (problem,) = refused(None, {variable: "1"})
    assert problem == Problem(variable, "the environment", "no such setting", nearest)


def test_an_unknown_yaml_key_is_refused_at_every_depth(write: Write) -> None:
    config = write(
        "servr: {port: 1}\nserver: {tls: {key_fil: /x}}\nmodels: {identity: {gpsu: 1}}\n"
        "auth: {client_certificates: [{nmae: a, subject: b, tenant: c, name: d}]}\n"
    )
    assert [(problem.name, problem.nearest) for problem in refused(config, {})] == [
        ("servr.port", "server.port"),
        ("server.tls.key_fil", "server.tls.key_file"),
        ("models.identity.gpsu", "models.identity.gpus"),
        ("auth.client_certificates.0.nmae", "auth.client_certificates[].name"),
    ]


def test_all_that_is_wrong_is_listed_at_once_with_its_source(write: Write) -> None:
    config = write("server: {port: x}\n")
    environ = {
        "FARADAY_RATE__BURST": "none",
        "FARADAY_MODELS": "fem",
        "FARADAY_LOG": "1",
        "FARADAY_RATE__TENANTS__CLINIC__BURST": "1",
    }
    text = str(SettingsRefused(refused(config, environ)))
    assert f"server.port ({config}): Input should be a valid integer" in text
    assert "FARADAY_RATE__BURST (the environment): Input should be a valid integer" in text
    assert "FARADAY_MODELS (the environment): must be JSON" in text
    assert "FARADAY_LOG (the environment): no such setting" in text
    assert "rate.tenants.clinic.per_second (not set): Field required" in text


def test_settings_that_do_not_go_together_are_refused_under_their_section() -> None:
    (problem,) = refused(None, {"FARADAY_SERVER__HOST": "0.0.0.0"})
    assert (problem.name, problem.source) == ("server", "several settings together")
    assert "plaintext_allowed" in problem.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server: {port: 1}\nserver: {host: here}\n", "'server' is there twice"),
        ("server: [", "is not YAML"),
        ("- server\n", "must hold sections"),
        ("server: 5\n", "valid dictionary"),
        ("!!python/object/apply:os.getcwd []\n", "is not YAML"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(write: Write, text: str, message: str) -> None:
    (problem,) = refused(write(text), {})
    assert message in problem.message


def test_a_missing_file_is_refused_and_an_empty_one_is_not(write: Write, tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "nowhere.yaml", {})
    assert "cannot be read: No such file" in problem.message
    assert load(write("# nothing\n"), {}) == load(write("server:\n"), {}) == Settings()


def test_names_of_the_client_and_of_kubernetes_are_left_alone() -> None:
    pod = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "FARADAY_TOKEN": "secret",
        "FARADAY_PORT": "tcp://10.0.0.7:50051",
        "FARADAY_SERVICE_HOST": "10.0.0.7",
        "FARADAY_SERVICE_PORT_GRPC": "50051",
        "FARADAY_ROUTER_PORT_50051_TCP_ADDR": "10.0.0.7",
        "FARADAY_SERVER__PORT": "9",
    }
    assert load(None, pod).server.port == 9
    assert [problem.name for problem in refused(None, {**pod, "FARADAY_PORT": "50051"})] == ["FARADAY_PORT"]
    del pod["KUBERNETES_SERVICE_HOST"]
    assert len(refused(None, pod)) == 4


def test_every_variable_of_the_reference_is_read() -> None:
    for line in describe():
        if not line.variable:
            continue
        variable = line.variable.replace("MODELS__<NAME>", "MODELS__IDENTITY")
        try:
            load(None, {variable: "-1"})
        except SettingsRefused as refusal:
            assert "no such setting" not in str(refusal), variable


def test_a_refusal_pickles() -> None:
    problems = refused(None, {"FARADAY_X": "1"})
    assert pickle.loads(pickle.dumps(SettingsRefused(problems))).problems == problems
