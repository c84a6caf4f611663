"""Numbers that software and an array engine share."""

from __future__ import annotations

__all__ = ["Mode", "Register", "Target", "register_widths", "software_constants"]

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from gateware.array.sizes import ArraySizes


class Register(IntEnum):
    """What `configure` sets; see the text of `gateware.array`."""

    INPUT_OFFSET = 0
    OUTPUT_OFFSET = 1
    ACTIVATION_MIN = 2
    ACTIVATION_MAX = 3
    MODE = 4
    WINDOW_WORDS = 5
    WINDOW_TAPS = 6
    TAP_STEP = 7
    WINDOW_ROWS = 8
    ROW_STEP = 9
    INPUT_BASE = 10
    COLUMNS = 11
    COLUMN_STEP = 12
    LINES = 13
    LINE_STEP = 14
    BLOCK_CHANNELS = 15
    FILTER_WORDS_PER_CHANNEL = 16
    STORE_ADDRESS = 17
    STORE_WORDS = 18
    STORE_STEP = 19


class Target(IntEnum):
    """Local memories that `seek` chooses from."""

    INPUTS = 0
    FILTERS = 1
    BIASES = 2
    MULTIPLIERS = 3
    SHIFTS = 4


class Mode(IntFlag):
    """Bits of `Register.MODE`. Dense is the mode without `DEPTHWISE` and `LOOKUP`."""

    DENSE = 0
    DEPTHWISE = 1
    LOOKUP = 2
    RAW = 4
    ALIGN_PIXELS = 8
    STORE = 16


_SIGNED = {
    Register.INPUT_OFFSET: 9,
    Register.OUTPUT_OFFSET: 8,
    Register.ACTIVATION_MIN: 8,
    Register.ACTIVATION_MAX: 8,
}


def register_widths(sizes: ArraySizes) -> Mapping[Register, tuple[int, bool]]:
    """Return the width in bits of each register, and whether it is signed."""
    address = (sizes.input_bytes - 1).bit_length()
    filters = sizes.filter_words.bit_length()
    unsigned = {
        Register.MODE: 5,
        Register.WINDOW_WORDS: filters,
        Register.WINDOW_TAPS: 10,
        Register.TAP_STEP: address,
        Register.WINDOW_ROWS: 10,
        Register.ROW_STEP: address,
        Register.INPUT_BASE: address,
        Register.COLUMNS: sizes.input_bytes.bit_length(),
        Register.COLUMN_STEP: address,
        Register.LINES: 10,
        Register.LINE_STEP: address,
        Register.BLOCK_CHANNELS: sizes.channels.bit_length(),
        Register.FILTER_WORDS_PER_CHANNEL: filters,
    }
    if sizes.memory_port:
        unsigned |= {
            Register.STORE_ADDRESS: 32,
            Register.STORE_WORDS: 16,
            Register.STORE_STEP: 24,
        }
    return {register: (width, True) for register, width in _SIGNED.items()} | {
        register: (width, False) for register, width in unsigned.items()
    }


def software_constants(sizes: ArraySizes) -> dict[str, int]:
    """Return what kernels know of an engine: its sizes and the numbers of this file."""
    constants = {
        "units": sizes.units,
        "input_bytes": sizes.input_bytes,
        "filter_words": sizes.filter_words,
        "channels": sizes.channels,
        "result_words": sizes.result_words,
        "memory_port": int(sizes.memory_port),
    }
    for numbers in (Register, Target, Mode):
        constants |= {name.lower(): int(number) for name, number in numbers.__members__.items()}
    return constants
