"""Four-lane int8 multiply-accumulate with TensorFlow Lite Micro's requantization.

For CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED with int8 input, filter and output, bit-exact
with TFLM's reference kernels.

Four multipliers have an accumulator each. One multiply-accumulate thus serves both kinds of
kernels: a dense one (four neighbouring input channels of one output) adds the accumulators up at
the end, a depthwise one (four neighbouring channels of NHWC data) takes them one by one.
Requantization runs in the background: it takes the sum, lets the next output start, and appends
its int8 to a word of the four latest, so that results are stored by words. It needs no multiplier
of its own: the four digit products of its 32-bit multiplication go through the one of lane 0.

================== ==========================================================================
`set_offsets`      Offset added to inputs (-127 to 128), offset added to outputs (int8)
`set_activation`   Range of outputs (int8, int8)
`start`            Clear the accumulators, set the bias (int32), rewind the input buffer
`set_bias`         Set the bias alone
`mac`              Four filters times four inputs, from registers
`write_input`      Put four inputs into word `index` of the input buffer
`mac_buffered`     Eight filters times the next eight inputs of the buffer
`requantize`       Begin to requantize the bias plus all accumulators
`requantize_lane`  Begin to requantize the bias plus the next accumulator, from 0 on after `start`
`results`          The four latest outputs, the oldest in the lowest byte
`sum`              The bias plus all accumulators, as it is (int32)
================== ==========================================================================

A dense kernel loads the inputs of an output pixel into the buffer once; then all it needs is
filters: two loads and one instruction for eight multiplications. VexRiscv waits two cycles in
front of a CFU instruction that follows a load or a branch, so loads go in groups. A pixel of a 1x1
convolution, `depth` a multiple of 32, `output_depth` one of 4::

    cfu::set_offsets(params.input_offset, params.output_offset);
    cfu::set_activation(params.quantized_activation_min, params.quantized_activation_max);
    for (int word = 0; word < depth / 4; ++word) cfu::write_input(word, input[word]);
    for (int channel = 0; channel < output_depth; ++channel) {
      cfu::start(bias[channel]);
      for (int word = 0; word < depth / 4; word += 8, filter += 8) {
        const uint32_t f0 = filter[0], f1 = filter[1], ..., f7 = filter[7];
        cfu::mac_buffered(f0, f1);
        cfu::mac_buffered(f2, f3);
        ...
      }
      cfu::requantize(output_multiplier[channel], output_shift[channel]);
      if (channel % 4 == 3) output[channel / 4] = cfu::results();
    }

Padding is written to the buffer as the input's zero point, minus the input offset, which counts
for nothing; so do inputs whose filter is 0, which fill up a rest of fewer than eight. The buffer
holds 2048 inputs; a longer sum goes on with `mac`, or after `start(sum())`.

A depthwise convolution, depth multiplier 1, four channels::

    cfu::start(bias[0]);
    for each position of the filter inside the image:
      cfu::mac(four_channels_of_filter, four_channels_of_input);
    cfu::requantize_lane(output_multiplier[0], output_shift[0]);
    for (int lane = 1; lane < 4; ++lane) {
      cfu::set_bias(bias[lane]);
      cfu::requantize_lane(output_multiplier[lane], output_shift[lane]);
    }
    output = cfu::results();

Any other requantization: `start(x)`, `requantize(multiplier, shift)`, `results() >> 24`.

Arithmetic follows TFLM's default (double rounding) `MultiplyByQuantizedMultiplier`: gemmlowp's
`SaturatingRoundingDoublingHighMul`, then `RoundingDivideByPOT`, for multipliers from 0 to
2**31 - 1 and shifts from -31 to 30. Sums wrap at 32 bits.

Every instruction answers one cycle after it is accepted, `sum` after six. What an earlier one has
not finished, an instruction waits for before it is accepted: `mac_buffered` takes a second cycle;
after `requantize`, a `start` waits up to 4 cycles and the next multiplication or requantization
up to 9; after `requantize_lane` these are 1 and 6. Each bit of a positive shift adds one. `results`
waits for all outputs; the last one needs 3 cycles more for offset and range, plus those to shift
to the right, four bits a cycle and the rest bit by bit.
"""

from __future__ import annotations

__all__ = ["SimdMac", "SimdMacState"]

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, ValueLike, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import Out

from gateware.cfu import Cfu
from gateware.instruction import Instruction
from gateware.latency import Latency
from gateware.opcode import Opcode
from gateware.parts.mac_lanes import LANES, MacLanes
from gateware.parts.output_stage import OutputStage, multiply_by_quantized_multiplier


