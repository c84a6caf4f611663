"""Four-lane int8 multiply-accumulate with TensorFlow Lite Micro's requantization.

For CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED with int8 input, filter and output, bit-exact
with TFLM's reference kernels. Every instruction answers after one cycle; one that has to wait for
an earlier one waits to be accepted.

Four multipliers have an accumulator each. One multiply-accumulate thus serves both kinds of
kernels: a dense one (four neighbouring input channels of one output) adds the lanes up at the
end, a depthwise one (four neighbouring channels of NHWC data) takes them one by one. Requantization
runs in the background: it takes the sum, lets the next output start at once, and leaves its int8 in
a word of the four latest, so that results are stored by words. It costs no multiplier: the four
16-bit digit products of its 32-bit multiplication go through lane 0.

=====================  =========================================================================
`set_offsets`          Offset added to inputs (-127 to 128), offset added to outputs (int8)
`set_activation`       Range of outputs (int8, int8)
`start`                Set accumulators 0 and 1, clear 2 and 3; rewind the input buffer
`start_upper`          Set accumulators 2 and 3
`mac`                  Four inputs times four filters, from registers
`write_input`          Put four inputs into word `index` of the input buffer
`mac_buffered`         The next eight inputs of the buffer times eight filters
`requantize`           Begin to requantize the sum of the accumulators
`requantize_lane`      Begin to requantize accumulator 0; then rotate: 1 becomes 0, 0 becomes 3
`results`              The four latest outputs, the oldest in the lowest byte
`sum`                  The sum of the accumulators, as it is
=====================  =========================================================================

Dense kernels load the inputs of an output pixel into the buffer once, and then need nothing but
filters: two loads and one instruction for eight multiplications. Each accumulator wraps at 32 bits.
VexRiscv waits two cycles in front of a CFU instruction that follows a load or a branch, so loads go
in groups. One 1x1 convolution of a pixel, `depth` a multiple of 8, four output channels at a time::

    cfu::set_offsets(params.input_offset, params.output_offset);
    cfu::set_activation(params.quantized_activation_min, params.quantized_activation_max);
    for (int word = 0; word < depth / 4; ++word) cfu::write_input(word, input[word]);
    for (int channel = 0; channel < output_depth; channel += 4) {
      for (int lane = 0; lane < 4; ++lane) {
        cfu::start(bias[channel + lane], 0);
        for (int word = 0; word < depth / 4; word += 8, filter += 8) {  // depth % 32 == 0 here
          uint32_t f0 = filter[0], f1 = filter[1], ..., f7 = filter[7];
          cfu::mac_buffered(f0, f1);
          cfu::mac_buffered(f2, f3);
          ...
        }
        cfu::requantize(output_multiplier[channel + lane], output_shift[channel + lane]);
      }
      output[channel / 4] = cfu::results();
    }

Padding is written to the buffer as the input's zero point (minus the input offset), which counts
for nothing. A rest of fewer than eight inputs is filled up by filters of 0. The buffer holds 2048
inputs; a longer sum goes on with `mac`, or in several rounds of `write_input`, with
`start(sum(), 0)` in between.

A depthwise convolution, channels a multiple of 4 and depth multiplier 1::

    cfu::start(bias[0], bias[1]);
    cfu::start_upper(bias[2], bias[3]);
    for each position of the filter inside the image:
      cfu::mac(four_channels_of_input, four_channels_of_filter);
    for (int lane = 0; lane < 4; ++lane) cfu::requantize_lane(multiplier[lane], shift[lane]);
    output = cfu::results();

Any other requantization: `start(x, 0)`, `requantize(multiplier, shift)`, `results() >> 24`.

Arithmetic follows TFLM's default (double rounding) `MultiplyByQuantizedMultiplier`, gemmlowp's
`SaturatingRoundingDoublingHighMul` and `RoundingDivideByPOT`, for multipliers from 0 to 2**31 - 1
and shifts from -31 to 30. Latency: an output is finished 7 cycles after `requantize` is accepted,
and one more for each bit of a positive shift; another `requantize` is accepted after 5, a `mac`
likewise. `mac_buffered` keeps the unit busy for two cycles.
"""

