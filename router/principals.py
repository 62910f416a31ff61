"""A principal from untrusted or hand-written parts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from router.call import Principal, Role

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # no slash: "tenant/subject" then has one reading
_SUBJECT = re.compile(r"[\x21-\x7e]{1,256}")  # printable ASCII without spaces: safe in headers and logs
_ROLES = {role.value: role for role in Role}


def principal_of(parts: Mapping[str, object]) -> Principal:
    """From `sub`, `tenant` and `roles` (a list of role names).

    Raises ValueError, which names the part and not its value.
    """
    return Principal(
        subject=_matching(_SUBJECT, parts, "sub"), tenant=_matching(_TENANT, parts, "tenant"), roles=_roles(parts)
    )


def parts_of(principal: Principal) -> dict[str, object]:
    """The inverse of `principal_of`."""
    roles = sorted(role.value for role in principal.roles)
    return {"sub": principal.subject, "tenant": principal.tenant, "roles": roles}


def _matching(pattern: re.Pattern[str], parts: Mapping[str, object], name: str) -> str:
    value = parts.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{name} is missing or has a form that is not allowed")
    return value


def _roles(parts: Mapping[str, object]) -> frozenset[Role]:
    names = parts.get("roles")
    if not isinstance(names, list) or not all(isinstance(name, str) and name in _ROLES for name in names):
        raise ValueError(f"roles is not a list of {', '.join(_ROLES)}")
    return frozenset(_ROLES[name] for name in names)
