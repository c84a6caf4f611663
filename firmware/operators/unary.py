"""What element by element operators of one input share."""

from __future__ import annotations

__all__ = ["data_fields", "prepare_sigmoid", "unary_operands"]

from firmware.operators.base import PreparedLayer, Value
from firmware.operators.quantization import sigmoid_scaling
from firmware.operators.view import LayerView, Operand


def unary_operands(view: LayerView) -> tuple[Operand, Operand]:
    """Return the int8 input and the int8 output, which have one shape."""
    view.operands(inputs=1)
    source = view.input(0).of("int8")
    return source, view.output().of("int8").shaped(source.shape)


def data_fields(source: Operand, result: Operand) -> dict[str, Value]:
    """Return the members for shapes and data of one input and one output."""
    return {
        "input_shape": source.runtime_shape,
        "input_data": source.data,
        "output_shape": result.runtime_shape,
        "output_data": result.data,
    }


def prepare_sigmoid(view: LayerView, *, output_zero_point: int) -> PreparedLayer:
    """Prepare LOGISTIC or TANH, whose output's quantization is fixed."""
    source, result = unary_operands(view)
    if result.zero_point != output_zero_point:
        raise result.error(f"has zero point {result.zero_point}; {output_zero_point} is supported")
    try:
        multiplier, left_shift, radius = sigmoid_scaling(source.scale)
    except ValueError:
        raise source.error(f"has scale {source.scale}, which is out of range") from None
    return view.prepared(
        {
            "params.input_zero_point": source.zero_point,
            "params.input_range_radius": radius,
            "params.input_multiplier": multiplier,
            "params.input_left_shift": left_shift,
            **data_fields(source, result),
        }
    )
