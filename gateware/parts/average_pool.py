"""Average pooling of int8, with TensorFlow Lite Micro's rounding."""

from __future__ import annotations

__all__ = ["EXAMPLES", "AveragePool", "average_pool"]

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample

_QUOTIENT = 8  # bits of the magnitude of an int8's average, 0 to 128


def average_pool(inputs: Sequence[int], *, minimum: int, maximum: int) -> int:
    """Return the average of int8 inputs, halves rounded away from zero, and clamped."""
    total, count = sum(inputs), len(inputs)
    magnitude = (abs(total) + count // 2) // count
    return min(max(-magnitude if total < 0 else magnitude, minimum), maximum)


class AveragePool(wiring.Component):
    """Add up the positions of a window and divide by how many there were.

    Any count up to `window` will do, as those of windows that a border cuts; the division is
    exact. One divider serves all lanes, a bit a cycle: after the last position of a window
    `input` waits for 10 cycles a lane and one more.

    Parameters
    ----------
    lanes
        Channels side by side.
    window
        The most positions.

    Members
    -------
    input : `In(stream.Signature(...))`
        `inputs` (8 * lanes bits, int8, lane 0 in the lowest byte) and `ends`, whether they are
        the last of a window.
    minimum, maximum : `In(signed(8))`
        Constant while something is inside; `minimum` <= `maximum`.
    output : `Out(stream.Signature(8 * lanes))`
        The averages of a window, int8.

    Raises
    ------
    ValueError
        If there are no lanes, or no positions.
    """

    def __init__(self, *, lanes: int = 4, window: int = 64) -> None:
        if lanes < 1 or window < 1:
            raise ValueError(f"there must be at least 1 lane and position, not {lanes}, {window}")
        self.lanes = lanes
        self.window = window
        super().__init__(
            {
                "input": In(stream.Signature(data.StructLayout({"inputs": 8 * lanes, "ends": 1}))),
                "minimum": In(signed(8)),
                "maximum": In(signed(8)),
                "output": Out(stream.Signature(8 * lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = (128 * self.window).bit_length() + 1
        sums = [Signal(signed(width), name=f"sum_{lane}") for lane in range(self.lanes)]
        count = Signal(range(self.window + 1))
        lane = Signal(range(self.lanes))
        step = Signal(range(_QUOTIENT))
        averages = Signal(8 * self.lanes)
        m.d.comb += self.output.payload.eq(averages)

        total = sums[0]  # the others move down
        # The magnitude plus half the count, less than 256 times the count. From the lower end
        # bits of the quotient take the place of those that have moved up to be compared.
        rest = Signal(width + _QUOTIENT)
        trial = Signal(signed(len(count) + 2))
        m.d.comb += trial.eq(rest[_QUOTIENT - 1 : _QUOTIENT + len(count)] - count)
        with m.FSM():
            with m.State("add up"):
                m.d.comb += self.input.ready.eq(1)
                with m.If(self.input.valid):
                    m.d.sync += count.eq(count + 1)
                    for index, each in enumerate(sums):
                        given = self.input.payload.inputs.word_select(index, 8).as_signed()
                        m.d.sync += each.eq(each + given)
                    with m.If(self.input.payload.ends):
                        m.d.sync += lane.eq(self.lanes - 1)
                        m.next = "take the magnitude"
            with m.State("take the magnitude"):
                m.d.sync += [
                    rest.eq(Mux(total[-1], -total, total) + (count >> 1)),
                    step.eq(_QUOTIENT - 1),
                ]
                m.next = "divide"
            with m.State("divide"):
                m.d.sync += step.eq(step - 1)
                m.d.sync += rest.eq(
                    Cat(
                        ~trial[-1],
                        rest[: _QUOTIENT - 1],
                        Mux(trial[-1], rest[_QUOTIENT - 1 :], trial),
                    )
                )
                with m.If(step == 0):
                    m.next = "keep the average"
            with m.State("keep the average"):
                m.d.sync += [
                    averages.eq(Cat(averages, self._clamped(rest[:_QUOTIENT], total[-1]))[8:]),
                    lane.eq(lane - 1),
                    *(
                        each.eq(next_one)
                        for each, next_one in zip(sums, [*sums[1:], 0], strict=True)
                    ),
                ]
                m.next = "take the magnitude"
                with m.If(lane == 0):
                    m.next = "offer the averages"
            with m.State("offer the averages"):
                m.d.comb += self.output.valid.eq(1)
                m.d.sync += count.eq(0)
                with m.If(self.output.ready):
                    m.next = "add up"
        return m

    def _clamped(self, magnitude: Value, is_negative: Value) -> Value:
        """Return the average as eight bits."""
        average = Mux(is_negative, -magnitude, magnitude)
        raised = Mux(average < self.minimum, self.minimum, average)
        return Mux(average > self.maximum, self.maximum, raised)[:8]


EXAMPLES = (
    PartExample(AveragePool, lanes=1, window=64),
    PartExample(AveragePool, lanes=4, window=64),
    PartExample(AveragePool, lanes=4, window=1024),
)
