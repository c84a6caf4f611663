"""TRANSPOSE: int8, of up to six dimensions, with a constant permutation."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer, Value
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=2)
    source = view.input(0).of("int8").ranked(1, 6)
    order_operand = view.input(1, "permutation").of("int32")
    result = view.output().of("int8")
    order = order_operand.integers()
    if sorted(order) != list(range(len(source.shape))):
        raise order_operand.error(f"is {list(order)}, which does not order the input's dimensions")
    result.shaped(tuple(source.shape[axis] for axis in order))
    fields: dict[str, Value] = {"params.perm_count": len(order)}
    for position, axis in enumerate(order):
        fields[f"params.perm[{position}]"] = axis
    return view.prepared({**fields, **data_fields(source, result)})


OPERATOR = Operator("TRANSPOSE", kernel="transpose", struct="TransposeLayer", prepare=_prepare)
