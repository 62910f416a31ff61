"""The message that a finite element model lacks in the contract, drafted from its task: to be pasted and reworded."""

from __future__ import annotations

import textwrap

from models import schema
from models.base import ScalarField, Spec, TensorField
from router.codec.finite_element import meshes

_TYPES = {float: "double", int: "int64", bool: "bool", str: "string"}


def row_name(spec: Spec) -> str:
    """fem.diffusion.inverse is diffusion_inverse."""
    return spec.name.removeprefix("fem.").replace(".", "_")


def drafted(spec: Spec) -> str:
    """The message, its line in the oneof, and its row in the table."""
    fields = {**schema.tensors(spec.task), **schema.scalars(spec.task)}
    own = {name: field for name, field in fields.items() if name not in meshes.FIELDS | {"degree"}}
    lines = [line for number, (name, field) in enumerate(own.items(), 1) for line in _field(name, field, number)]
    title = "".join(part.capitalize() for part in row_name(spec).split("_"))
    message = "\n".join([*_comment(spec.summary), f"message {title} {{", *lines, "}"])
    solution = next((name for name in ("u", "displacement", "velocity") if name in schema.tensors(spec.result)), "")
    return (
        f"{message}\n\n    // {spec.summary}\n    {title} {row_name(spec)} = NEXT;\n\n"
        f'        Problem("{row_name(spec)}", TASK.SPEC, "{solution}"),\n'
    )


def _field(name: str, field: TensorField | ScalarField, number: int) -> list[str]:
    match field:
        case TensorField():
            shapes = " or ".join("(" + ", ".join(map(str, each)) + ")" for each in (field.shape, *field.alternatives))
            return [*_comment(f"{field.dtype.upper()} {shapes}: {field.doc}.", "  "), f"  Tensor {name} = {number};"]
        case ScalarField():
            first, _, rest = field.doc.partition(" ")
            said = f"{first.capitalize() if len(first) > 2 and first.isalpha() else first} {rest}"
            default = f" Absent: {field.default}." if str(field.default) else ""
            kind = _TYPES[type(field.default)]
            return [*_comment(f"{said}.{default}", "  "), f"  optional {kind} {name} = {number};"]


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, 128, initial_indent=f"{indent}// ", subsequent_indent=f"{indent}// ")
