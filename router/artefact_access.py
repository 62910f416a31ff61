"""Who may reach which artefacts: a tenant its own, everybody those of the system; no others are there at all."""

from __future__ import annotations

from models.artefacts import PUBLIC, Artefacts, Named, check_name
from models.base import Refusal
from router.call import Principal
from router.errors import UnknownArtefact


class ArtefactAccess:
    """Of one router worker. An artefact never goes away, so what was seen once is not looked for again."""

    def __init__(self, artefacts: Artefacts) -> None:
        self._artefacts = artefacts
        self._seen: set[tuple[str, int]] = set()

    def check(self, principal: Principal, named: Named) -> None:
        """Raises UnknownArtefact where a task names what the principal may not reach, or what is not there; `Refusal`
        MALFORMED_NAME for what is no name."""
        for name, version in named.reads:
            self.check_read(principal, name, version)
        for name in named.publishes:
            self.check_own(principal, name)

    def check_read(self, principal: Principal, name: str, version: int = 0) -> None:
        """As `check`, of one; `version` 0: any."""
        owner, _ = check_name(name)
        if owner not in (principal.tenant, PUBLIC):
            raise _unknown(name, version)
        if (name, version) in self._seen:
            return
        try:
            numbers = {each.number for each in self._artefacts.versions(name)}
        except Refusal:
            raise _unknown(name, version) from None
        if version and version not in numbers:
            raise _unknown(name, version)
        self._seen.add((name, version))

    def check_own(self, principal: Principal, name: str) -> None:
        """Raises UnknownArtefact where the name is another tenant's to publish, or the system's."""
        owner, _ = check_name(name)
        if owner != principal.tenant or owner == PUBLIC:
            raise _unknown(name, 0)


def _unknown(name: str, version: int) -> UnknownArtefact:
    which = f"version {version} of {name}" if version else name
    message = f"you have no {which}, and there is no public one; ListModels tells which there are"
    return UnknownArtefact(message, {"name": name, "version": str(version)})
