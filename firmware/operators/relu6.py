"""RELU6: int8, without a rescaling."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.quantization import activation_range
from firmware.operators.unary import data_fields, unary_operands
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    source, result = unary_operands(view)
    try:
        _, six = activation_range("RELU6", source.scale, source.zero_point)
    except OverflowError:
        raise source.error(f"has scale {source.scale}, which is too small") from None
    return view.prepared({"zero": source.zero_point, "six": six, **data_fields(source, result)})


OPERATOR = Operator("RELU6", kernel="relu6", struct="Relu6Layer", prepare=_prepare)
