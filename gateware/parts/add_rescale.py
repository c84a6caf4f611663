"""TensorFlow Lite Micro's element-wise ADD of int8: two rescaled inputs, a rescaled sum."""

from __future__ import annotations

__all__ = ["EXAMPLES", "AddRescale", "add_rescale"]

from collections.abc import Sequence
from typing import ClassVar

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.output_stage import multiply_by_quantized_multiplier
from gateware.parts.pipeline import flag_after, register
from gateware.parts.requantizer import Requantizer, requantize
from gateware.parts.rounding_shift import RoundingShift
from gateware.parts.serial_requantizer import SerialRequantizer

_LEFT_SHIFT = 20  # of both inputs, for int8
_DIGIT = 17  # as in `Requantizer`
_SCALED = 29  # bits of an input after its scaling: 255 * 2**20 with a sign


def add_rescale(
    inputs: Sequence[int],
    *,
    input_offsets: Sequence[int],
    input_multipliers: Sequence[int],
    input_shifts: Sequence[int],
    multiplier: int,
    shift: int,
    offset: int,
    minimum: int,
    maximum: int,
) -> int:
    """Return the int8 sum of two int8.

    Parameters
    ----------
    inputs, input_offsets, input_multipliers, input_shifts
        Two of each: int8; -127 to 128; 0 to 2**31 - 1; -31 to 0.
    multiplier, shift, offset, minimum, maximum
        Of the sum, as `requantize` takes them.
    """
    scaled = (
        multiply_by_quantized_multiplier((x + input_offset) << _LEFT_SHIFT, input_multiplier, right)
        for x, input_offset, input_multiplier, right in zip(
            inputs, input_offsets, input_multipliers, input_shifts, strict=True
        )
    )
    return requantize(
        sum(scaled), multiplier, shift=shift, offset=offset, minimum=minimum, maximum=maximum
    )


class AddRescale(wiring.Component):
    """Add two int8 of different scales; never stalls.

    Parameters
    ----------
    serial
        0 for a sum every cycle, with two scalers for the inputs and `Requantizer`. 1 for one
        scaler that takes both inputs in turn and `SerialRequantizer`: a sum every 17 cycles.

    Members
    -------
    valid : `In(1)`
        Take `input_0` and `input_1`; at most every `interval` cycles.
    input_0, input_1 : `In(signed(8))`
    output_valid : `Out(1)`
        `valid`, `latency` cycles later.
    output : `Out(signed(8))`

    All others are constant while something is inside:

    input_offset_0, input_offset_1 : `In(signed(9))`
        -127 to 128.
    input_multiplier_0, input_multiplier_1 : `In(31)`
    input_shift_0, input_shift_1 : `In(signed(6))`
        -31 to 0.
    multiplier, shift, offset, minimum, maximum
        Of the sum, as those of `Requantizer`.

    Attributes
    ----------
    latency
        Cycles from `valid` to `output_valid`.
    interval
        Cycles from one `valid` to the earliest next.
    """

    def __init__(self, *, serial: int = 0) -> None:
        self._is_serial = bool(serial)
        self._requantizer = SerialRequantizer() if serial else Requantizer()
        self.interval = self._requantizer.interval
        self.latency = _Scaler.latency + self._is_serial + 1 + self._requantizer.latency
        super().__init__(
            {
                "valid": In(1),
                "input_0": In(signed(8)),
                "input_1": In(signed(8)),
                "input_offset_0": In(signed(9)),
                "input_offset_1": In(signed(9)),
                "input_multiplier_0": In(31),
                "input_multiplier_1": In(31),
                "input_shift_0": In(signed(6)),
                "input_shift_1": In(signed(6)),
                "multiplier": In(31),
                "shift": In(signed(6)),
                "offset": In(signed(8)),
                "minimum": In(signed(8)),
                "maximum": In(signed(8)),
                "output_valid": Out(1),
                "output": Out(signed(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.requantizer = requantizer = self._requantizer
        operands = [
            (self.input_0, self.input_offset_0, self.input_multiplier_0, self.input_shift_0),
            (self.input_1, self.input_offset_1, self.input_multiplier_1, self.input_shift_1),
        ]
        scaled: list[Value] = []
        if self._is_serial:
            m.submodules.scaler = scaler = _Scaler()
            held, is_second = Signal(signed(8)), Signal()
            m.d.sync += [held.eq(self.input_1), is_second.eq(self.valid)]
            operands[1] = (held, *operands[1][1:])
            for port, first, second in zip(scaler.operands, *operands, strict=True):
                m.d.comb += port.eq(Mux(is_second, second, first))
            scaled = [register(m, scaler.output, "first"), scaler.output]
        else:
            for index, given in enumerate(operands):
                m.submodules[f"scaler_{index}"] = scaler = _Scaler()
                m.d.comb += [
                    port.eq(value) for port, value in zip(scaler.operands, given, strict=True)
                ]
                scaled.append(scaler.output)
        m.d.comb += [
            requantizer.valid.eq(flag_after(m, self.valid, self.latency - requantizer.latency)),
            requantizer.accumulator.eq(register(m, scaled[0] + scaled[1], "total")),
            requantizer.multiplier.eq(self.multiplier),
            requantizer.shift.eq(self.shift),
            requantizer.offset.eq(self.offset),
            requantizer.minimum.eq(self.minimum),
            requantizer.maximum.eq(self.maximum),
            self.output_valid.eq(requantizer.output_valid),
            self.output.eq(requantizer.output),
        ]
        return m


class _Scaler(wiring.Component):
    """Scale an input with its offset; one every cycle, with two multipliers of 18 bits."""

    latency: ClassVar[int] = 4 + RoundingShift.latency + 1

    def __init__(self) -> None:
        super().__init__(
            {
                "input": In(signed(8)),
                "offset": In(signed(9)),
                "multiplier": In(31),
                "shift": In(signed(6)),
                "output": Out(signed(_SCALED)),
            }
        )

    @property
    def operands(self) -> tuple[Signal, Signal, Signal, Signal]:
        """Input, offset, multiplier, shift."""
        return self.input, self.offset, self.multiplier, self.shift

    def elaborate(self, platform: object) -> Module:
        m = Module()
        value = register(m, (self.input + self.offset)[:9].as_signed(), "value")
        multiplier = register(m, self.multiplier, "multiplier")
        low = register(m, value * multiplier[:_DIGIT], "low")
        high = register(m, value * multiplier[_DIGIT:], "high", cycles=2)
        # What is lost is what a product times 2**20, divided by 2**31, leaves in the lower digit.
        lost = 31 - _LEFT_SHIFT
        low = register(m, (low + (1 << (lost - 1))) >> lost, "rounded")
        product = register(m, ((high << (_DIGIT - lost)) + low)[:_SCALED], "product")

        m.submodules.rounding_shift = shift = RoundingShift(width=_SCALED, kept=_SCALED)
        m.d.comb += [
            shift.value.eq(product),
            shift.distance.eq(register(m, (-self.shift)[:5], "distance", cycles=4)),
            self.output.eq(register(m, shift.output + shift.rounds_up, "scaled")),
        ]
        return m


EXAMPLES = (PartExample(AddRescale), PartExample(AddRescale, serial=1))
