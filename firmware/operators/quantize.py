"""QUANTIZE: float32 to int8, and int8 to int8 of another scale.

A float32 input must be finite and below 2**31 times the scale: beyond that TFLM's kernel converts a
float that no int32 can hold, which gives what the processor makes of it.
"""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=1)
    source = view.input(0).of("float32", "int8")
    result = view.output().of("int8").shaped(source.shape)
    fields = {
        "params.zero_point": result.zero_point,
        "params.scale": result.scale,
        **data_fields(source, result),
    }
    if source.dtype == "float32":
        return view.prepared({**fields, "input_data": None, "input_data_float": source.data})
    mantissa, shift = view.multiplier(source.scale / result.scale)
    return view.prepared(
        {
            **fields,
            "input_data_float": None,
            "output_multiplier": mantissa,
            "output_shift": shift,
            "input_zero_point": source.zero_point,
        }
    )


OPERATOR = Operator("QUANTIZE", kernel="quantize", struct="QuantizeLayer", prepare=_prepare)
