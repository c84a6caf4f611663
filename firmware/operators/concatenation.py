"""CONCATENATION: int8, of up to ten inputs."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer, Value
from firmware.operators.view import LayerView

_MAX_INPUTS = 10
_MAX_RANK = 4


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=(1, _MAX_INPUTS))
    sources = [
        view.input(position, f"input {position}").of("int8").ranked(1, _MAX_RANK)
        for position in range(len(view.layer.inputs))
    ]
    result = view.output().of("int8")
    view.choice("fused_activation_function", ("NONE",), "NONE")
    rank = len(sources[0].shape)
    axis = view.integer("axis", lowest=-rank, highest=rank - 1, default=0) % rank
    for source in sources:
        source.ranked(rank).shaped(
            (*sources[0].shape[:axis], source.shape[axis], *sources[0].shape[axis + 1 :])
        )
    total = sum(source.shape[axis] for source in sources)
    result.shaped((*sources[0].shape[:axis], total, *sources[0].shape[axis + 1 :]))
    # TFLM copies the inputs as they are, whatever their quantization.
    fields: dict[str, Value] = {"params.axis": axis, "params.inputs_count": len(sources)}
    for position, source in enumerate(sources):
        fields[f"input_shapes[{position}]"] = source.runtime_shape
        fields[f"input_data[{position}]"] = source.data
    return view.prepared(
        {**fields, "output_shape": result.runtime_shape, "output_data": result.data}
    )


OPERATOR = Operator(
    "CONCATENATION", kernel="concatenation", struct="ConcatenationLayer", prepare=_prepare
)
