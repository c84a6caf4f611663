"""What an array engine computes, in Python."""

from __future__ import annotations

__all__ = ["ArrayModel"]

from collections import deque

from gateware.array.registers import Mode, Register, Target, register_widths
from gateware.array.sizes import LANES, ArraySizes
from gateware.memory_port import MemoryModel
from gateware.parts.output_stage import multiply_by_quantized_multiplier

_LOOKUP_WORDS = 256


def _signed(value: int, width: int) -> int:
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


class ArrayModel:
    """State of an array engine; each method is an instruction.

    Numbers are unsigned 32-bit operands, as they come. Results are unsigned 32-bit words.

    Parameters
    ----------
    memory
        Main memory, if the engine has a memory port.
    """

    def __init__(self, sizes: ArraySizes, memory: MemoryModel | None = None) -> None:
        self._sizes = sizes
        self.memory = memory
        self._widths = register_widths(sizes)
        self._registers = dict.fromkeys(self._widths, 0)
        self._inputs = bytearray(sizes.input_bytes)
        self._filters = [[0] * sizes.filter_words for _ in range(sizes.units)]
        self._parameters = {
            target: [0] * sizes.channels
            for target in (Target.BIASES, Target.MULTIPLIERS, Target.SHIFTS)
        }
        self._target = 0
        self._position = 0
        self._bank = 0
        self._words_of_channel = 0
        self._results: deque[int] = deque()
        self._partial: list[int] = []
        self._stored_words = 0
        self._store_address = 0

    def configure(self, register: int, value: int) -> None:
        """Set a register; a number that none has does nothing."""
        register &= 31
        if register in self._widths:
            width, is_signed = self._widths[Register(register)]
            self._registers[Register(register)] = (
                _signed(value, width) if is_signed else value & ((1 << width) - 1)
            )

    def seek(self, target: int, index: int) -> None:
        """Choose where writes begin."""
        self._target = target & 7
        self._position = index
        self._bank = 0
        self._words_of_channel = 0

    def write(self, word: int, count: int = 4) -> None:
        """Write the first `count` bytes of a word; to other targets than inputs, all of it."""
        if self._target == Target.INPUTS:
            for index in range(count):
                place = (self._position + index) % self._sizes.input_bytes
                self._inputs[place] = word >> (8 * index) & 0xFF
            self._position += count
        elif self._target == Target.FILTERS:
            per_channel = self._registers[Register.FILTER_WORDS_PER_CHANNEL]
            address = (self._position + self._words_of_channel) % self._sizes.filter_words
            self._filters[self._bank][address] = word
            self._words_of_channel += 1
            if self._words_of_channel == per_channel:
                self._words_of_channel = 0
                self._bank += 1
            if self._bank == self._sizes.units:
                self._bank = 0
                self._position += per_channel
        else:
            if self._target in self._parameters:
                memory = self._parameters[Target(self._target)]
                memory[self._position % self._sizes.channels] = word
            self._position += 1

    def fill(self, word: int, count: int) -> None:
        """Write `count` bytes of a repeated word, to other targets a word for every four."""
        for done in range(0, count, 4):
            self.write(word, min(4, count - done))

    def fetch(self, address: int, count: int) -> None:
        """Write `count` bytes of main memory; to other targets as many words as they touch."""
        if self.memory is None:
            raise ValueError("this engine has no memory port")
        skip = address % 4
        end = skip + count if count else 0
        for offset in range(0, end, 4):
            word = self.memory.read_word((address - skip + offset) & 0xFFFFFFFF)
            first = skip if offset == 0 else 0
            if self._target == Target.INPUTS:
                word >>= 8 * first
            self.write(word, min(4, end - offset) - first)

    def run(self) -> None:
        """Compute a block."""
        r = self._registers
        mode = Mode(r[Register.MODE])
        self._results.clear()
        self._stored_words = 0
        self._store_address = r.get(Register.STORE_ADDRESS, 0)
        self._partial = []
        for line in range(r[Register.LINES]):
            for column in range(r[Register.COLUMNS]):
                base = r[Register.INPUT_BASE]
                base += line * r[Register.LINE_STEP] + column * r[Register.COLUMN_STEP]
                if mode & Mode.ALIGN_PIXELS:
                    self._flush()
                self._compute_pixel(base, mode)
        self._flush()

    def read(self) -> int:
        """Return the next result, 0 if none is left."""
        return self._results.popleft() if self._results else 0

    def _compute_pixel(self, base: int, mode: Mode) -> None:
        r = self._registers
        channels = r[Register.BLOCK_CHANNELS]
        is_depthwise = bool(mode & Mode.DEPTHWISE)
        group_channels = LANES if is_depthwise else 1 if mode & Mode.LOOKUP else self._sizes.units
        beats = [
            row * r[Register.ROW_STEP] + tap * r[Register.TAP_STEP] + 4 * word
            for row in range(r[Register.WINDOW_ROWS])
            for tap in range(r[Register.WINDOW_TAPS])
            for word in range(r[Register.WINDOW_WORDS])
        ]
        for group, first in enumerate(range(0, channels, group_channels)):
            start = base + (4 * group if is_depthwise else 0)
            sums = [0] * group_channels
            for beat, offset in enumerate(beats):
                inputs = [self._input(start + offset + lane) for lane in range(LANES)]
                if mode & Mode.DEPTHWISE:
                    word = self._filter(0, beat * -(-channels // LANES) + group)
                    for lane in range(LANES):
                        sums[lane] += self._offset(inputs[lane]) * _signed(word >> 8 * lane, 8)
                elif mode & Mode.LOOKUP:
                    sums[0] += self._filter(0, beat * _LOOKUP_WORDS + inputs[0] + 128)
                else:
                    for unit in range(group_channels):
                        word = self._filter(unit, group * len(beats) + beat)
                        sums[unit] += sum(
                            self._offset(inputs[lane]) * _signed(word >> 8 * lane, 8)
                            for lane in range(LANES)
                        )
            for index, value in enumerate(sums[: channels - first]):
                self._emit(first + index, value, is_raw=bool(mode & Mode.RAW))

    def _offset(self, value: int) -> int:
        return value + self._registers[Register.INPUT_OFFSET]

    def _input(self, address: int) -> int:
        return _signed(self._inputs[address % self._sizes.input_bytes], 8)

    def _filter(self, unit: int, address: int) -> int:
        return self._filters[unit][address % self._sizes.filter_words]

    def _emit(self, channel: int, value: int, *, is_raw: bool) -> None:
        r = self._registers
        place = channel % self._sizes.channels
        value = _signed(value + self._parameters[Target.BIASES][place], 32)
        if is_raw:
            self._deliver(value & 0xFFFFFFFF, 0xF)
            return
        multiplier = self._parameters[Target.MULTIPLIERS][place] & 0x7FFFFFFF
        shift = _signed(self._parameters[Target.SHIFTS][place], 6)
        output = multiply_by_quantized_multiplier(value, multiplier, max(shift, -31))
        output += r[Register.OUTPUT_OFFSET]
        output = min(max(output, r[Register.ACTIVATION_MIN]), r[Register.ACTIVATION_MAX])
        self._partial.append(output & 0xFF)
        if len(self._partial) == 4:
            self._flush()

    def _flush(self) -> None:
        if self._partial:
            self._deliver(int.from_bytes(self._partial, "little"), (1 << len(self._partial)) - 1)
            self._partial = []

    def _deliver(self, word: int, mask: int) -> None:
        r = self._registers
        if self.memory is None or not r[Register.MODE] & Mode.STORE:
            self._results.append(word)
            return
        address = self._store_address + 4 * self._stored_words
        self.memory.write_word(address & 0xFFFFFFFC, word, mask)
        self._stored_words += 1
        if self._stored_words == r[Register.STORE_WORDS]:
            self._stored_words = 0
            self._store_address += r[Register.STORE_STEP]