@dataclass
class SimdMacState:
    """What the instructions' models share; numbers are signed unless said otherwise.

    Attributes
    ----------
    bias
        int32.
    lanes
        The four accumulators, int32.
    next_lane
        Index of the accumulator that `requantize_lane` takes next.
    buffer
        Input words, each of four int8 as an unsigned 32-bit number, the first in the lowest byte.
    position
        Index of the next word to be read.
    outputs
        The four latest outputs as an unsigned 32-bit number, the oldest in the lowest byte.
    """

    buffer: list[int]
    input_offset: int = 0
    output_offset: int = 0
    minimum: int = -128
    maximum: int = 127
    bias: int = 0
    lanes: list[int] = field(default_factory=lambda: [0] * LANES)
    next_lane: int = 0
    position: int = 0
    outputs: int = 0

    @property
    def total(self) -> int:
        """The bias plus all accumulators, int32."""
        return _signed(self.bias + sum(self.lanes), 32)

    def accumulate(self, filters: int, inputs: int) -> None:
        """Multiply four int8 filters by four int8 inputs plus their offset."""
        for lane in range(LANES):
            product = (_byte(inputs, lane) + self.input_offset) * _byte(filters, lane)
            self.lanes[lane] = _signed(self.lanes[lane] + product, 32)

    def emit(self, accumulator: int, multiplier: int, shift: int) -> None:
        """Requantize an accumulator and append the output."""
        value = multiply_by_quantized_multiplier(accumulator, multiplier, shift)
        value = min(max(value + self.output_offset, self.minimum), self.maximum)
        self.outputs = self.outputs >> 8 | (value & 0xFF) << 24


def _signed(value: int, width: int) -> int:
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def _byte(word: int, index: int) -> int:
    return _signed(word >> (8 * index), 8)


def _shift_operand(word: int) -> int:
    shift = _signed(word, 6)
    return 0 if shift == -32 else shift


class _Command(Instruction):
    """An instruction without a result; `_Multiplier` or `_Requantizer` does what it asks for."""

    title: ClassVar[str]
    place: ClassVar[Opcode]
    uses: ClassVar[Sequence[str]]

    def __init__(self) -> None:
        super().__init__(
            self.title, self.place, latency=Latency.fixed(1), operands=self.uses, has_result=False
        )

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return Const(0)


class SetOffsets(_Command):
    """Set the offset added to inputs (-127 to 128) and that added to outputs (int8)."""

    title = "set_offsets"
    place = Opcode(0)
    uses = ("input_offset", "output_offset")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.input_offset, state.output_offset = -_signed(-in0, 8), _signed(in1, 8)
        return 0


class SetActivation(_Command):
    """Set the range of outputs (int8)."""

    title = "set_activation"
    place = Opcode(1)
    uses = ("minimum", "maximum")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.minimum, state.maximum = _signed(in0, 8), _signed(in1, 8)
        return 0


class Start(_Command):
    """Clear the accumulators, set the bias, rewind the input buffer."""

    title = "start"
    place = Opcode(2)
    uses = ("bias",)

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.bias = _signed(in0, 32)
        state.lanes = [0] * LANES
        state.next_lane = 0
        state.position = 0
        return 0


class SetBias(_Command):
    """Set the bias alone."""

    title = "set_bias"
    place = Opcode(3)
    uses = ("bias",)

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.bias = _signed(in0, 32)
        return 0


class Mac(_Command):
    """Multiply four int8 filters by four int8 inputs, one into each accumulator."""

    title = "mac"
    place = Opcode(4)
    uses = ("filters", "inputs")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.accumulate(in0, in1)
        return 0


class WriteInput(_Command):
    """Write four int8 inputs to a word of the input buffer."""

    title = "write_input"
    place = Opcode(5)
    uses = ("index", "inputs")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.buffer[in0 % len(state.buffer)] = in1
        return 0


class MacBuffered(_Command):
    """Multiply eight int8 filters by the next eight inputs of the buffer."""

    title = "mac_buffered"
    place = Opcode(6)
    uses = ("filters0", "filters1")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        for filters in (in0, in1):
            state.accumulate(filters, state.buffer[state.position])
            state.position = (state.position + 1) % len(state.buffer)
        return 0


class Requantize(_Command):
    """Begin to requantize the bias plus all accumulators."""

    title = "requantize"
    place = Opcode(0, 1)
    uses = ("multiplier", "shift")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        state.emit(state.total, in0 & 0x7FFFFFFF, _shift_operand(in1))
        return 0


