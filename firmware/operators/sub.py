"""SUB: int8, broadcasting."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.elementwise import prepare_sum
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    # TFLM divides the scales of SUB in float32, those of ADD in double.
    return prepare_sum(view, single_precision=True)


OPERATOR = Operator("SUB", kernel="sub", struct="SubLayer", prepare=_prepare)
