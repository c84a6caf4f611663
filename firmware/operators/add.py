"""ADD: int8, broadcasting."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator
from firmware.operators.elementwise import prepare_sum

OPERATOR = Operator("ADD", kernel="add", struct="AddLayer", prepare=prepare_sum)