class RequantizeLane(_Command):
    """Begin to requantize the bias plus the next accumulator."""

    title = "requantize_lane"
    place = Opcode(1, 1)
    uses = ("multiplier", "shift")

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        accumulator = _signed(state.bias + state.lanes[state.next_lane], 32)
        state.emit(accumulator, in0 & 0x7FFFFFFF, _shift_operand(in1))
        state.next_lane = (state.next_lane + 1) % LANES
        return 0


class Results(Instruction):
    """Return the four latest outputs (int8), the oldest in the lowest byte.

    `_Requantizer` drives `value`.
    """

    def __init__(self) -> None:
        super().__init__("results", Opcode(2, 1), latency=Latency.fixed(1), operands=())
        self.value = Signal(32)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.cmd.ready.eq(~self.hold & (self.rsp.ready | ~self.rsp.valid)),
            self.fire.eq(self.cmd.valid & self.cmd.ready),
            # Nothing changes the outputs until this is answered, so they need no copy.
            self.rsp.payload.eq(self.value),
        ]
        with m.If(self.rsp.ready | ~self.rsp.valid):
            m.d.sync += self.rsp.valid.eq(self.fire)
        return m

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        return state.outputs


class Sum(Instruction):
    """Return the bias plus all accumulators.

    `_Requantizer` drives `value` and `is_done`.
    """

    def __init__(self) -> None:
        super().__init__("sum", Opcode(3, 1), latency=Latency.variable(6), operands=())
        self.value = Signal(32)
        self.is_done = Signal()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.cmd.ready.eq(~self.hold),
            self.fire.eq(self.cmd.valid & self.cmd.ready),
            self.rsp.valid.eq(self.is_done),
            self.rsp.payload.eq(self.value),
        ]
        return m

    def model(self, state: SimdMacState, in0: int, in1: int) -> int:
        return state.total


