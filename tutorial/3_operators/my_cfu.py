"""A CFU that adds up by itself: four multipliers with an accumulator each."""

from __future__ import annotations

__all__ = ["MyCfu"]

from collections import defaultdict
from dataclasses import dataclass, field

from amaranth.hdl import Array, Const, Module, Signal, Value, signed

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


class MyCfu(Cfu):
    """The CFU that cfu.toml names."""

    def __init__(self) -> None:
        input_offset = Setting("set_input_offset", Opcode(0), width=9)
        start = Start(Opcode(1))
        mac = Mac(Opcode(2), start=start, input_offset=input_offset.value)
        super().__init__(
            [input_offset, start, mac, Sum(Opcode(3), mac=mac), Lane(Opcode(4), mac=mac)]
        )

    def initial_state(self) -> State:
        return State()
