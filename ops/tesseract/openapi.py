"""The OpenAPI document of one model: its endpoints, and its inputs and outputs with Tesseract's marks on arrays.

Clients read from it which endpoints there are (`paths`), what may be encoded how (`x-supported-…`), and what can be
differentiated (`differentiable_arrays`, `array_flags`); they are as tesseract-core 1.15 writes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from models import schema
from models.base import Result, Scalar, ScalarField, Spec, Task, TensorField
from ops.tesseract.arrays import Format
from ops.tesseract.derivatives import Derivative

Json = dict[str, Any]
VJP, JVP = "vector_jacobian_product", "jacobian_vector_product"
_TYPES: Mapping[type[Scalar], str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
_NAMES: Json = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_BUFFERS = [
    {
        "type": "object",
        "properties": {"buffer": {"type": "string", "format": "byte"}, "encoding": {"const": "base64"}},
        "required": ["buffer", "encoding"],
    },
    {
        "type": "object",
        "properties": {"buffer": {}, "encoding": {"enum": ["json", "raw"]}},
        "required": ["buffer", "encoding"],
    },
]


def endpoints(derivative: Derivative | None) -> list[str]:
    """What a model with this row, or without one, answers to."""
    products = [] if derivative is None else [VJP, *([JVP] if derivative.pushed else [])]
    return ["apply", *products, "abstract_eval", "health"]


def document(spec: Spec, derivative: Derivative | None) -> Json:
    ins = () if derivative is None else tuple(derivative.gradients)
    outs = () if derivative is None else tuple(derivative.cotangents)
    served = endpoints(derivative)
    return {
        "openapi": "3.1.0",
        "info": {"title": spec.name, "version": spec.version, "description": spec.summary},
        "paths": {f"/{name}": _path(name) for name in served},
        "components": {
            "schemas": {**_schemas(spec, ins, outs), **({} if derivative is None else _product_schemas())},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
        "x-supported-output-formats": [form.value for form in Format],
        "x-supported-gpu-transports": ["none"],
        "x-supported-compressions": ["none"],
    }


def _path(name: str) -> Json:
    done = {"description": "done", "content": {"application/json": {"schema": _reference(name, "Output")}}}
    operation: Json = {"operationId": name, "responses": {"200": done}}
    if name == "health":
        return {"get": operation}
    body = {"required": True, "content": {"application/json": {"schema": _reference(name, "Input")}}}
    return {"post": {**operation, "requestBody": body}}


def _reference(endpoint: str, side: str) -> Json:
    if endpoint == "health":
        return {"type": "object", "properties": {"status": {"const": "ok"}}}
    stems = {"apply": "Apply", "abstract_eval": "Abstract"}
    stem = stems.get(endpoint, "".join(word.capitalize() for word in endpoint.split("_")))
    return {"$ref": f"#/components/schemas/{stem}{side}Schema"}


def _schemas(spec: Spec, ins: Collection[str], outs: Collection[str]) -> Json:
    abstract: Json = {"type": "object", "properties": {"inputs": {"type": "object"}}, "required": ["inputs"]}
    return {
        "Apply_InputSchema": _object(spec.task, ins),
        "Apply_OutputSchema": _object(spec.result, outs),
        "ApplyInputSchema": {
            "type": "object",
            "properties": {"inputs": {"$ref": "#/components/schemas/Apply_InputSchema"}},
            "required": ["inputs"],
            "additionalProperties": False,
            **_marks(spec.task, ins),
        },
        "ApplyOutputSchema": {"$ref": "#/components/schemas/Apply_OutputSchema", **_marks(spec.result, outs)},
        "AbstractInputSchema": abstract,
        "AbstractOutputSchema": {"type": "object"},
    }


def _product_schemas() -> Json:
    answer: Json = {"type": "object"}
    return {
        "VectorJacobianProductInputSchema": _product("vjp", "cotangent_vector"),
        "VectorJacobianProductOutputSchema": answer,
        "JacobianVectorProductInputSchema": _product("jvp", "tangent_vector"),
        "JacobianVectorProductOutputSchema": answer,
    }


def _product(prefix: str, vector: str) -> Json:
    inputs = {"$ref": "#/components/schemas/Apply_InputSchema"}
    properties: Json = {"inputs": inputs, f"{prefix}_inputs": _NAMES, f"{prefix}_outputs": _NAMES}
    properties[vector] = {"type": "object"}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _marks(declared: type[Task | Result], differentiable: Collection[str]) -> Json:
    tensors = schema.tensors(declared)
    arrays = {name: {"shape": _sizes(tensors[name]), "dtype": tensors[name].dtype} for name in differentiable}
    return {"differentiable_arrays": arrays, "field_order": {"": [*tensors, *schema.scalars(declared)]}}


def _object(declared: type[Task | Result], differentiable: Collection[str]) -> Json:
    tensors, scalars = schema.tensors(declared), schema.scalars(declared)
    properties = {name: _array(field, name in differentiable) for name, field in tensors.items()}
    properties |= {name: _scalar(field) for name, field in scalars.items()}
    required = [name for name, field in tensors.items() if not field.optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _array(field: TensorField, differentiable: bool) -> Json:
    shapes = " or ".join("(" + ", ".join(map(str, each)) + ")" for each in (field.shape, *field.alternatives))
    return {
        "type": "object",
        "description": f"{field.doc}; {field.dtype} {shapes}",
        "array_flags": ["DIFFERENTIABLE"] if differentiable else [],
        "properties": {
            "object_type": {"const": "array"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "dtype": {"type": "string", "examples": [field.dtype]},
            "data": {"oneOf": _BUFFERS},
        },
        "required": ["shape", "dtype", "data"],
    }


def _sizes(field: TensorField) -> list[int | None] | None:
    """None for a size that is not fixed, and for all of them where the number of axes is not."""
    if any(len(other) != len(field.shape) for other in field.alternatives):
        return None
    axes = zip(field.shape, *field.alternatives, strict=True)
    return [each[0] if isinstance(each[0], int) and each[0] >= 0 and len(set(each)) == 1 else None for each in axes]


def _scalar(field: ScalarField) -> Json:
    choices = {"enum": list(field.choices)} if field.choices else {}
    return {"type": _TYPES[type(field.default)], "default": field.default, "description": field.doc, **choices}
