"""Max pooling of int8."""

from __future__ import annotations

__all__ = ["EXAMPLES", "MaxPool", "max_pool"]

from collections.abc import Iterable
from typing import ClassVar

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.pipeline import flag_after


def max_pool(inputs: Iterable[int], *, minimum: int, maximum: int) -> int:
    """Return the largest of the inputs, all int8, clamped; -128 of none before it is clamped."""
    return min(max(max(inputs, default=-128), minimum), maximum)


class MaxPool(wiring.Component):
    """Keep the largest int8 of each lane; a position of the window every cycle, never stalls.

    Parameters
    ----------
    lanes
        Channels side by side.

    Members
    -------
    valid : `In(1)`
        Take `inputs`.
    begins : `In(1)`
        Whether they are the first of a window.
    inputs : `In(8 * lanes)`
        int8, lane 0 in the lowest byte.
    minimum, maximum : `In(signed(8))`
        Constant while something is inside; `minimum` <= `maximum`.
    output_valid : `Out(1)`
        `valid`, `latency` cycles later.
    output : `Out(8 * lanes)`
        Largest inputs since `begins`, clamped.

    Raises
    ------
    ValueError
        If there are no lanes.
    """

    latency: ClassVar[int] = 2

    def __init__(self, *, lanes: int = 4) -> None:
        if lanes < 1:
            raise ValueError(f"there must be at least 1 lane, not {lanes}")
        self.lanes = lanes
        super().__init__(
            {
                "valid": In(1),
                "begins": In(1),
                "inputs": In(8 * lanes),
                "minimum": In(signed(8)),
                "maximum": In(signed(8)),
                "output_valid": Out(1),
                "output": Out(8 * lanes),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.output_valid.eq(flag_after(m, self.valid, self.latency))
        for lane in range(self.lanes):
            given = self.inputs.word_select(lane, 8).as_signed()
            largest = Signal(signed(8), name=f"largest_{lane}", reset_less=True)
            lower = Mux(self.begins, self.minimum, largest)
            with m.If(self.valid):
                m.d.sync += largest.eq(Mux(given > lower, given, lower))
            clamped = Mux(largest > self.maximum, self.maximum, largest)
            m.d.sync += self.output.word_select(lane, 8).eq(clamped)
        return m


EXAMPLES = tuple(PartExample(MaxPool, lanes=lanes) for lanes in (4, 16))
