"""What convolutions and pools share: a window that moves over height and width."""

from __future__ import annotations

__all__ = ["bias_fields", "convolution_fields", "window_fields"]

from collections.abc import Mapping

from firmware.operators.base import ConstArray, Enumerator, Shape, Value
from firmware.operators.quantization import output_size, padding_before
from firmware.operators.view import LayerView, Operand

_MAX_PADDING = 32767  # PaddingValues holds int16_t


def window_fields(
    view: LayerView,
    *,
    source: Operand,
    result: Operand,
    window: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Mapping[str, Value]:
    """Return padding and stride members, having checked the output's height and width.

    Parameters
    ----------
    source, result
        Operands of shape (batch, height, width, channels).
    window, dilation
        (height, width).
    """
    padding = view.padding
    stride = (view.integer("stride_h"), view.integer("stride_w"))
    sizes = []
    before = []
    for axis in (0, 1):
        count = output_size(
            padding, source.shape[1 + axis], window[axis], stride[axis], dilation=dilation[axis]
        )
        if count < 1:
            raise view.error(
                f"the window does not fit into {source.role} `{source.tensor.name}` of shape "
                f"{list(source.shape)}"
            )
        sizes.append(count)
        before.append(
            padding_before(
                source.shape[1 + axis], window[axis], stride[axis], count, dilation=dilation[axis]
            )
        )
    result.shaped((source.shape[0], sizes[0], sizes[1], result.shape[3]))
    if max(before)[0] > _MAX_PADDING:
        raise view.error(f"needs a padding of {max(before)[0]}; {_MAX_PADDING} is supported")
    return {
        "params.padding_type": Enumerator(f"tflite::PaddingType::k{padding.capitalize()}"),
        "params.padding_values.width": before[1][0],
        "params.padding_values.height": before[0][0],
        "params.padding_values.width_offset": before[1][1],
        "params.padding_values.height_offset": before[0][1],
        "params.stride_width": stride[1],
        "params.stride_height": stride[0],
    }


def convolution_fields(
    view: LayerView,
    *,
    source: Operand,
    weights: Operand,
    bias: Operand | None,
    result: Operand,
    channel_axis: int,
) -> Mapping[str, Value]:
    """Return the members that convolutions of every kind have: offsets, multipliers and tensors.

    Parameters
    ----------
    channel_axis
        The dimension of the weights that runs over output channels.
    """
    channels = result.shape[-1]
    scales = weights.symmetric_scales(axis=channel_axis)
    multipliers = [
        view.multiplier(source.scale * scale / result.scale)
        for scale in (scales if len(scales) > 1 else scales * channels)
    ]
    return {
        "params.input_offset": -source.zero_point,
        "params.weights_offset": 0,
        "params.output_offset": result.zero_point,
        **view.activation_fields(result),
        "output_multiplier": ConstArray("int32_t", tuple(mantissa for mantissa, _ in multipliers)),
        "output_shift": ConstArray("int32_t", tuple(shift for _, shift in multipliers)),
        "input_shape": source.runtime_shape,
        "input_data": source.data,
        "filter_shape": weights.runtime_shape,
        "filter_data": weights.data,
        **bias_fields(bias, channels),
        "output_shape": result.runtime_shape,
        "output_data": result.data,
    }


def bias_fields(bias: Operand | None, channels: int) -> Mapping[str, Value]:
    """Return the members of an optional bias, having checked that there is one for each channel."""
    if bias is not None:
        bias.of("int32").shaped((channels,))
    # Some of TFLM's kernels look at the shape of a bias that is not there.
    return {"bias_shape": Shape((channels,)), "bias_data": None if bias is None else bias.data}
