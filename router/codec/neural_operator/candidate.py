"""A candidate for training, as a message."""

from __future__ import annotations

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from faraday.v1 import neural_operator_pb2 as pb
from models.kept import Entry
from models.operators.missed import Missed
from router.codec import common


def candidate(entry: Entry, missed: Missed) -> pb.Candidate:
    created = Timestamp()
    created.FromNanoseconds(entry.created_ns)
    inputs, targets = missed.fields()
    return pb.Candidate(
        digest=entry.digest,
        create_time=created,
        grid=common.tensor_of(np.array(missed.grid, np.int64)),
        inputs=common.tensor_of(inputs),
        targets=common.tensor_of(targets),
        reason=missed.why,
        relative_error=missed.relative_error,
        operator=missed.operator,
        version=missed.version,
    )
