"""The reference of all settings, taken from the tree itself: for `faraday settings`, the documentation and advice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from models.catalog import CATALOG
from ops.settings import ModelName, Section, Settings

PREFIX = "FARADAY_"
Keys = tuple[str, ...]


@dataclass(frozen=True)
class SettingDoc:
    """One line of the reference."""

    path: str  # "server.port"
    variable: str  # "FARADAY_SERVER__PORT"; empty inside a list, which is JSON as a whole
    type: str
    default: str
    doc: str


def describe() -> tuple[SettingDoc, ...]:
    """Every setting, in the order of the tree. What stands in a mapping has <name> in its path, in a list []."""
    return tuple(_described(Settings, ()))


def declared_at(path: Keys) -> Any:
    """The type that the tree declares at a path; None where it declares none."""
    declared: Any = Settings
    for key in path:
        declared = _bare(declared)
        if _is_section(declared):
            field = declared.model_fields.get(key)
            declared = None if field is None else field.annotation
        elif get_origin(declared) is Mapping and (get_args(declared)[0] != ModelName or key in CATALOG):
            declared = get_args(declared)[1]
        else:
            return None
        if declared is None:
            return None
    return _bare(declared)


def is_text(declared: Any) -> bool:
    """Whether an environment variable holds the value itself, not JSON."""
    return not _is_section(declared) and get_origin(declared) not in (Mapping, tuple, frozenset)


def _described(section: type[Section], above: Keys) -> Iterator[SettingDoc]:
    for name, field in section.model_fields.items():
        path = (*above, name)
        declared = _bare(field.annotation)
        if _is_section(declared):
            yield from _described(declared, path)
            continue
        yield _line(path, field)
        if get_origin(declared) is Mapping and _is_section(get_args(declared)[1]):
            yield from _described(get_args(declared)[1], (*path, "<name>"))
        elif get_origin(declared) is tuple and _is_section(get_args(declared)[0]):
            yield from _described(get_args(declared)[0], (*above, f"{name}[]"))


def _is_section(declared: Any) -> bool:
    return isinstance(declared, type) and issubclass(declared, Section)


def _line(path: Keys, field: FieldInfo) -> SettingDoc:
    variable = "" if "[]" in "".join(path) else PREFIX + "__".join(path).upper()
    default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
    return SettingDoc(".".join(path), variable, _type_name(field.annotation), default, field.description or "")


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | frozenset):
        return json.dumps([getattr(one, "value", one) for one in value])
    return str(value)


def _type_name(declared: Any) -> str:
    if get_origin(declared) in (UnionType, Union):
        return f"{_type_name(_bare(declared))} or none"
    bare = _bare(declared)
    if get_origin(bare) is Literal:
        return " | ".join(get_args(bare))
    if get_origin(bare) in (tuple, frozenset):
        return f"list of {_type_name(get_args(bare)[0])}"
    if get_origin(bare) is Mapping:
        return f"mapping of name to {_type_name(get_args(bare)[1])}"
    name: str = bare.__name__
    return {"Path": "path", "str": "text", "Role": "role"}.get(name, name)


def _bare(declared: Any) -> Any:
    """X for `X | None` and for `Annotated[X, …]`."""
    if get_origin(declared) in (UnionType, Union):
        (declared,) = (one for one in get_args(declared) if one is not type(None))
    return get_args(declared)[0] if get_origin(declared) is Annotated else declared
