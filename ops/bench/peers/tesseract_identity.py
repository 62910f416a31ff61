"""A peer: the identity as a Tesseract. `TESSERACT_API_PATH` names this file to `tesseract-runtime serve`."""

# mypy: ignore-errors
# Its library is not in the environment that is type-checked.

from pydantic import BaseModel
from tesseract_core.runtime import Array, Float64


class InputSchema(BaseModel):
    data: Array[(None,), Float64]


class OutputSchema(BaseModel):
    data: Array[(None,), Float64]


def apply(inputs: InputSchema) -> OutputSchema:
    return OutputSchema(data=inputs.data)
