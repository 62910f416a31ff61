"""SolveInPieces: an answer without its large tensors, and then these, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from faraday.v1 import finite_element_pb2 as pb
from models.base import Array, Refusal
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.solve import SolveCodec, arrays_of, tensor_in
from router.errors import Malformed

LEAST, MOST, USUAL = 1 << 12, 1 << 24, 1 << 20  # bytes of a piece


class PiecesCodec:
    """Field paths begin at the SolveRequest. `kept` finds the meshes of the tenant that asks."""

    def __init__(self, kept: Kept) -> None:
        self._one = SolveCodec(kept)

    def decode(self, body: bytes) -> tuple[Question, int]:
        """The question, and the most bytes of a piece. Raises as `SolveCodec.decode`."""
        request = common.parse(pb.SolveInPiecesRequest, body)
        size = request.piece_bytes if request.HasField("piece_bytes") else USUAL
        if not LEAST <= size <= MOST:
            raise Malformed(f"is {size}; send {LEAST} to {MOST}", "piece_bytes", {"value": str(size)})
        return self._one.question(request.request), size

    def messages(self, reply: Reply, piece_bytes: int) -> Iterator[bytes]:
        response = pb.SolveResponse(evidence=common.evidence_of(reply))
        arrays = {} if reply.result is None else arrays_of(reply.result, reply.model)
        large = {name: array for name, array in arrays.items() if array.nbytes > piece_bytes}
        for name, array in arrays.items():
            tensor = tensor_in(response, name)
            if name in large:
                tensor.MergeFrom(common.described(array))
            else:
                tensor.CopyFrom(common.tensor_of(array))
        yield pb.SolveInPiecesResponse(response=response).SerializeToString()
        for name, array in large.items():
            yield from _pieces(name, array, piece_bytes)

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return self._one.refusal(refusal, question)


def _pieces(name: str, array: Array, size: int) -> Iterator[bytes]:
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    for offset in range(0, len(data), size):
        piece = pb.TensorPiece(name=name, offset_bytes=offset, data=bytes(data[offset : offset + size]))
        yield pb.SolveInPiecesResponse(piece=piece).SerializeToString()
