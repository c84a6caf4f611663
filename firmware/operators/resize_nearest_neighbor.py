"""RESIZE_NEAREST_NEIGHBOR: int8, to a constant size."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=2)
    source = view.input(0).of("int8").ranked(4)
    size = view.input(1, "size").of("int32").shaped((2,))
    height, width = size.integers()
    result = view.output().of("int8").shaped((source.shape[0], height, width, source.shape[3]))
    return view.prepared(
        {
            "params.align_corners": view.flag("align_corners"),
            "params.half_pixel_centers": view.flag("half_pixel_centers"),
            "size_shape": size.runtime_shape,
            "size_data": size.data,
            **data_fields(source, result),
        }
    )


OPERATOR = Operator(
    "RESIZE_NEAREST_NEIGHBOR",
    kernel="resize_nearest_neighbor",
    struct="ResizeNearestNeighborLayer",
    prepare=_prepare,
)
