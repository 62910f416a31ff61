"""Reads the settings: environment over YAML over defaults, and refuses all that is wrong at once, before any effect.

FARADAY_SERVER__PORT=50052 is `port` in the section `server`. A section or a mapping as a whole is JSON, and a model's
name is spelled with _ for every dot: FARADAY_MODELS__FEM_DIFFUSION__GPUS=0.5. An empty variable counts as not set.

The sources are our own: those of pydantic-settings pass over a misspelt section in silence and cannot say which
variable a refused value came from.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from models.catalog import CATALOG
from ops.settings import Settings
from ops.settings_reference import PREFIX, Keys, declared_at, describe, is_text

CONFIG = "FARADAY_CONFIG"
# Names of the client library, which may well be set in the shell that starts a server.
CLIENT_NAMES = frozenset({"FARADAY_TARGET", "FARADAY_TOKEN", "FARADAY_TOKEN_FILE", "FARADAY_CA_FILE"})

Tree = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the settings. `name` is the variable or the dotted path, as it was written."""

    name: str
    source: str  # "the environment" or the file
    message: str
    nearest: str = ""  # for an unknown name, the known one that resembles it most

    def __str__(self) -> str:
        advice = f"; did you mean {self.nearest}?" if self.nearest else ""
        return f"{self.name} ({self.source}): {self.message}{advice}"


class SettingsRefused(Exception):
    """The settings make no sense; nothing has been started."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "the settings are refused:\n" + "\n".join(f"  {problem}" for problem in self.problems)


def load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of this process; `config` wins over FARADAY_CONFIG. Raises SettingsRefused with all problems."""
    reading = _Reading()
    if not config and environ.get(CONFIG):
        config = Path(environ[CONFIG])
    if (state := environ.get("XDG_STATE_HOME", "")).startswith("/"):  # the specification ignores relative ones
        reading.put(("state_dir",), f"{state}/faraday", "XDG_STATE_HOME", "the environment")
    if config:
        reading.read_yaml(config)
    reading.read_environment(environ)
    return reading.settings()


