"""Four-lane int8 multiply-accumulate: the smallest CFU that pays, and a first one to read.

For kernels of CONV_2D and FULLY_CONNECTED with int8 input and filter. It does four steps of their
innermost loop at once; the rest, requantization too, stays in software.

================== ==========================================================================
`set_input_offset` Set what is added to each input: minus its zero point (-127 to 128)
`start`            Set the accumulator, for example to the bias (int32)
`mac`              Add four products of a filter and an input to the accumulator
`sum`              The accumulator (int32)
================== ==========================================================================

An output whose inputs and filters lie one after the other, four to a word::

    cfu::start(bias);
    for (int word = 0; word < depth / 4; ++word) cfu::mac(filter[word], input[word]);
    const int32_t sum = cfu::sum();

Every instruction answers after one cycle, and the next one may begin in that cycle, so that
they follow each other at one a cycle. A register is driven by one instruction alone, which is a
module in the hardware; the others read it.
"""

from __future__ import annotations

__all__ = ["Mac4", "Mac4State"]

from dataclasses import dataclass

from amaranth.hdl import Const, Module, Signal, Value, signed

from gateware.cfu import Cfu
from gateware.instruction import Instruction
from gateware.latency import Latency
from gateware.opcode import Opcode

LANES = 4


@dataclass
class Mac4State:
    """The registers, for the instructions' models.

    Attributes
    ----------
    input_offset
        9 bits, signed.
    accumulator
        int32.
    """

    input_offset: int = 0
    accumulator: int = 0


class SetInputOffset(Instruction):
    """Set what is added to each input (-127 to 128)."""

    def __init__(self) -> None:
        super().__init__(
            "set_input_offset",
            Opcode(0),
            latency=Latency.fixed(1),
            operands=("offset",),
            has_result=False,
        )
        self.offset = Signal(signed(9))

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        with m.If(self.fire):
            m.d.sync += self.offset.eq(in0)
        return Const(0)

    def model(self, state: Mac4State, in0: int, in1: int) -> int:
        state.input_offset = _signed(in0, 9)
        return 0


class Start(Instruction):
    """Set the accumulator, for example to the bias."""

    def __init__(self) -> None:
        super().__init__(
            "start", Opcode(1), latency=Latency.fixed(1), operands=("bias",), has_result=False
        )

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        return Const(0)  # the accumulator is Mac's, which sees this one fire

    def model(self, state: Mac4State, in0: int, in1: int) -> int:
        state.accumulator = _signed(in0, 32)
        return 0


class Mac(Instruction):
    """Add four products, each of a filter and an input plus its offset, to the accumulator."""

    def __init__(self, set_input_offset: SetInputOffset, start: Start) -> None:
        super().__init__(
            "mac",
            Opcode(2),
            latency=Latency.fixed(1),
            operands=("filters", "inputs"),
            has_result=False,
        )
        self._input_offset = set_input_offset.offset
        self._start = start
        self.accumulator = Signal(signed(32))

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        products = [
            in0.word_select(lane, 8).as_signed()
            * (in1.word_select(lane, 8).as_signed() + self._input_offset)
            for lane in range(LANES)
        ]
        with m.If(self._start.fire):
            m.d.sync += self.accumulator.eq(self._start.cmd.payload.in0)
        with m.Elif(self.fire):
            m.d.sync += self.accumulator.eq(self.accumulator + sum(products))
        return Const(0)

    def model(self, state: Mac4State, in0: int, in1: int) -> int:
        for lane in range(LANES):
            weight, value = _signed(in0 >> 8 * lane, 8), _signed(in1 >> 8 * lane, 8)
            state.accumulator += weight * (value + state.input_offset)
        state.accumulator = _signed(state.accumulator, 32)
        return 0


class Sum(Instruction):
    """Return the accumulator."""

    def __init__(self, mac: Mac) -> None:
        super().__init__("sum", Opcode(3), latency=Latency.fixed(1), operands=())
        self._accumulator = mac.accumulator

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        return self._accumulator

    def model(self, state: Mac4State, in0: int, in1: int) -> int:
        return state.accumulator


def _signed(value: int, width: int) -> int:
    """Return the lowest bits of a number as a signed one."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


class Mac4(Cfu):
    """The CFU of this file; see the module's text."""

    rung = 1
    teaches = "a first instruction: four multiplications at once, all else in software"
    peak_macs_per_cycle = LANES

    def __init__(self) -> None:
        set_input_offset = SetInputOffset()
        start = Start()
        mac = Mac(set_input_offset, start)
        super().__init__([set_input_offset, start, mac, Sum(mac)], name="mac4")

    def initial_state(self) -> Mac4State:
        return Mac4State()
