"""ADD: int8, broadcasting."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.elementwise import prepare_sum
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    return prepare_sum(view, single_precision=False)


OPERATOR = Operator("ADD", kernel="add", struct="AddLayer", prepare=_prepare)
