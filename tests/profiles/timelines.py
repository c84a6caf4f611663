"""A time line for tests."""

from __future__ import annotations

__all__ = ["example_timeline"]

from dataclasses import replace
from typing import Any

from sim.cycle_split import Cause
from sim.timeline import (
    Burst,
    Called,
    CallNode,
    CfuBurst,
    LayerCalls,
    NodeCycles,
    Slice,
    Timeline,
    Window,
)


def example_timeline(**changes: Any) -> Timeline:
    """Return a time line of two layers, at cycles 1000 and 2000, with some fields changed."""
    return replace(
        Timeline(
            nodes={
                1: CallNode(0, "main"),
                2: CallNode(1, "Measure"),
                3: CallNode(2, "RunLayer"),
                4: CallNode(3, "conv_2d"),
                5: CallNode(4, "memcpy"),
                6: CallNode(3, ""),
            },
            layers=[
                LayerCalls(
                    0,
                    1000,
                    1500,
                    {
                        2: NodeCycles(0, {Cause.ISSUED: 10}),
                        3: NodeCycles(1, {Cause.ISSUED: 20}),
                        4: NodeCycles(1, {Cause.ISSUED: 300, Cause.CFU: 50}),
                        5: NodeCycles(9, {Cause.ISSUED: 90, Cause.DATA_MISS: 30}),
                    },
                ),
                LayerCalls(
                    1, 2000, 2100, {3: NodeCycles(1, {}), 6: NodeCycles(1, {Cause.OTHER: 100})}
                ),
            ],
            slices=[
                Slice(4, 1010, 1490),
                Slice(3, 1000, 1490),
                Slice(2, 1000, 1500),
                Slice(1, 1000, 1500),
                Slice(6, 2000, 2100),
                Slice(3, 2000, 2100),
                Slice(2, 2000, 2100),
                Slice(1, 2000, 2100),
            ],
            bursts=[
                Burst(4, 1010, 1200, {"memcpy": Called(9, 120), "f": Called(2, 9)}),
                Burst(1, 1000, 1100, {"above": Called(1, 1)}),
            ],
            cfu=[
                CfuBurst(1300, 1400, 80, {0: 40, 9: 50, 1023: 1}),
                CfuBurst(1450, 1450, 0, {9: 1}),
            ],
            windows=[
                Window(1000, 1500, {Cause.ISSUED: 400, Cause.DATA_MISS: 99, Cause.STORE: 1}),
                Window(2000, 2100, {Cause.ISSUED: 100}),
            ],
        ),
        **changes,
    )
