"""What PAD and PADV2 share."""

from __future__ import annotations

__all__ = ["prepare_pad"]

from firmware.operators.base import PreparedLayer, Value
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView

_MAX_RANK = 5


def prepare_pad(view: LayerView) -> PreparedLayer:
    """Prepare a constant padding, int8, of up to five dimensions."""
    view.operands(inputs=(2, 3))
    source = view.input(0).of("int8").ranked(1, _MAX_RANK)
    paddings = view.input(1, "paddings").of("int32").shaped((len(source.shape), 2))
    value = view.optional_input(2, "padding value")
    result = view.output().of("int8")
    amounts = paddings.integers()
    if min(amounts) < 0:
        raise paddings.error(f"is {list(amounts)}; padding from 0 up is supported")
    before, after = amounts[::2], amounts[1::2]
    result.shaped(tuple(map(sum, zip(source.shape, before, after, strict=True))))
    if value is not None:
        value.of("int8").same_quantization(result)
        if value.tensor.elements != 1:
            raise value.error(f"has shape {list(value.shape)}; one element is supported")
    fields: dict[str, Value] = {
        "params.left_padding_count": len(before),
        "params.right_padding_count": len(after),
    }
    for index, (left, right) in enumerate(zip(before, after, strict=True)):
        fields[f"params.left_padding[{index}]"] = left
        fields[f"params.right_padding[{index}]"] = right
    return view.prepared(
        {
            **fields,
            "pad_value": None if value is None else value.data,
            "zero_point": result.zero_point,
            **data_fields(source, result),
        }
    )