class _Multiplier(wiring.Component):
    """Feeds the lanes with operands and the words of the input buffer.

    Members
    -------
    settled : `Out(1)`
        Whether every accepted multiplication will be in the accumulators after this cycle.
    word_is_stale : `Out(1)`
        Whether the word of the input buffer cannot be used in this cycle.
    """

    def __init__(self, cfu: SimdMac, lanes: MacLanes) -> None:
        self._cfu = cfu
        self._lanes = lanes
        super().__init__({"settled": Out(1), "word_is_stale": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cfu, lanes = self._cfu, self._lanes
        # Both take their first filters from the first operand, so these are one signal.
        mac, buffered = cfu.mac.cmd.payload, cfu.mac_buffered.cmd.payload
        second_half = Signal()
        second_filters = Signal(32)
        word = self._elaborate_buffer(m, cfu.mac_buffered.fire | second_half)
        m.d.sync += second_half.eq(cfu.mac_buffered.fire)
        with m.If(cfu.mac_buffered.fire):
            m.d.sync += second_filters.eq(buffered.in1)
        m.d.comb += [
            lanes.begins.eq(cfu.mac.fire | cfu.mac_buffered.fire | second_half),
            lanes.filters.eq(Mux(second_half, second_filters, mac.in0)),
            lanes.inputs.eq(Mux(cfu.mac.fire, mac.in1, word)),
            lanes.clears.eq(cfu.start.fire),
            self.settled.eq(~second_half),
        ]
        offset = Signal(signed(9))
        with m.If(cfu.set_offsets.fire):
            offset_byte = cfu.set_offsets.cmd.payload.in0[:8]
            m.d.sync += offset.eq(Cat(offset_byte, offset_byte > 128))
        m.d.comb += lanes.input_offset.eq(offset)
        return m

    def _elaborate_buffer(self, m: Module, advances: ValueLike) -> Value:
        """Return the word at the reading position, valid unless `mac_buffered` holds."""
        cfu = self._cfu
        m.submodules.buffer = buffer = memory.Memory(
            shape=32,
            depth=cfu.input_words,
            init=[],
            # What a word reads while it is written does not matter; this saves a bypass.
            attrs={"no_rw_check": 1},
        )
        write, read = buffer.write_port(), buffer.read_port()
        operands = cfu.write_input.cmd.payload
        position = Signal(range(cfu.input_words))
        m.d.comb += [
            write.addr.eq(operands.in0),
            write.data.eq(operands.in1),
            write.en.eq(cfu.write_input.fire),
            read.addr.eq(position + advances),
        ]
        # The word read is that of the cycle before.
        m.d.sync += self.word_is_stale.eq(cfu.start.fire | cfu.write_input.fire)
        with m.If(cfu.start.fire):
            m.d.sync += position.eq(0)
        with m.Else():
            m.d.sync += position.eq(read.addr)
        word: Value = read.data
        return word


class _Requantizer(wiring.Component):
    """Scale, round, offset and clamp a sum in the background.

    A sum is added up, multiplied digit by digit (one product a cycle), shifted, and then offset
    and clamped; from the shift on this overlaps with the next sum.

    Members
    -------
    free : `Out(1)`
        Whether another sum can begin, and the lanes are not needed after this cycle.
    taken : `Out(1)`
        Whether the accumulators are not needed after this cycle.
    idle : `Out(1)`
        Whether all is finished.
    """

    def __init__(self, cfu: SimdMac, lanes: MacLanes) -> None:
        self._cfu = cfu
        self._lanes = lanes
        super().__init__({"free": Out(1), "taken": Out(1), "idle": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cfu, lanes = self._cfu, self._lanes
        bias = Signal(32)
        value = Signal(32)
        addend, added = Signal(32), Signal(32)
        multiplier = Signal(32)  # twice the operand: with 32 fraction bits all digits are alike
        shift = Signal(signed(6))
        by_lane, is_read = Signal(), Signal()
        next_lane, lane_index = Signal(range(LANES)), Signal(range(LANES))
        step = Signal(2)
        scaled = Signal(34)
        term, sum_of_terms = Signal(32), Signal(34)
        multiplies, subtracts = Signal(), Signal()
        begins = Signal()
        m.submodules.output_stage = output_stage = OutputStage()

        operands = cfu.requantize.cmd.payload
        with m.If(cfu.start.fire | cfu.set_bias.fire):
            m.d.sync += bias.eq(operands.in0)
        m.d.comb += begins.eq(cfu.requantize.fire | cfu.requantize_lane.fire | cfu.sum.fire)
        with m.If(begins):
            m.d.sync += [
                multiplier.eq(operands.in0[:31] << 1),
                shift.eq(operands.in1),
                by_lane.eq(cfu.requantize_lane.fire),
                is_read.eq(cfu.sum.fire),
                lane_index.eq(Mux(cfu.requantize_lane.fire, next_lane, 0)),
            ]
        with m.If(cfu.start.fire):
            m.d.sync += next_lane.eq(0)
        with m.Elif(cfu.requantize_lane.fire):
            m.d.sync += next_lane.eq(next_lane + 1)

        m.d.comb += [
            addend.eq(bias),
            lanes.lane_index.eq(lane_index),
            # Both are 0 while lane 0 may need its multiplier: `value` always is before a sum.
            lanes.digit_0.eq(Mux(step[0], value[16:], value[:16])),
            lanes.digit_1.eq(multiplier[:16] & multiplies.replicate(16)),
            term.eq(Mux(subtracts, ~multiplier & value[-1].replicate(32), lanes.product)),
            # The lowest bit carries in what turns a complement into a negative.
            sum_of_terms.eq(
                (Cat(1, Mux(step[0], scaled >> 16, scaled)) + Cat(subtracts & value[-1], term))[1:]
            ),
            added.eq(value + addend),
            cfu.sum.value.eq(value),
        ]
        with m.FSM() as fsm:
            with m.State("wait for work"):
                m.d.comb += [self.free.eq(1), self.taken.eq(1)]
                with m.If(begins):
                    m.next = "add the bias"
            with m.State("add the bias"):
                m.d.sync += [value.eq(added), step.eq(0)]
                m.d.sync += scaled.eq(1 << 31)  # one half, to round
                m.next = "add accumulators"
            with m.State("add accumulators"):
                m.d.comb += addend.eq(lanes.lane)
                m.d.sync += [value.eq(added), lane_index.eq(lane_index + 1)]
                with m.If(by_lane | (lane_index == LANES - 1)):
                    m.d.comb += self.taken.eq(1)
                    with m.If(is_read):
                        m.next = "offer the sum"
                    with m.Elif(shift > 0):
                        m.next = "shift to the left"
                    with m.Else():
                        m.next = "multiply digits"
            with m.State("offer the sum"):
                m.d.comb += [self.taken.eq(1), cfu.sum.is_done.eq(1)]
                with m.If(cfu.sum.rsp.ready):
                    m.d.sync += value.eq(0)
                    m.next = "wait for work"
            with m.State("shift to the left"):
                m.d.comb += [self.taken.eq(1), addend.eq(value)]
                m.d.sync += [value.eq(added), shift.eq(shift - 1)]
                with m.If(shift == 1):
                    m.next = "multiply digits"
            with m.State("multiply digits"):
                # Lower by lower digit, two mixed products of 16 bits more weight, and upper by
                # upper digit of 16 bits more again; the bits below no longer matter then.
                m.d.comb += [self.taken.eq(1), multiplies.eq(1)]
                m.d.sync += [
                    scaled.eq(sum_of_terms),
                    step.eq(step + 1),
                ]
                with m.If(step[0]):
                    m.d.sync += multiplier.eq(multiplier.rotate_left(16))
                with m.If(step == 3):
                    m.next = "correct the sign"
            with m.State("correct the sign"):
                # The digits were those of value + 2**32 if it is negative.
                m.d.comb += [self.taken.eq(1), subtracts.eq(1)]
                with m.If(output_stage.is_free):
                    m.d.comb += [self.free.eq(1), output_stage.loads.eq(1)]
                    m.d.sync += [scaled.eq(sum_of_terms), value.eq(0)]
                    m.next = "wait for work"
                    with m.If(begins):
                        m.next = "add the bias"

        minimum, maximum = Signal(signed(8), init=-128), Signal(signed(8), init=127)
        offset = Signal(signed(8))
        outputs = Signal(32)
        with m.If(cfu.set_offsets.fire):
            m.d.sync += offset.eq(cfu.set_offsets.cmd.payload.in1)
        with m.If(cfu.set_activation.fire):
            operands = cfu.set_activation.cmd.payload
            m.d.sync += [minimum.eq(operands.in0), maximum.eq(operands.in1)]
        with m.If(output_stage.is_done):
            m.d.sync += outputs.eq(Cat(outputs[8:], output_stage.output))
        m.d.comb += [
            output_stage.value.eq(scaled[:32]),
            output_stage.distance.eq(Mux(shift[-1], -shift, 0)),
            output_stage.offset.eq(offset),
            output_stage.minimum.eq(minimum),
            output_stage.maximum.eq(maximum),
            cfu.results.value.eq(outputs),
            self.idle.eq(fsm.ongoing("wait for work") & output_stage.is_idle),
        ]
        return m


class _Interlock(wiring.Component):
    """Keep instructions waiting for what earlier ones have not finished."""

    def __init__(self, cfu: SimdMac, multiplier: _Multiplier, requantizer: _Requantizer) -> None:
        self._cfu = cfu
        self._multiplier = multiplier
        self._requantizer = requantizer
        super().__init__({})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cfu, multiplier, requantizer = self._cfu, self._multiplier, self._requantizer
        waits_for = {
            cfu.start: requantizer.taken,
            cfu.mac: requantizer.free,
            cfu.mac_buffered: requantizer.free & ~multiplier.word_is_stale,
            cfu.requantize: requantizer.free,
            cfu.requantize_lane: requantizer.free,
            cfu.sum: requantizer.free,
            cfu.set_offsets: requantizer.idle,
            cfu.set_activation: requantizer.idle,
            cfu.results: requantizer.idle,
        }
        for instruction in cfu.instructions:
            waited_for = waits_for.get(instruction, Const(1))
            m.d.comb += instruction.hold.eq(~(multiplier.settled & waited_for))
        return m


class SimdMac(Cfu):
    """The CFU of this file; see the module's text.

    Parameters
    ----------
    input_words
        Size of the input buffer in words of four inputs, a power of two, 4 or more.
    """

    rung = 2
    teaches = "requantization beside the lanes, and inputs kept in a buffer"
    peak_macs_per_cycle = LANES
    requantizes = True

    def __init__(self, *, input_words: int = 512) -> None:
        if input_words < 4 or input_words & (input_words - 1):
            raise ValueError(f"input_words must be a power of two from 4 on, not {input_words}")
        self.input_words = input_words
        self.set_offsets = SetOffsets()
        self.set_activation = SetActivation()
        self.start = Start()
        self.set_bias = SetBias()
        self.mac = Mac()
        self.write_input = WriteInput()
        self.mac_buffered = MacBuffered()
        self.requantize = Requantize()
        self.requantize_lane = RequantizeLane()
        self.results = Results()
        self.sum = Sum()
        lanes = MacLanes()
        multiplier = _Multiplier(self, lanes)
        requantizer = _Requantizer(self, lanes)
        super().__init__(
            [value for value in vars(self).values() if isinstance(value, Instruction)],
            name="simd_mac",
            parts={
                "lanes": lanes,
                "multiplier": multiplier,
                "requantizer": requantizer,
                "interlock": _Interlock(self, multiplier, requantizer),
            },
        )

    def initial_state(self) -> SimdMacState:
        return SimdMacState([0] * self.input_words)
