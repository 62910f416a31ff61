"""ListModels, GetModel and PublishModel of NeuralOperatorService: operators that a tenant has, by name and version."""

from __future__ import annotations

from functools import lru_cache, partial

from faraday.v1 import neural_operator_pb2 as pb
from models.artefacts import PUBLIC, Artefacts, Channels, Version, check_content, check_name
from models.base import Refusal
from models.operators.artefact import Card, unpack
from router.artefact_access import ArtefactAccess
from router.beside import Beside
from router.call import Caller, Principal
from router.codec import common
from router.codec.neural_operator.registry import operator_model
from router.errors import Malformed

_PAGE, _MAX_PAGE = 100, 1000
_PLACES = 16
_CARDS = 1000  # remembered: some kilobytes each


class OperatorRegistry:
    """On the event loop of one router worker; files are read and written beside it."""

    def __init__(self, artefacts: Artefacts, access: ArtefactAccess) -> None:
        self._artefacts = artefacts
        self._access = access
        self._beside = Beside("requests about operators", _PLACES)
        self._card = lru_cache(_CARDS)(self._read_card)

    async def list(self, caller: Caller, body: bytes) -> bytes:
        """A page begins behind the name that its token is."""
        request = common.parse(pb.ListModelsRequest, body)
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise Malformed(f"is not between 0 and {_MAX_PAGE}", "page_size")
        return await self._beside.run(partial(self._page, caller.principal, request))

    async def get(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.GetModelRequest, body)
        return await self._beside.run(partial(self._whole, caller.principal, request))

    async def publish(self, caller: Caller, body: bytes) -> bytes:
        request = common.parse(pb.PublishModelRequest, body)
        check_name(request.name, "name")
        self._access.check_own(caller.principal, request.name)
        _check_publication(request)
        return await self._beside.run(partial(self._published, caller.principal, request))

    def _page(self, principal: Principal, request: pb.ListModelsRequest) -> bytes:
        size = request.page_size or _PAGE
        names = sorted({name for owner in (principal.tenant, PUBLIC) for name in self._artefacts.names(owner)})
        left = [name for name in names if name > request.page_token]
        return pb.ListModelsResponse(
            models=[self._model(name, (self._artefacts.channels(name).stable,)) for name in left[:size]],
            next_page_token=left[size - 1] if len(left) > size else "",
        ).SerializeToString()

    def _whole(self, principal: Principal, request: pb.GetModelRequest) -> bytes:
        check_name(request.name, "name")
        version = request.content_version
        if version < 0:
            raise Malformed("is below 0", "content_version")
        self._access.check_read(principal, request.name, version)
        return pb.GetModelResponse(
            model=self._model(request.name),
            content=self._artefacts.read(request.name, version) if version else b"",
        ).SerializeToString()

    def _published(self, principal: Principal, request: pb.PublishModelRequest) -> bytes:
        name, store = request.name, self._artefacts
        if request.content:
            unpack(request.content)  # raises Refusal UNREADABLE_ARTEFACT: what nobody could load is not kept
        else:
            self._access.check_read(principal, name, request.version)
        if request.options.validate_only:
            if request.content:
                check_content(name, request.content, 0, len(request.content))
            return pb.PublishModelResponse().SerializeToString()
        number = request.version
        if request.content:
            number = store.publish(name, request.content, principal.subject).number
        if request.channel == pb.PublishModelRequest.CHANNEL_STABLE:
            store.point(name, Channels(stable=number))
        elif request.channel == pb.PublishModelRequest.CHANNEL_CANARY:
            stable = store.channels(name).stable
            store.point(name, Channels(stable=stable, canary=number, weight=request.canary_weight))
        return pb.PublishModelResponse(model=self._model(name), version=number).SerializeToString()

    def _model(self, name: str, only: tuple[int, ...] = ()) -> pb.OperatorModel:
        versions = [version for version in self._artefacts.versions(name) if not only or version.number in only]
        return operator_model(
            name, self._artefacts.channels(name), [(each, self._card(name, each)) for each in versions]
        )

    def _read_card(self, name: str, version: Version) -> Card:
        card, _ = unpack(self._artefacts.read(name, version.number))
        return card


def _check_publication(request: pb.PublishModelRequest) -> None:
    """Raises Malformed where it makes no sense."""
    if bool(request.content) == bool(request.version):
        raise Malformed("send either content or the number of a version", "version")
    if request.version < 0:
        raise Malformed("is below 0", "version")
    if request.channel not in pb.PublishModelRequest.Channel.values():
        raise Malformed("is no channel that is known here", "channel")
    canary = request.channel == pb.PublishModelRequest.CHANNEL_CANARY
    if not (0.0 < request.canary_weight <= 1.0 if canary else request.canary_weight == 0.0):
        wanted = "a part above 0, at most 1" if canary else "none, but for CHANNEL_CANARY"
        raise Refusal("OUT_OF_RANGE", f"is {request.canary_weight:g}; send {wanted}", "canary_weight")
