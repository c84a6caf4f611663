"""STRIDED_SLICE: int8, of up to four dimensions, with constant bounds."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer, Value
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView

_MAX_RANK = 4
_MAX_EXTENT = 1 << 30  # so that an index and a stride add up to 32 bits
_MAX_MASK = (1 << 16) - 1


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=4)
    source = view.input(0).of("int8").ranked(1, _MAX_RANK)
    rank = len(source.shape)
    begin, end, strides = (
        view.input(position, role).of("int32").shaped((rank,)).integers()
        for position, role in enumerate(("begin", "end", "strides"), start=1)
    )
    result = view.output().of("int8")
    masks = {
        name: view.integer(name, lowest=0, highest=_MAX_MASK, default=0)
        for name in ("begin_mask", "end_mask", "shrink_axis_mask")
    }
    # TFLM knows these two, but does as if they were zero.
    for name in ("ellipsis_mask", "new_axis_mask"):
        view.integer(name, lowest=0, highest=0, default=0)
    if view.flag("offset"):
        raise view.error("has offset; end positions counted from the start are supported")
    dims = []
    for axis, size in enumerate(source.shape):
        if strides[axis] == 0 or max(abs(strides[axis]), size) > _MAX_EXTENT:
            raise view.error(f"has stride {strides[axis]} along a dimension of size {size}")
        shrinks = bool(masks["shrink_axis_mask"] >> axis & 1)
        length = _length(
            size,
            begin=None if masks["begin_mask"] >> axis & 1 else begin[axis],
            end=None if masks["end_mask"] >> axis & 1 else end[axis],
            stride=strides[axis],
            shrinks=shrinks,
        )
        if shrinks and length != 1:
            raise view.error(f"takes no element from dimension {axis}")
        if not shrinks:
            dims.append(length)
    result.shaped(tuple(dims))
    fields: dict[str, Value] = {f"params.{name}": mask for name, mask in masks.items()}
    for name, values in (("start_indices", begin), ("stop_indices", end), ("strides", strides)):
        fields[f"params.{name}_count"] = rank
        for axis, value in enumerate(values):
            fields[f"params.{name}[{axis}]"] = value
    return view.prepared({**fields, **data_fields(source, result)})


def _length(size: int, *, begin: int | None, end: int | None, stride: int, shrinks: bool) -> int:
    """Return how many elements TFLM's kernel takes from a dimension."""
    lowest, highest = (0, size) if stride > 0 else (-1, size - 1)

    def clamp(position: int) -> int:
        return min(max(position + size if position < 0 else position, lowest), highest)

    first = (lowest if stride > 0 else highest) if begin is None else clamp(begin)
    if shrinks:
        return int(0 <= first < size and stride > 0)
    last = (highest if stride > 0 else lowest) if end is None else clamp(end)
    return len(range(first, last, stride))


OPERATOR = Operator(
    "STRIDED_SLICE", kernel="strided_slice", struct="StridedSliceLayer", prepare=_prepare
)
