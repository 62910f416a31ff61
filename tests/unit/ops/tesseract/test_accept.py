"""Which format a call's Accept header takes."""

from __future__ import annotations

import pytest

from ops.tesseract.accept import negotiated
from ops.tesseract.arrays import Format


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Format.BASE64),
        ("*/*", Format.BASE64),
        ("application/*; gpu_transport=none", Format.BASE64),
        ("application/json", Format.JSON),
        ('Application/JSON+base64; compression="none"', Format.BASE64),
        ("application/json+binref, application/json", Format.JSON),
        ("application/json;q=0.5, application/json+base64", Format.BASE64),
        ("application/json;q=0.5, application/json+base64;q=0.1", Format.JSON),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
        ("application/json; compression=lz4", None),
        ("*/*; gpu_transport=cuda_ipc", None),
        ("text/html", None),
        (",", None),
    ],
)
def test_the_best_range_that_there_is_wins(accept: str, form: Format | None) -> None:
    assert negotiated(accept) is form
