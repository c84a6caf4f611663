"""DEQUANTIZE: int8 to float32."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=1)
    source = view.input(0).of("int8")
    result = view.output().of("float32").shaped(source.shape)
    return view.prepared(
        {
            "params.scale": source.scale,
            "params.zero_point": source.zero_point,
            **data_fields(source, result),
        }
    )


OPERATOR = Operator("DEQUANTIZE", kernel="dequantize", struct="DequantizeLayer", prepare=_prepare)