from __future__ import annotations

__all__ = ["SimdMac", "SimdMacState"]

from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, ValueLike, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.cfu import Cfu
from gateware.instruction import Instruction
from gateware.latency import Latency
from gateware.opcode import Opcode

LANES = 4


@dataclass
class SimdMacState:
    """What the instructions' models share; numbers are signed unless said otherwise.

    Attributes
    ----------
    lanes
        The four accumulators, int32.
    buffer
        Input words, each of four int8 as an unsigned 32-bit number, the first in the lowest byte.
    position
        Index of the next pair of words to be read.
    outputs
        The four latest outputs as an unsigned 32-bit number, the oldest in the lowest byte.
    """

    buffer: list[int]
    input_offset: int = 0
    output_offset: int = 0
    minimum: int = -128
    maximum: int = 127
    lanes: list[int] = field(default_factory=lambda: [0] * LANES)
    position: int = 0
    outputs: int = 0

    def accumulate(self, inputs: int, filters: int) -> None:
        """Multiply four int8 inputs, plus their offset, by four int8 filters."""
        for lane in range(LANES):
            product = (_byte(inputs, lane) + self.input_offset) * _byte(filters, lane)
            self.lanes[lane] = _signed(self.lanes[lane] + product, 32)

    def emit(self, accumulator: int, multiplier: int, shift: int) -> None:
        """Requantize an accumulator and append the output."""
        value = multiply_by_quantized_multiplier(accumulator, multiplier, shift)
        value = min(max(value + self.output_offset, self.minimum), self.maximum)
        self.outputs = self.outputs >> 8 | (value & 0xFF) << 24


def multiply_by_quantized_multiplier(x: int, multiplier: int, shift: int) -> int:
    """Scale an int32 by `multiplier` * 2**(`shift` - 31), rounding twice as TFLM does.

    Parameters
    ----------
    x
        int32.
    multiplier
        0 to 2**31 - 1.
    shift
        -31 to 31. A positive one shifts `x` to the left first, and wraps at 32 bits.
    """
    x = _signed(x << max(shift, 0), 32)
    product = x * multiplier
    nudge = 1 << 30 if product >= 0 else 1 - (1 << 30)
    high = abs(product + nudge) >> 31
    high = high if product + nudge >= 0 else -high
    right_shift = max(-shift, 0)
    mask = (1 << right_shift) - 1
    threshold = (mask >> 1) + (1 if high < 0 else 0)
    return (high >> right_shift) + (1 if (high & mask) > threshold else 0)


def _signed(value: int, width: int) -> int:
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def _byte(word: int, index: int) -> int:
    return _signed(word >> (8 * index), 8)


def _shift_operand(word: int) -> int:
    shift = _signed(word, 6)
    return 0 if shift == -32 else shift


class _Command(Instruction):
    """An instruction without a result; `_MacArray` or `_Requantizer` does what it asks for."""

    def __init__(self, name: str, opcode: Opcode, *operands: str, summary: str) -> None:
        super().__init__(
            name,
            opcode,
            latency=Latency.fixed(1),
            operands=operands,
            has_result=False,
            summary=summary,
        )

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return Const(0)


class _Read(Instruction):
    """An instruction that returns `value`, which is driven from outside."""

    def __init__(self, name: str, opcode: Opcode, *, summary: str) -> None:
        super().__init__(name, opcode, latency=Latency.fixed(1), operands=(), summary=summary)
        self.value = Signal(32, name=f"{name}_value")

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return self.value


class SetOffsets(_Command):
    """Set the offsets added to inputs and to outputs."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.input_offset, state.output_offset = _signed(in0, 9), _signed(in1, 8)
        return 0


class SetActivation(_Command):
    """Set the range of outputs."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.minimum, state.maximum = _signed(in0, 8), _signed(in1, 8)
        return 0


