"""TANH: int8."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.unary import prepare_sigmoid
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    return prepare_sigmoid(view, output_zero_point=0)


OPERATOR = Operator("TANH", kernel="tanh", struct="TanhLayer", prepare=_prepare)
