"""PADV2: int8, with constant paddings."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator
from firmware.operators.padding import prepare_pad

OPERATOR = Operator("PADV2", kernel="pad", struct="PadLayer", prepare=prepare_pad)
