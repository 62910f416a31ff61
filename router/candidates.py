"""GetCandidates and DeleteCandidates of NeuralOperatorService: what a tenant has asked Predict to keep for training."""

from __future__ import annotations

import re
from functools import partial

from faraday.v1 import neural_operator_pb2 as pb
from models.artefacts import Artefacts, check_name
from models.kept import Entry, Kept
from models.operators.missed import unpacked
from router.artefact_access import ArtefactAccess
from router.beside import Beside
from router.call import Caller
from router.codec import common
from router.codec.neural_operator.candidate import candidate
from router.errors import Malformed

_PAGE, _MAX_PAGE = 100, 1000
PAGE_BYTES = 16 << 20  # beyond which a page ends: what one message holds is 64 MiB, one candidate at most 8
_PLACES = 16
_TOKEN = re.compile(r"([0-9]{1,20})-([0-9a-f]{64})")


class Candidates:
    """On the event loop of one router worker; files are read and deleted beside it."""

    def __init__(self, artefacts: Artefacts, access: ArtefactAccess) -> None:
        self._artefacts = artefacts
        self._access = access
        self._beside = Beside("requests about candidates", _PLACES)

    async def get(self, caller: Caller, body: bytes) -> bytes:
        """A page begins behind the candidate that its token names, whether that is still there or not."""
        request = common.parse(pb.GetCandidatesRequest, body)
        check_name(request.name, "name")
        self._access.check_own(caller.principal, request.name)
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise Malformed(f"is not between 0 and {_MAX_PAGE}", "page_size")
        behind = _behind(request.page_token)
        return await self._beside.run(partial(self._page, request.name, request.page_size or _PAGE, behind))

    async def delete(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.DeleteCandidatesRequest, body)
        check_name(request.name, "name")
        self._access.check_own(caller.principal, request.name)
        if request.options.validate_only:
            return pb.DeleteCandidatesResponse().SerializeToString()
        return await self._beside.run(partial(self._deleted, request.name))

    def _page(self, name: str, most: int, behind: tuple[int, str]) -> bytes:
        return page(self._artefacts.kept, name, behind, most, PAGE_BYTES).SerializeToString()

    def _deleted(self, name: str) -> bytes:
        return pb.DeleteCandidatesResponse(deleted_count=self._artefacts.kept.forget(name)).SerializeToString()


def page(kept: Kept, name: str, behind: tuple[int, str], most: int, most_bytes: int) -> pb.GetCandidatesResponse:
    """Those behind a moment and a digest, one at least where there are any. What is damaged is left out."""
    left = [entry for entry in kept.entries(name) if _place(entry) > behind]
    response = pb.GetCandidatesResponse()
    size_bytes = 0
    for at, entry in enumerate(left):
        size_bytes += entry.size_bytes
        if at == most or (at and size_bytes > most_bytes):
            response.next_page_token = f"{left[at - 1].created_ns}-{left[at - 1].digest}"
            break
        content = kept.read(name, entry.digest)
        missed = None if content is None else unpacked(content)
        if missed is not None:
            response.candidates.append(candidate(entry, missed))
    return response


def _place(entry: Entry) -> tuple[int, str]:
    return entry.created_ns, entry.digest


def _behind(token: str) -> tuple[int, str]:
    if not token:
        return -1, ""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise Malformed("is no token of GetCandidates", "page_token")
    return int(found[1]), found[2]
