"""The documents say what is there: settings, errors, commands, make targets, links, and snippets that at least parse.

`.venv/bin/python -P tests/unit/test_docs.py` writes docs/settings.md again.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from google.rpc import code_pb2

from models.base import Refusal
from ops.cli import cli
from ops.settings_reference import SettingDoc, describe
from router import errors
from router.status import TABLE

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "docs" / "settings.md"
REFRESH = ".venv/bin/python -P tests/unit/test_docs.py"  # -P: tests/unit/models is not our models
FOLDERS = ("", "docs", "cluster", "router", "models", "ops", "protos", "tests")
DOCUMENTS = sorted(document for folder in FOLDERS for document in (ROOT / folder).glob("*.md"))

# Defaults that are taken from the machine, as a reader is told of them.
FROM_THE_MACHINE = {
    "state_dir": "~/.local/state/faraday",
    "ray.temp_dir": "/tmp/faraday-UID",
    "server.workers": "the cores, at most 4",
}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
SUBCOMMAND = re.compile(r"(?:^|[\s`/;(])faraday (?!-)([a-z]+)", re.MULTILINE)
TARGET = re.compile(r"(?:^|[`;(]|&& )make ([a-z-]+)", re.MULTILINE)


def rendered() -> str:
    """docs/settings.md, from the settings themselves."""
    parts = [
        "# Settings\n\n"
        f"Written by `{REFRESH}` from `ops/settings.py`; a test holds it\n"
        "current. `faraday settings` prints the same.\n\n"
        "A variable overrides the YAML file, which overrides the default. The file is named by `--config` or\n"
        "`FARADAY_CONFIG`, and its keys are the setting's path: `server.port` is `port` below `server`. Lists and\n"
        "mappings are JSON in a variable. A model's name is spelt with `_` for every dot:\n"
        "`FARADAY_MODELS__FEM_DIFFUSION__GPUS=0.5`. An unknown name is refused, and nothing starts.\n"
    ]
    for section, lines in groupby(sorted(describe(), key=_place), section_of):
        parts.append(f"\n## {section}\n\n| setting | variable | type | default | meaning |\n|---|---|---|---|---|\n")
        parts += [row(line) for line in lines]
    return "".join(parts)


def section_of(line: SettingDoc) -> str:
    head, dot, _ = line.path.partition(".")
    return head.removesuffix("[]") if dot or head == "models" else "general"


def _place(line: SettingDoc) -> bool:
    return section_of(line) != "general"  # these first, the rest in the order of the tree


def row(line: SettingDoc) -> str:
    default = FROM_THE_MACHINE.get(line.path, line.default)
    cells = (f"`{line.path}`", f"`{line.variable}`" if line.variable else "", line.type, f"`{default}`", line.doc)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def test_the_reference_of_settings_is_current() -> None:
    assert SETTINGS.read_text() == rendered(), f"run: {REFRESH}"


def test_what_is_said_of_the_machine_s_defaults_is_said_of_settings() -> None:
    assert FROM_THE_MACHINE.keys() <= {line.path for line in describe()}


def test_every_error_of_the_router_is_documented_with_its_code() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    rows = {found[1]: found[2] for found in re.finditer(r"^\| `([A-Z_]+)` \| `([A-Z_]+)` \|", text, re.MULTILINE)}
    for kind, (code, _) in TABLE.items():
        for reason in reasons_of(kind):
            assert rows.get(reason) == code_pb2.Code.Name(code), f"docs/api.md: {reason}"


def test_every_reason_of_a_model_s_refusal_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert [reason for reason in refusals() if f"`{reason}`" not in text] == []


def reasons_of(kind: type[Exception]) -> list[str]:
    if kind is Refusal:
        return []
    if kind is errors.Unauthenticated:
        return ["CREDENTIAL_MISSING", "CREDENTIAL_INVALID", "CREDENTIAL_EXPIRED"]
    assert issubclass(kind, errors.Rejection)
    return [kind.reason]


def refusals() -> set[str]:
    """The first argument of every Refusal that the code makes, where it is written out."""
    found = set()
    for folder in ("models", "router"):
        for source in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal" and node.args:
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        found.add(str(first.value))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
class TestDocument:
    def test_its_shell_snippets_parse(self, document: Path) -> None:
        for snippet in snippets(document, "sh"):
            checked = subprocess.run(["bash", "-n"], input=snippet, capture_output=True, text=True)
            assert checked.returncode == 0, checked.stderr

    def test_its_python_snippets_parse(self, document: Path) -> None:
        for snippet in snippets(document, "python"):
            ast.parse(snippet)

    def test_its_commands_exist(self, document: Path) -> None:
        assert mentioned(SUBCOMMAND, document) - cli.commands.keys() == set()

    def test_its_make_targets_exist(self, document: Path) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert mentioned(TARGET, document) - targets == set()

    def test_its_links_lead_somewhere(self, document: Path) -> None:
        links = LINK.findall(COMMENT.sub("", document.read_text()))
        assert [path for path, _ in links if not (document.parent / path).exists()] == []


def snippets(document: Path, language: str) -> Iterator[str]:
    return (body for kind, body in FENCE.findall(document.read_text()) if kind == language)


def mentioned(pattern: re.Pattern[str], document: Path) -> set[str]:
    """What code in the text names, prose left out."""
    code = "\n".join(CODE.findall(COMMENT.sub("", document.read_text())))
    return set(pattern.findall(code))


if __name__ == "__main__":
    SETTINGS.write_text(rendered())
