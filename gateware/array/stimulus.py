"""Random blocks of work with which array engines are checked against their model."""

from __future__ import annotations

__all__ = ["array_stimulus"]

from collections.abc import Generator, Iterator
from random import Random

from gateware.array.registers import Mode, Register, Target
from gateware.array.sizes import LANES, ArraySizes

Command = tuple[str, int, int]

_MOST_CYCLES = 400  # of a run


def array_stimulus(sizes: ArraySizes, random: Random, commands: int) -> Iterator[Command]:
    """Load something, run, and read or wait, again and again.

    Parameters
    ----------
    commands
        About how many are wanted.
    """
    blocks = _Blocks(sizes, random)
    sent = 0
    yield from blocks.first()
    while sent < commands:
        for command in blocks.block():
            sent += 1
            yield command


class _Blocks:
    def __init__(self, sizes: ArraySizes, random: Random) -> None:
        self._sizes = sizes
        self._random = random

    def first(self) -> Iterator[Command]:
        """Set what a run needs to be set in any case."""
        yield _set(Register.FILTER_WORDS_PER_CHANNEL, 3)
        yield ("seek", Target.FILTERS, 0)
        yield ("fill", 0x81027FFD, 4 * min(24, self._sizes.filter_words) * self._sizes.units)
        yield ("seek", Target.INPUTS, 0)
        yield ("fill", 0x80FF7F01, min(256, self._sizes.input_bytes))
        yield ("read", 0, 0)

    def block(self) -> Iterator[Command]:
        """Change some of the memories and registers, and run."""
        for _ in range(self._random.randrange(4)):
            yield from self._load()
        if self._random.random() < 0.5:
            yield from self._arithmetic()
        results = yield from self._window()
        yield ("run", 0, 0)
        if results is None:
            yield ("wait" if self._random.random() < 0.5 else "read", 0, 0)
            return
        # Sometimes not all are read, sometimes more than there are.
        left_over = self._random.choice((0, 0, 0, -1, 1)) if results < 16 else 0
        for _ in range(results + left_over):
            yield ("read", 0, 0)
        if self._random.random() < 0.25:
            yield ("wait", 0, 0)

    def _load(self) -> Iterator[Command]:
        random, sizes = self._random, self._sizes
        target = random.choice(list(Target))
        if target == Target.FILTERS:
            yield _set(Register.FILTER_WORDS_PER_CHANNEL, random.randrange(1, 6))
        deepest = {Target.INPUTS: sizes.input_bytes, Target.FILTERS: sizes.filter_words}
        yield ("seek", target, random.randrange(min(64, deepest.get(target, sizes.channels))))
        for _ in range(random.randrange(1, 8)):
            word = random.getrandbits(32)
            if target == Target.SHIFTS:
                yield ("push", random.randrange(-31, 31), random.randrange(-12, 1))
                continue
            match random.randrange(4 if sizes.memory_port else 3):
                case 0:
                    yield ("push", word, random.getrandbits(32))
                case 1:
                    yield ("push_bytes", word, random.randrange(1, 5))
                case 2:
                    yield ("fill", word, random.randrange(20))
                case _:
                    address = random.getrandbits(20)
                    if target != Target.INPUTS:
                        address &= ~3
                    yield ("fetch", address, random.randrange(40))

    def _arithmetic(self) -> Iterator[Command]:
        random = self._random
        low, high = sorted(random.randrange(-128, 128) for _ in range(2))
        if random.random() < 0.5:
            low, high = -128, 127
        yield _set(Register.INPUT_OFFSET, random.randrange(-127, 129))
        yield _set(Register.OUTPUT_OFFSET, random.randrange(-128, 128))
        yield _set(Register.ACTIVATION_MIN, low)
        yield _set(Register.ACTIVATION_MAX, high)

    def _window(self) -> Generator[Command, None, int | None]:
        """Describe a small run; return how many words are to be read, None if it stores them."""
        random, sizes = self._random, self._sizes
        kind = random.choice((Mode.DENSE, Mode.DENSE, Mode.DEPTHWISE, Mode.LOOKUP))
        is_lookup, is_depthwise = kind == Mode.LOOKUP, kind == Mode.DEPTHWISE
        words = 1 if kind else random.randrange(1, 6)
        taps = random.randrange(1, 4)
        rows = 1 if is_lookup else random.randrange(1, 4)
        most = min(sizes.channels, 3 * max(sizes.units, LANES))
        channels = 1 if is_lookup else random.randrange(1, most + 1)
        if is_depthwise:
            channels = -(-channels // LANES) * LANES
        group = 1 if is_lookup else LANES if is_depthwise else sizes.units
        cycles = words * taps * rows * -(-channels // group)
        pixels = max(_MOST_CYCLES // cycles, 1)
        lines = random.randrange(1, min(3, pixels) + 1)
        columns = random.randrange(1, min(6, max(pixels // lines, 1)) + 1)
        mode = kind
        for flag in (Mode.RAW, Mode.ALIGN_PIXELS):
            if random.random() < 0.3:
                mode |= flag
        stores = sizes.memory_port and random.random() < 0.5
        if stores:
            mode |= Mode.STORE
            yield _set(Register.STORE_ADDRESS, 4 * random.getrandbits(12))
            yield _set(Register.STORE_WORDS, random.randrange(1, 6))
            yield _set(Register.STORE_STEP, 4 * random.randrange(8))
        yield _set(Register.MODE, mode)
        for register, value in (
            (Register.WINDOW_WORDS, words),
            (Register.WINDOW_TAPS, taps),
            (Register.WINDOW_ROWS, rows),
            (Register.LINES, lines),
            (Register.COLUMNS, columns),
            (Register.BLOCK_CHANNELS, channels),
        ):
            yield _set(register, value)
        for register in (
            Register.TAP_STEP,
            Register.ROW_STEP,
            Register.INPUT_BASE,
            Register.COLUMN_STEP,
            Register.LINE_STEP,
        ):
            if random.random() < 0.7:
                yield _set(register, random.randrange(sizes.input_bytes))
        if stores:
            return None
        if mode & Mode.RAW:
            return lines * columns * channels
        if mode & Mode.ALIGN_PIXELS:
            return lines * columns * -(-channels // 4)
        return -(-lines * columns * channels // 4)


def _set(register: Register, value: int) -> Command:
    return ("configure", int(register), value)
