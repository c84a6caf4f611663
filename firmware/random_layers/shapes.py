"""Random layers that move elements, and means over dimensions."""

from __future__ import annotations

__all__ = ["LAYERS"]

import functools
from collections.abc import Callable, Mapping

import numpy as np

from firmware.random_layers.draw import Draw


def _reshape(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4))
    order = draw.order(len(source.shape))
    shape = tuple(source.shape[axis] for axis in order)
    if draw.chance(0.5):
        shape = (int(np.prod(shape)),)
    result = draw.result(shape, scale=source.scale, zero_point=source.zero_point)
    draw.layer("RESHAPE", [source.index, draw.integers(*shape)], result, {"new_shape": shape})


def _expand_dims(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 3))
    axis = draw.integer(0, len(source.shape))
    shape = (*source.shape[:axis], 1, *source.shape[axis:])
    result = draw.result(shape, scale=source.scale, zero_point=source.zero_point)
    draw.layer("EXPAND_DIMS", [source.index, draw.integers(axis)], result)


def _squeeze(draw: Draw) -> None:
    shape = draw.shape(1, 3)
    axis = draw.integer(0, len(shape))
    source = draw.operand((*shape[:axis], 1, *shape[axis:]))
    result = draw.result(shape, scale=source.scale, zero_point=source.zero_point)
    draw.layer("SQUEEZE", [source.index], result, {"squeeze_dims": (axis,)})


def _pad(draw: Draw, operator: str) -> None:
    source = draw.operand(draw.shape(1, 4, largest=5))
    rank = len(source.shape)
    amounts = [draw.integer(0, 3) if draw.chance(0.6) else 0 for _ in range(2 * rank)]
    shape = tuple(
        size + before + after
        for size, before, after in zip(source.shape, amounts[::2], amounts[1::2], strict=True)
    )
    result = draw.result(shape, scale=source.scale, zero_point=source.zero_point)
    inputs = [source.index, draw.integers(*amounts, shape=(rank, 2))]
    if operator == "PADV2":
        inputs.append(
            draw.constant_like(
                draw.integer(-128, 127), scale=source.scale, zero_point=source.zero_point
            )
        )
    draw.layer(operator, inputs, result)


def _mean(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4, largest=7))
    rank = len(source.shape)
    axes = draw.order(rank)[: draw.integer(1, rank)]
    if rank == 4 and draw.chance(0.4):
        axes = [1, 2]
    keep_dims = draw.chance(0.5) or len(axes) == rank
    shape = tuple(
        1 if axis in axes else size
        for axis, size in enumerate(source.shape)
        if keep_dims or axis not in axes
    )
    if draw.chance(0.3):
        result = draw.result(shape, scale=source.scale, zero_point=source.zero_point)
    else:
        result = draw.result(shape, scale=source.scale / draw.factor(1))
    given = [axis - rank if draw.chance(0.2) else axis for axis in axes]
    draw.layer("MEAN", [source.index, draw.integers(*given)], result, {"keep_dims": keep_dims})


def _concatenation(draw: Draw) -> None:
    shape = draw.shape(1, 4, largest=5)
    axis = draw.integer(0, len(shape) - 1)
    scale, zero_point = draw.power(-8, 0), draw.zero_point()
    sources = [
        draw.operand(
            (*shape[:axis], draw.integer(1, 5), *shape[axis + 1 :]),
            scale=scale,
            zero_point=zero_point,
            constant=0.1 if position else 0.0,
        )
        for position in range(draw.integer(1, 10))
    ]
    total = sum(source.shape[axis] for source in sources)
    result = draw.result(
        (*shape[:axis], total, *shape[axis + 1 :]), scale=scale, zero_point=zero_point
    )
    given = axis - len(shape) if draw.chance(0.4) else axis
    draw.layer("CONCATENATION", [source.index for source in sources], result, {"axis": given})


def _strided_slice(draw: Draw) -> None:
    shape = draw.shape(1, 4, largest=8)
    masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0}
    begins, ends, strides, dims = [], [], [], []
    for axis, size in enumerate(shape):
        index = draw.integer(0, size - 1)
        if draw.chance(0.2) and len(shape) > 1 and axis < len(shape) - 1:
            masks["shrink_axis_mask"] |= 1 << axis
            begins.append(index - size if draw.chance(0.3) else index)
            ends.append(draw.integer(-size, size))
            strides.append(1)
            continue
        length = draw.integer(1, size)
        stride = draw.choice((1, 1, 2, 3, -1, -2))
        first = draw.integer(0, size - length)
        begin, end = (first, first + length) if stride > 0 else (first + length - 1, first - 1)
        if end < 0 or draw.chance(0.2):
            masks["end_mask"] |= 1 << axis
            end = size if stride > 0 else -1
        if draw.chance(0.2):
            masks["begin_mask"] |= 1 << axis
            begin = 0 if stride > 0 else size - 1
        dims.append(len(range(begin, end, stride)))
        begins.append(begin - size if draw.chance(0.3) else begin)
        ends.append(end + draw.choice((0, 9)) if end == size else end)
        strides.append(stride)
    source = draw.operand(shape)
    result = draw.result(tuple(dims), scale=source.scale, zero_point=source.zero_point)
    inputs = [source.index, *(draw.integers(*values) for values in (begins, ends, strides))]
    draw.layer("STRIDED_SLICE", inputs, result, masks)


def _transpose(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 5, largest=5))
    order = draw.order(len(source.shape))
    shape = tuple(source.shape[axis] for axis in order)
    result = draw.result(shape, scale=source.scale, zero_point=source.zero_point)
    draw.layer("TRANSPOSE", [source.index, draw.integers(*order)], result)


def _resize_nearest_neighbor(draw: Draw) -> None:
    source = draw.operand(tuple(draw.integer(1, size) for size in (2, 9, 9, 6)))
    size = (draw.integer(1, 20), draw.integer(1, 20))
    result = draw.result(
        (source.shape[0], *size, source.shape[3]), scale=source.scale, zero_point=source.zero_point
    )
    options = {"align_corners": False, "half_pixel_centers": False}
    options[draw.choice(tuple(options))] = draw.chance(0.6)
    draw.layer("RESIZE_NEAREST_NEIGHBOR", [source.index, draw.integers(*size)], result, options)


LAYERS: Mapping[str, Callable[[Draw], None]] = {
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "MEAN": _mean,
    "PAD": functools.partial(_pad, operator="PAD"),
    "PADV2": functools.partial(_pad, operator="PADV2"),
    "RESHAPE": _reshape,
    "RESIZE_NEAREST_NEIGHBOR": _resize_nearest_neighbor,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TRANSPOSE": _transpose,
}