class Start(_Command):
    """Begin an output or four."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.lanes = [_signed(in0, 32), _signed(in1, 32), 0, 0]
        state.position = 0
        return 0


class StartUpper(_Command):
    """Set the upper two accumulators."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.lanes[2:] = [_signed(in0, 32), _signed(in1, 32)]
        return 0


class Mac(_Command):
    """Multiply and accumulate operands."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.accumulate(in0, in1)
        return 0


class WriteInput(_Command):
    """Write a word of the input buffer."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.buffer[in0 % len(state.buffer)] = in1
        return 0


class MacBuffered(_Command):
    """Multiply and accumulate two words of the input buffer."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        for offset, filters in enumerate((in0, in1)):
            state.accumulate(state.buffer[2 * state.position + offset], filters)
        state.position = (state.position + 1) % (len(state.buffer) // 2)
        return 0


class Requantize(_Command):
    """Begin to requantize the sum of the accumulators."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        total = _signed(sum(state.lanes), 32)
        state.emit(total, in0 & 0x7FFFFFFF, _shift_operand(in1))
        return 0


class RequantizeLane(_Command):
    """Begin to requantize accumulator 0 and rotate the accumulators."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.emit(state.lanes[0], in0 & 0x7FFFFFFF, _shift_operand(in1))
        state.lanes = [*state.lanes[1:], state.lanes[0]]
        return 0


class Results(_Read):
    """Return the four latest outputs."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        return state.outputs


class Sum(_Read):
    """Return the sum of the accumulators."""

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        return sum(state.lanes)


