"""Products of int8 filters and int8 inputs plus an offset, added up."""

from __future__ import annotations

__all__ = ["EXAMPLES", "DotProduct", "dot_product"]

from collections.abc import Sequence

from amaranth.hdl import Module, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.pipeline import flag_after, register


def dot_product(inputs: Sequence[int], filters: Sequence[int], *, input_offset: int) -> int:
    """Return the sum of (input + offset) * filter.

    Parameters
    ----------
    inputs, filters
        int8, as many of one as of the other.
    input_offset
        -127 to 128.
    """
    return sum((x + input_offset) * y for x, y in zip(inputs, filters, strict=True))


class DotProduct(wiring.Component):
    """Multiply in every lane and add up by a tree; one sum every cycle, and it never stalls.

    Parameters
    ----------
    lanes
        A power of two from 1 on.

    Members
    -------
    valid : `In(1)`
        Take `inputs` and `filters`.
    inputs, filters : `In(8 * lanes)`
        int8, lane 0 in the lowest byte.
    input_offset : `In(signed(9))`
        -127 to 128; is taken along.
    output_valid : `Out(1)`
        `valid`, `latency` cycles later.
    output : `Out(signed(16 + log2(lanes)))`

    Attributes
    ----------
    latency
        Cycles from `valid` to `output_valid`: two, and one for each level of the tree.

    Raises
    ------
    ValueError
        If `lanes` is no power of two.
    """

    def __init__(self, *, lanes: int = 4) -> None:
        if lanes < 1 or lanes & (lanes - 1):
            raise ValueError(f"lanes must be a power of two, not {lanes}")
        self.lanes = lanes
        levels = lanes.bit_length() - 1
        self.latency = 2 + levels
        super().__init__(
            {
                "valid": In(1),
                "inputs": In(8 * lanes),
                "filters": In(8 * lanes),
                "input_offset": In(signed(9)),
                "output_valid": Out(1),
                "output": Out(signed(16 + levels)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.output_valid.eq(flag_after(m, self.valid, self.latency))
        terms: list[Value] = []
        for lane in range(self.lanes):
            left = self.inputs.word_select(lane, 8).as_signed() + self.input_offset
            left = register(m, left[:9].as_signed(), f"input_{lane}")
            right = register(m, self.filters.word_select(lane, 8).as_signed(), f"filter_{lane}")
            # 16 bits hold every product, as the largest magnitude is that of 255 * -128.
            terms.append(register(m, (left * right)[:16].as_signed(), f"product_{lane}"))
        while len(terms) > 1:
            terms = [
                register(m, a + b, f"sum_{len(terms)}_{index}")
                for index, (a, b) in enumerate(zip(terms[::2], terms[1::2], strict=True))
            ]
        m.d.comb += self.output.eq(terms[0])
        return m


EXAMPLES = tuple(PartExample(DotProduct, lanes=lanes) for lanes in (4, 8, 16))
