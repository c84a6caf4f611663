"""AVERAGE_POOL_2D: int8."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator
from firmware.operators.pooling import prepare_pool

OPERATOR = Operator(
    "AVERAGE_POOL_2D", kernel="average_pool_2d", struct="AveragePool2DLayer", prepare=prepare_pool
)