class _MacArray(wiring.Component):
    """Four multipliers, their accumulators and the input buffer.

    Members
    -------
    lent : `In(1)`
        Whether the multiplier of lane 0 multiplies `digit_0` by `digit_1` for someone else.
        No multiplication may be under way, which `settled` tells.
    product : `Out(signed(34))`
        Product of lane 0.
    settled : `Out(1)`
        Whether every accepted multiplication will be in the accumulators after this cycle.
    idle : `Out(1)`
        Whether they are there already.
    rotate : `In(1)`
        Rotate the accumulators by one.
    lane_0, total : `Out(signed(32))`
        Accumulator 0, and the sum of the accumulators.
    """

    def __init__(self, cfu: SimdMac) -> None:
        self._cfu = cfu
        super().__init__(
            {
                "lent": In(1),
                "digit_0": In(signed(17)),
                "digit_1": In(signed(17)),
                "product": Out(signed(34)),
                "settled": Out(1),
                "idle": Out(1),
                "rotate": In(1),
                "lane_0": Out(signed(32)),
                "total": Out(signed(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cfu = self._cfu
        start, upper = cfu.start.cmd.payload, cfu.start_upper.cmd.payload
        mac, buffered = cfu.mac.cmd.payload, cfu.mac_buffered.cmd.payload

        second_half = Signal()
        second_filters = Signal(32)
        inputs, filters = Signal(32), Signal(32)
        row = self._elaborate_buffer(m)
        m.d.sync += second_half.eq(cfu.mac_buffered.fire)
        with m.If(cfu.mac_buffered.fire):
            m.d.sync += second_filters.eq(buffered.in1)
        with m.If(second_half):
            m.d.comb += [inputs.eq(row[32:]), filters.eq(second_filters)]
        with m.Elif(cfu.mac_buffered.fire):
            m.d.comb += [inputs.eq(row[:32]), filters.eq(buffered.in0)]
        with m.Else():
            m.d.comb += [inputs.eq(mac.in0), filters.eq(mac.in1)]

        input_offset = Signal(signed(9))
        with m.If(cfu.set_offsets.fire):
            m.d.sync += input_offset.eq(cfu.set_offsets.cmd.payload.in0)
        multiplying = Signal()
        begins = cfu.mac.fire | cfu.mac_buffered.fire | second_half
        m.d.sync += multiplying.eq(begins)
        m.d.comb += [self.settled.eq(~second_half), self.idle.eq(~second_half & ~multiplying)]

        lanes = [Signal(signed(32), name=f"lane_{i}_sum") for i in range(LANES)]
        started = (start.in0, start.in1, Const(0), Const(0))
        for index, lane in enumerate(lanes):
            left = Signal(signed(10), name=f"input_{index}")
            right = Signal(signed(8), name=f"filter_{index}")
            with m.If(begins):
                m.d.sync += [
                    left.eq(inputs.word_select(index, 8).as_signed() + input_offset),
                    right.eq(filters.word_select(index, 8).as_signed()),
                ]
            product: ValueLike = left * right
            if index == 0:
                factor_0, factor_1 = Signal(signed(17)), Signal(signed(17))
                m.d.comb += [
                    factor_0.eq(Mux(self.lent, self.digit_0, left)),
                    factor_1.eq(Mux(self.lent, self.digit_1, right)),
                    self.product.eq(factor_0 * factor_1),
                ]
                product = self.product
            with m.If(cfu.start.fire):
                m.d.sync += lane.eq(started[index])
            with m.Elif(self.rotate):
                m.d.sync += lane.eq(lanes[(index + 1) % LANES])
            with m.Elif(multiplying):
                m.d.sync += lane.eq(lane + product)
        with m.If(cfu.start_upper.fire):
            m.d.sync += [lanes[2].eq(upper.in0), lanes[3].eq(upper.in1)]

        m.d.comb += [
            self.lane_0.eq(lanes[0]),
            self.total.eq((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])),
            cfu.sum.value.eq(self.total),
        ]
        return m

    def _elaborate_buffer(self, m: Module) -> Value:
        """Return the pair of words at the reading position, valid unless `mac_buffered` holds."""
        cfu = self._cfu
        depth = cfu.input_words // 2
        m.submodules.buffer = buffer = memory.Memory(shape=64, depth=depth, init=[])
        write, read = buffer.write_port(granularity=32), buffer.read_port()
        operands = cfu.write_input.cmd.payload
        position = Signal(range(depth))
        m.d.comb += [
            write.addr.eq(operands.in0[1:]),
            write.data.eq(operands.in1.replicate(2)),
            write.en.eq(Cat(~operands.in0[0], operands.in0[0]) & cfu.write_input.fire.replicate(2)),
            read.addr.eq(position),
        ]
        # The row read is that of the cycle before.
        m.d.sync += self._cfu.row_is_stale.eq(cfu.start.fire | cfu.write_input.fire)
        with m.If(cfu.start.fire):
            m.d.sync += position.eq(0)
        with m.Elif(cfu.mac_buffered.fire):
            m.d.sync += position.eq(position + 1)
        row: Value = read.data
        return row


class _Requantizer(wiring.Component):
    """Scale, round, offset and clamp an accumulator in the background.

    Four digit products make up the scaled value, one a cycle; then it is shifted, then rounded,
    offset and clamped. The last two steps overlap with the next value's first ones.
    """

    def __init__(self, cfu: SimdMac, array: _MacArray) -> None:
        self._cfu = cfu
        self._array = array
        super().__init__({"free": Out(1), "idle": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cfu, array = self._cfu, self._array
        value = Signal(signed(32))
        multiplier = Signal(32)  # twice the operand: 32 fraction bits make the digits' steps alike
        shift = Signal(signed(6))
        step = Signal(2)
        scaled = Signal(signed(35))
        by_lane = Signal()
        right_shift = Signal(5)
        begins = Signal()
        finishes = Signal()

        m.d.comb += begins.eq(cfu.requantize.fire | cfu.requantize_lane.fire)
        with m.If(begins):
            operands = cfu.requantize.cmd.payload
            m.d.sync += [
                multiplier.eq(operands.in0[:31] << 1),
                shift.eq(operands.in1),
                by_lane.eq(cfu.requantize_lane.fire),
            ]
        m.d.comb += [
            array.digit_0.eq(Mux(step[0], value[16:].as_signed(), value[:16])),
            array.digit_1.eq(Mux(step[1], multiplier[16:], multiplier[:16])),
        ]
        with m.FSM() as fsm:
            with m.State("wait for an accumulator"):
                m.d.comb += self.free.eq(1)
                with m.If(begins):
                    m.next = "take the accumulator"
            with m.State("take the accumulator"):
                m.d.comb += array.rotate.eq(by_lane)
                m.d.sync += [
                    value.eq(Mux(by_lane, array.lane_0, array.total)),
                    scaled.eq(1 << 31),  # one half, to round
                    step.eq(0),
                ]
                with m.If(shift > 0):
                    m.next = "shift to the left"
                with m.Else():
                    m.next = "multiply digits"
            with m.State("shift to the left"):
                m.d.sync += [value.eq(value << 1), shift.eq(shift - 1)]
                with m.If(shift == 1):
                    m.next = "multiply digits"
            with m.State("multiply digits"):
                # Lower by lower digit, two mixed products of 16 bits more weight, and upper by
                # upper digit of 16 bits more again; the bits below no longer matter then.
                m.d.comb += array.lent.eq(1)
                m.d.sync += [
                    scaled.eq(Mux(step[0], scaled >> 16, scaled) + array.product),
                    step.eq(step + 1),
                ]
                with m.If(step == 3):
                    m.d.comb += [self.free.eq(1), finishes.eq(1)]
                    m.d.sync += right_shift.eq(Mux(shift[-1], -shift, 0))
                    m.next = "wait for an accumulator"
                    with m.If(begins):
                        m.next = "take the accumulator"

        shifts = Signal()
        clamps = Signal()
        m.d.sync += [shifts.eq(finishes), clamps.eq(shifts)]
        m.d.comb += self.idle.eq(fsm.ongoing("wait for an accumulator") & ~shifts & ~clamps)
        self._elaborate_output(m, scaled[:32].as_signed(), right_shift, clamps)
        return m

    def _elaborate_output(
        self, m: Module, scaled: Value, right_shift: Value, clamps: Value
    ) -> None:
        cfu = self._cfu
        # Shift by each bit of the amount; `half` is the last bit lost, `rest` the or of the others.
        shifted, half, rest = scaled, Const(0), Const(0)
        for bit in range(5):
            distance = 1 << bit
            lost = shifted[:distance]
            enabled = right_shift[bit]
            rest = Mux(enabled, rest | half | lost[:-1].any(), rest)
            half = Mux(enabled, lost[-1], half)
            shifted = Mux(enabled, shifted >> distance, shifted)
        # Ten bits can tell a value out of range of any int8 plus any int8 offset.
        narrow = Signal(signed(10))
        rounds_up = Signal()
        fits = Signal()
        is_negative = scaled[-1]
        m.d.comb += fits.eq(shifted[9:32] == is_negative.replicate(23))
        m.d.sync += [
            narrow.eq(Mux(fits, shifted, Mux(is_negative, -512, 511))),
            rounds_up.eq(half & (~is_negative | rest)),
        ]

        offset = Signal(signed(8))
        minimum = Signal(signed(8), init=-128)
        maximum = Signal(signed(8), init=127)
        with m.If(cfu.set_offsets.fire):
            m.d.sync += offset.eq(cfu.set_offsets.cmd.payload.in1)
        with m.If(cfu.set_activation.fire):
            operands = cfu.set_activation.cmd.payload
            m.d.sync += [minimum.eq(operands.in0), maximum.eq(operands.in1)]
        summed = Signal(signed(12))
        at_least = Signal(signed(12))
        output = Signal(signed(8))
        outputs = Signal(32)
        m.d.comb += [
            summed.eq(narrow + offset + rounds_up),
            at_least.eq(Mux(summed < minimum, minimum, summed)),
            output.eq(Mux(at_least > maximum, maximum, at_least)),
            cfu.results.value.eq(outputs),
        ]
        with m.If(clamps):
            m.d.sync += outputs.eq(Cat(outputs[8:], output))


class _Interlock(wiring.Component):
    """Keep instructions waiting for what earlier ones have not finished."""

    def __init__(self, cfu: SimdMac, array: _MacArray, requantizer: _Requantizer) -> None:
        self._cfu = cfu
        self._array = array
        self._requantizer = requantizer
        super().__init__({})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cfu, array, requantizer = self._cfu, self._array, self._requantizer
        for instruction in cfu.instructions:
            m.d.comb += instruction.hold.eq(~array.settled)
        for instruction in (cfu.mac, cfu.requantize, cfu.requantize_lane):
            m.d.comb += instruction.hold.eq(~array.settled | ~requantizer.free)
        for instruction in (cfu.set_offsets, cfu.set_activation, cfu.results):
            m.d.comb += instruction.hold.eq(~array.settled | ~requantizer.idle)
        m.d.comb += [
            cfu.mac_buffered.hold.eq(~array.settled | ~requantizer.free | cfu.row_is_stale),
            cfu.sum.hold.eq(~array.idle | ~requantizer.free),
        ]
        return m


class SimdMac(Cfu):
    """The CFU of this file; see the module's text.

    Parameters
    ----------
    input_words
        Size of the input buffer in words of four inputs, a power of two, 4 or more.
    """

    def __init__(self, *, input_words: int = 512) -> None:
        if input_words < 4 or input_words & (input_words - 1):
            raise ValueError(f"input_words must be a power of two from 4 on, not {input_words}")
        self.input_words = input_words
        self.row_is_stale = Signal()
        self.set_offsets = SetOffsets(
            "set_offsets",
            Opcode(0),
            "input_offset",
            "output_offset",
            summary="Set the offset added to inputs (-127 to 128) and that added to outputs (int8)",
        )
        self.set_activation = SetActivation(
            "set_activation",
            Opcode(1),
            "minimum",
            "maximum",
            summary="Set the range of outputs (int8)",
        )
        self.start = Start(
            "start",
            Opcode(2),
            "lane0",
            "lane1",
            summary="Set accumulators 0 and 1, clear 2 and 3, rewind the input buffer",
        )
        self.start_upper = StartUpper(
            "start_upper", Opcode(3), "lane2", "lane3", summary="Set accumulators 2 and 3"
        )
        self.mac = Mac(
            "mac",
            Opcode(4),
            "inputs",
            "filters",
            summary="Multiply four int8 inputs by four int8 filters, one into each accumulator",
        )
        self.write_input = WriteInput(
            "write_input",
            Opcode(5),
            "index",
            "inputs",
            summary="Write four int8 inputs to a word of the input buffer",
        )
        self.mac_buffered = MacBuffered(
            "mac_buffered",
            Opcode(6),
            "filters0",
            "filters1",
            summary="Multiply the next eight inputs of the buffer by eight int8 filters",
        )
        self.requantize = Requantize(
            "requantize",
            Opcode(0, 1),
            "multiplier",
            "shift",
            summary="Begin to requantize the sum of the accumulators",
        )
        self.requantize_lane = RequantizeLane(
            "requantize_lane",
            Opcode(1, 1),
            "multiplier",
            "shift",
            summary="Begin to requantize accumulator 0, then rotate the accumulators down",
        )
        self.results = Results(
            "results",
            Opcode(2, 1),
            summary="Return the four latest outputs (int8), the oldest in the lowest byte",
        )
        self.sum = Sum("sum", Opcode(3, 1), summary="Return the sum of the accumulators")
        array = _MacArray(self)
        requantizer = _Requantizer(self, array)
        super().__init__(
            [value for value in vars(self).values() if isinstance(value, Instruction)],
            name="simd_mac",
            parts={
                "array": array,
                "requantizer": requantizer,
                "interlock": _Interlock(self, array, requantizer),
            },
        )

    def initial_state(self) -> Any:
        return SimdMacState([0] * self.input_words)