class _Reading:
    """What has been read so far: a tree, which source each path of it came from, and what was wrong."""

    def __init__(self) -> None:
        self._tree: Tree = {}
        self._origins: dict[Keys, tuple[str, str]] = {}  # path → (name as written, source)
        self._problems: list[Problem] = []

    def read_yaml(self, file: Path) -> None:
        try:
            read = yaml.load(file.read_text(), _UniqueKeys)
        except OSError as error:
            return self._problem(str(file), "the configuration file", f"cannot be read: {error.strerror}")
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            return self._problem(str(file), "the configuration file", f"is not YAML: {error}")
        if read is None:
            return None
        if not isinstance(read, dict):
            return self._problem(str(file), "the configuration file", "must hold sections such as 'server:'")
        for path, value in _leaves(read):
            self.put(path, value, ".".join(path), str(file))
        return None

    def read_environment(self, environ: Mapping[str, str]) -> None:
        """In order of the names, so that FARADAY_SERVER__PORT overrides the port in a JSON FARADAY_SERVER."""
        for name in sorted(name for name in environ if name.startswith(PREFIX)):
            if name == CONFIG or name in CLIENT_NAMES or not environ[name] or _from_kubernetes(name, environ):
                continue
            path = _spelled(name)
            found = declared_at(path) if name.isupper() else None
            if found is None:
                self._problem(name, "the environment", "no such setting", _nearest(name, _VARIABLES))
            elif is_text(found):
                self.put(path, environ[name], name, "the environment")
            else:
                self._put_json(path, environ[name], name)

    def put(self, path: Keys, value: object, name: str, source: str) -> None:
        """Set one value, over what an earlier source set there. An unknown path is a problem and goes no further."""
        if declared_at(path) is None:
            return self._problem(name, source, "no such setting", _nearest(".".join(path), _PATHS))
        node = self._tree
        for key in path[:-1]:
            inner = node.get(key)
            node[key] = node = inner if isinstance(inner, dict) else {}
        node[path[-1]] = value
        self._origins[path] = (name, source)
        return None

    def settings(self) -> Settings:
        """The tree as settings. Raises SettingsRefused."""
        try:
            settings = Settings.model_validate(self._tree)
        except ValidationError as refused:
            for error in refused.errors(include_url=False):
                path = tuple(str(part) for part in error["loc"])
                if error["type"] == "extra_forbidden":  # in an entry of a list; elsewhere `put` has refused it
                    self._refused(path, "no such setting", _nearest(".".join(path), _PATHS))
                else:
                    self._refused(path, error["msg"].removeprefix("Value error, "))
        if self._problems:
            raise SettingsRefused(tuple(self._problems))
        return settings

    def _put_json(self, path: Keys, text: str, name: str) -> None:
        try:
            value = json.loads(text)
        except ValueError as error:
            return self._problem(name, "the environment", f"must be JSON: {error}")
        for below, leaf in _leaves(value) if isinstance(value, dict) else [((), value)]:
            self.put(path + below, leaf, ".".join((name, *below)), "the environment")
        return None

    def _refused(self, path: Keys, message: str, nearest: str = "") -> None:
        """A refusal by pydantic, under the name that the value was given by; a default has only its path."""
        for depth in range(len(path), 0, -1):
            if origin := self._origins.get(path[:depth]):
                name, source = origin
                return self._problem(".".join((name, *path[depth:])), source, message, nearest)
        source = "several settings together" if any(at[: len(path)] == path for at in self._origins) else "not set"
        return self._problem(".".join(path) or "settings", source, message, nearest)

    def _problem(self, name: str, source: str, message: str, nearest: str = "") -> None:
        self._problems.append(Problem(name, source, message, nearest))


class _UniqueKeys(yaml.SafeLoader):
    """YAML without a key twice in one mapping: the plain loader would forget the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is there twice", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def _leaves(tree: Mapping[Any, Any], above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every value of a tree with its path; an empty section is no value."""
    for key, value in tree.items():
        path = (*above, str(key))
        if isinstance(value, dict) and value:
            yield from _leaves(value, path)
        elif value is not None and value != {}:
            yield path, value


def _spelled(variable: str) -> Keys:
    """The path that a variable stands for; models get their dots back."""
    keys = tuple(variable.removeprefix(PREFIX).lower().split("__"))
    if keys[0] == "models" and len(keys) > 1:
        return ("models", _MODEL_OF.get(keys[1], keys[1]), *keys[2:])
    return keys


def _from_kubernetes(name: str, environ: Mapping[str, str]) -> bool:
    """Kubernetes tells every pod of every service near it: one called faraday-… makes names that begin like ours."""
    if "KUBERNETES_SERVICE_HOST" not in environ or "__" in name:
        return False
    return _SERVICE_LINK.fullmatch(f"{name}={environ[name]}") is not None


def _nearest(name: str, known: tuple[str, ...]) -> str:
    matches = difflib.get_close_matches(name.upper() if name.startswith(PREFIX) else name, known, n=1, cutoff=0.5)
    return matches[0] if matches else ""


_MODEL_OF = {name.replace(".", "_"): name for name in CATALOG}
_SERVICE_LINK = re.compile(
    r"FARADAY_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(?:TCP|UDP|SCTP)\w*|PORT(?==\w+://))=.*"
)
_PATHS = tuple(
    line.path.replace("<name>", model)
    for line in describe()
    for model in (CATALOG if line.path.startswith("models.") else ("<name>",))
)
_VARIABLES = tuple(
    line.variable.replace("<NAME>", model.upper())
    for line in describe()
    for model in (_MODEL_OF if line.path.startswith("models.") else ("<NAME>",))
    if line.variable
)
