"""Solve and SolveBatch: SolveRequest to the task of its problem, the problem's result to SolveResponse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from google.rpc.status_pb2 import Status

from faraday.v1 import finite_element_pb2 as pb
from faraday.v1.common_pb2 import Tensor
from models import schema
from models.base import Array, Refusal, Result
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element import posed
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.problems import PROBLEMS

_BY_MODEL = {row.spec.name: row for row in PROBLEMS.values()}
TYPED = ("solution", "points", "cells", "cell_bound")  # fields of an answer; other arrays are among its outputs


class SolveCodec:
    """`kept` finds the meshes of the tenant that asks."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def decode(self, body: bytes) -> Question:
        return self.question(common.parse(pb.SolveRequest, body))

    def question(self, request: pb.SolveRequest) -> Question:
        row = PROBLEMS[posed.problem_of(request)]
        return posed.question(request, row.spec, row.layout, self._kept)

    def encode(self, reply: Reply, question: Question) -> bytes:
        return self.response(reply).SerializeToString()

    def response(self, reply: Reply) -> pb.SolveResponse:
        response = pb.SolveResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            for name, array in arrays_of(reply.result, reply.model).items():
                tensor_in(response, name).CopyFrom(common.tensor_of(array))
        return response

    def replayed(self, answer: bytes, question: Question) -> bytes:
        mark: bytes = pb.SolveResponse(evidence=common.REPLAYED).SerializeToString()
        return answer + mark

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        kind, _ = question.echo
        return posed.in_request(refusal, _BY_MODEL[question.model].layout, kind)


class SolveBatchCodec:
    """The same inside the messages of a stream. Field paths begin at the SolveRequest."""

    def __init__(self, kept: Kept) -> None:
        self._one = SolveCodec(kept)

    def decode(self, body: bytes) -> Question:
        return self._one.question(common.parse(pb.SolveBatchRequest, body).request)

    def encode(self, reply: Reply, question: Question) -> bytes:
        return pb.SolveBatchResponse(response=self._one.response(reply)).SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        mark = pb.SolveBatchResponse(response=pb.SolveResponse(evidence=common.REPLAYED))
        return answer + mark.SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return self._one.refusal(refusal, question)


def failed(status: Status) -> bytes:
    """The answer of SolveBatch to a request that failed."""
    return pb.SolveBatchResponse(error=status).SerializeToString()


def named_tensors(arrays: Mapping[str, Array]) -> list[pb.NamedTensor]:
    return [pb.NamedTensor(name=name, tensor=common.tensor_of(array)) for name, array in arrays.items()]


def arrays_of(result: Result, model: str) -> dict[str, Array]:
    """The arrays of an answer by their names there; numbers among a result's fields are arrays of no dimension."""
    scalars, arrays = schema.flatten(result)
    arrays |= {name: np.asarray(value) for name, value in scalars.items()}
    solution = _BY_MODEL[model].solution
    return {"solution" if name == solution else name: array for name, array in arrays.items()}


def tensor_in(response: pb.SolveResponse, name: str) -> Tensor:
    """Where an answer has the array of this name; it is made there, at the end of the outputs where need be."""
    if name in TYPED:
        tensor: Tensor = getattr(response, name)
        return tensor
    return response.outputs.add(name=name).tensor
