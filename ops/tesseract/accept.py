"""Which of our formats a call's Accept header takes."""

from __future__ import annotations

from ops.tesseract.arrays import Format

_ANY = ("*/*", "application/*")
_OFFERED = {"gpu_transport": "none", "compression": "none"}  # parameters that Tesseract's clients may send


def negotiated(accept: str) -> Format | None:
    """By falling quality, the first of its ranges that we make; base64 where all is the same. None where none is."""
    if not accept.strip():
        return Format.BASE64
    ranges = [_range(each) for each in accept.split(",") if each.strip()]
    for media_type, parameters in sorted(ranges, key=_quality, reverse=True):
        if _quality((media_type, parameters)) <= 0.0:
            continue
        if all(parameters.get(name, offered) == offered for name, offered in _OFFERED.items()):
            if media_type in _ANY:
                return Format.BASE64
            for form in Format:
                if media_type == form.media_type:
                    return form
    return None


def _range(text: str) -> tuple[str, dict[str, str]]:
    media_type, *said = text.split(";")
    pairs = (each.partition("=") for each in said)
    return media_type.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _quality(ranged: tuple[str, dict[str, str]]) -> float:
    try:
        return float(ranged[1].get("q", "1"))
    except ValueError:
        return 0.0
