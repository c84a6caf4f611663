"""What AVERAGE_POOL_2D and MAX_POOL_2D share."""

from __future__ import annotations

__all__ = ["prepare_pool"]

from firmware.operators.base import PreparedLayer
from firmware.operators.view import LayerView
from firmware.operators.windows import window_fields

_LARGEST_SCALE_DIFFERENCE = 1.0e-6
_MAX_WINDOW = 1 << 16


def prepare_pool(view: LayerView) -> PreparedLayer:
    """Prepare a pool: int8 in and out, quantized alike."""
    view.operands(inputs=1)
    source = view.input(0).of("int8").ranked(4)
    result = view.output().of("int8").ranked(4)
    window = (
        view.integer("filter_height", highest=_MAX_WINDOW),
        view.integer("filter_width", highest=_MAX_WINDOW),
    )
    result.shaped((*result.shape[:3], source.shape[3]))
    if (
        abs(source.scale - result.scale) > _LARGEST_SCALE_DIFFERENCE
        or source.zero_point != result.zero_point
    ):
        raise result.error(f"is not quantized like {source.role} `{source.tensor.name}`")
    return view.prepared(
        {
            **window_fields(view, source=source, result=result, window=window),
            "params.filter_height": window[0],
            "params.filter_width": window[1],
            **view.activation_fields(result),
            "input_shape": source.runtime_shape,
            "input_data": source.data,
            "output_shape": result.runtime_shape,
            "output_data": result.data,
        }
    )
