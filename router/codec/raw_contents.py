"""An Open Inference message in two parts: what describes its tensors, and their raw bytes.

A client describes call after call the same tensors, so that the first part repeats; the second is long and need not be
copied. Both directions follow from protobuf's encoding (protobuf.dev/programming-guides/encoding): a message is a
sequence of fields in any order, and messages written one after another are one message with the fields of both.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.base import Array

REQUEST, RESPONSE = 7, 6  # the numbers of raw_input_contents and raw_output_contents
_BYTES = 2  # the wire type of a field that begins with its length
_MOST_FIELDS = 1024  # beyond, a stranger could keep Python busy with a message that a parser in C takes in its stride
_VARINT_BITS = 63


def cut(body: bytes, number: int) -> tuple[bytes, list[memoryview]]:
    """(the message without its field `number`, the values of that field as views of `body`).

    What is not a short sequence of fields as these messages have them comes back whole: a parser has to judge it.
    """
    view = memoryview(body)
    raw: list[memoryview] = []
    rest: list[bytes] = []
    at = begin = 0
    try:
        for _ in range(_MOST_FIELDS):
            if at >= len(body):
                break
            start, key = at, body[at]
            if key & 0x87 != _BYTES:  # another wire type, or a number above 15
                return body, []
            length, at = _varint(body, at + 1)
            at += length
            if key >> 3 == number:
                raw.append(view[at - length : at])
                rest.append(body[begin:start])
                begin = at
    except IndexError:
        return body, []
    if at != len(body):  # there are more fields, or the last one is cut off
        return body, []
    rest.append(body[begin:])
    return b"".join(rest), raw


def joined(description: bytes, number: int, arrays: Iterable[Array]) -> bytes:
    """The message that `description` begins, with the bytes of C-contiguous arrays as its field `number`."""
    parts: list[bytes | memoryview] = [description]
    for array in arrays:
        parts += (bytes((number << 3 | _BYTES, *_encoded(array.nbytes))), array.data)
    return b"".join(parts)


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """(the number that begins here, where it ends); raises IndexError where the body or the number's 63 bits do."""
    value = 0
    for shift in range(0, _VARINT_BITS, 7):
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise IndexError


def _encoded(value: int) -> Iterable[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
