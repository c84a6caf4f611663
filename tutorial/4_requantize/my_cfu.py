"""A CFU that adds up by itself, and makes int8 outputs of its sums."""

from __future__ import annotations

__all__ = ["MyCfu"]

from collections import defaultdict
from dataclasses import dataclass, field

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value, signed

from gateware import Cfu, Instruction, Latency, Opcode

LANES = 4
ONE_CYCLE = Latency.fixed(1)


def to_signed(value: int, width: int) -> int:
    """Return the lowest `width` bits of a number as a signed one."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


@dataclass
class State:
    """What the instructions' models share: the hardware's registers."""

    settings: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lanes: list[int] = field(default_factory=lambda: [0] * LANES)

    def accumulate(self, filters: int, inputs: int) -> None:
        """Add a product to each lane."""
        for lane in range(LANES):
            weight = to_signed(filters >> 8 * lane, 8)
            value = to_signed(inputs >> 8 * lane, 8) + self.settings["set_input_offset"]
            self.lanes[lane] = to_signed(self.lanes[lane] + weight * value, 32)


class Setting(Instruction):
    """Keep a number."""

    def __init__(self, name: str, opcode: Opcode, *, width: int) -> None:
        super().__init__(name, opcode, latency=ONE_CYCLE, operands=("setting",), has_result=False)
        self.value = Signal(signed(width))

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        with m.If(self.fire):
            m.d.sync += self.value.eq(in0)
        return Const(0)

    def model(self, state: State, in0: int, in1: int) -> int:
        state.settings[self.name] = to_signed(in0, len(self.value))
        return 0


class Start(Instruction):
    """Set the first accumulator to the bias and the others to 0."""

    def __init__(self, opcode: Opcode) -> None:
        super().__init__("start", opcode, latency=ONE_CYCLE, operands=("bias",), has_result=False)

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        return Const(0)  # Mac, which has the accumulators, sees this one fire

    def model(self, state: State, in0: int, in1: int) -> int:
        state.lanes = [to_signed(in0, 32), 0, 0, 0]
        return 0


class Mac(Instruction):
    """Add filter * (input + offset) to the accumulator of each lane."""

    def __init__(self, opcode: Opcode, *, start: Start, input_offset: Signal) -> None:
        super().__init__(
            "mac",
            opcode,
            latency=ONE_CYCLE,
            operands=("filters", "inputs"),
            has_result=False,
        )
        self.accumulators = [Signal(signed(32), name=f"lane_{i}") for i in range(LANES)]
        self._start = start
        self._input_offset = input_offset

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        for lane, accumulator in enumerate(self.accumulators):
            weight = in0.word_select(lane, 8).as_signed()
            value = in1.word_select(lane, 8).as_signed() + self._input_offset
            with m.If(self._start.fire):
                m.d.sync += accumulator.eq(self._start.cmd.payload.in0 if lane == 0 else 0)
            with m.Elif(self.fire):
                m.d.sync += accumulator.eq(accumulator + weight * value)
        return Const(0)

    def model(self, state: State, in0: int, in1: int) -> int:
        state.accumulate(in0, in1)
        return 0


class Sum(Instruction):
    """Return the sum of the accumulators."""

    def __init__(self, opcode: Opcode, *, mac: Mac) -> None:
        super().__init__("sum", opcode, latency=ONE_CYCLE, operands=())
        self._accumulators = mac.accumulators

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        total = Signal(32)
        m.d.comb += total.eq(sum(self._accumulators))
        return total

    def model(self, state: State, in0: int, in1: int) -> int:
        return sum(state.lanes)


class Lane(Instruction):
    """Return the accumulator of one lane."""

    def __init__(self, opcode: Opcode, *, mac: Mac) -> None:
        super().__init__("lane", opcode, latency=ONE_CYCLE, operands=("index",))
        self._accumulators = Array(mac.accumulators)

    def compute(self, m: Module, in0: Value, in1: Value) -> Value:
        return self._accumulators[in0[:2]]

    def model(self, state: State, in0: int, in1: int) -> int:
        return state.lanes[in0 % LANES]


class Requantize(Instruction):
    """Return int32 * multiplier * 2**(-31 - shift), rounded twice, plus an offset, in range.

    A step of the calculation takes a cycle, so that the clock need not wait for all of them.
    """

    def __init__(
        self,
        opcode: Opcode,
        *,
        multiplier: Signal,
        offset: Signal,
        minimum: Signal,
        maximum: Signal,
    ) -> None:
        super().__init__(
            "requantize", opcode, latency=Latency.fixed(4), operands=("sum32", "right_shift")
        )
        self._multiplier = multiplier
        self._offset = offset
        self._minimum = minimum
        self._maximum = maximum

    def elaborate(self, platform: object) -> Module:
        m = Module()
        operands = self.cmd.payload
        product = Signal(signed(64))
        shift = Signal(5)
        high = Signal(signed(33))
        shifted = Signal(signed(35))  # with one bit behind the point
        value = Signal(signed(35))
        at_least = Signal(signed(35))
        output = Signal(signed(32))
        m.d.comb += [
            # Down by one if negative, so that halves are rounded away from zero.
            shifted.eq(Cat(0, high - (high[-1] & shift.any())).as_signed() >> shift),
            at_least.eq(Mux(value < self._minimum, self._minimum, value)),
            self.rsp.payload.eq(output),
        ]
        with m.FSM():
            with m.State("wait for a sum"):
                m.d.comb += self.cmd.ready.eq(1)
                m.d.sync += [
                    product.eq(operands.in0.as_signed() * self._multiplier),
                    shift.eq(operands.in1),
                ]
                with m.If(self.cmd.valid):
                    m.next = "take the upper half"
            with m.State("take the upper half"):
                m.d.sync += high.eq((product + (1 << 30)) >> 31)
                m.next = "shift and round"
            with m.State("shift and round"):
                m.d.sync += value.eq(((shifted + 1) >> 1) + self._offset)
                m.next = "clamp"
            with m.State("clamp"):
                m.d.sync += output.eq(Mux(at_least > self._maximum, self._maximum, at_least))
                m.next = "answer"
            with m.State("answer"):
                m.d.comb += self.rsp.valid.eq(1)
                with m.If(self.rsp.ready):
                    m.next = "wait for a sum"
        return m

    def model(self, state: State, in0: int, in1: int) -> int:
        product = to_signed(in0, 32) * state.settings["set_multiplier"]
        value = (product + (1 << 30)) >> 31
        shift = in1 % 32
        if shift:
            value = (((value - (value < 0)) >> (shift - 1)) + 1) >> 1
        value += state.settings["set_output_offset"]
        at_least = max(value, state.settings["set_minimum"])
        return min(at_least, state.settings["set_maximum"])


class MyCfu(Cfu):
    """The CFU that cfu.toml names."""

    def __init__(self) -> None:
        input_offset = Setting("set_input_offset", Opcode(0), width=9)
        start = Start(Opcode(1))
        mac = Mac(Opcode(2), start=start, input_offset=input_offset.value)
        multiplier = Setting("set_multiplier", Opcode(0, 1), width=32)
        output_offset = Setting("set_output_offset", Opcode(1, 1), width=8)
        minimum = Setting("set_minimum", Opcode(2, 1), width=8)
        maximum = Setting("set_maximum", Opcode(3, 1), width=8)
        requantize = Requantize(
            Opcode(4, 1),
            multiplier=multiplier.value,
            offset=output_offset.value,
            minimum=minimum.value,
            maximum=maximum.value,
        )
        super().__init__(
            [
                *(input_offset, start, mac, Sum(Opcode(3), mac=mac), Lane(Opcode(4), mac=mac)),
                *(multiplier, output_offset, minimum, maximum, requantize),
            ]
        )

    def initial_state(self) -> State:
        return State()
