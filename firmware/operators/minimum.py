"""MINIMUM: int8, broadcasting, of up to five dimensions."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.elementwise import broadcast_operands
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    _, _, result, fields = broadcast_operands(view, "int8")
    result.ranked(0, 5)
    del fields["requires_broadcast"]
    return view.prepared(fields)


OPERATOR = Operator("MINIMUM", kernel="minimum", struct="MinimumLayer", prepare=_prepare)
