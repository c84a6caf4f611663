"""LOGISTIC: int8."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.unary import prepare_sigmoid
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    return prepare_sigmoid(view, output_zero_point=-128)


OPERATOR = Operator("LOGISTIC", kernel="logistic", struct="LogisticLayer", prepare=_prepare)
