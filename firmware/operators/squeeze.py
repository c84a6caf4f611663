"""SQUEEZE: the same bytes under another shape, of any type."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator
from firmware.operators.reshape import prepare_copy

OPERATOR = Operator("SQUEEZE", kernel="reshape", struct="ReshapeLayer", prepare=prepare_copy)
