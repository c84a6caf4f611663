"""RESHAPE: the same bytes under another shape, of any type."""

from __future__ import annotations

__all__ = ["OPERATOR", "prepare_copy"]

from firmware.operators.base import Operator, PreparedLayer, Value
from firmware.operators.view import LayerView

_TYPES = ("int8", "int16", "int32", "int64", "uint8", "float32", "bool")


def prepare_copy(view: LayerView) -> PreparedLayer:
    """Prepare a copy of the first input to the output, which has as many elements."""
    view.operands(inputs=(1, 2))
    source = view.input(0).of(*_TYPES)
    result = view.output().of(source.dtype)
    if source.tensor.elements != result.tensor.elements:
        raise result.error(
            f"has shape {list(result.shape)}, but the input has {source.tensor.elements} elements"
        )
    fields: dict[str, Value] = {
        "input_data": source.data,
        "output_data": result.data,
        "bytes": source.tensor.bytes,
    }
    return view.prepared(fields)


OPERATOR = Operator("RESHAPE", kernel="reshape", struct="ReshapeLayer", prepare=prepare_copy)
