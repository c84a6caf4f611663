"""What the playground knows about a board."""

from __future__ import annotations

__all__ = ["Board", "Hardware", "Programmer"]

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from boards.memories import BlockRam, Memory, Rom


@dataclass(frozen=True)
class Programmer:
    """How a bitstream gets into a board.

    Attributes
    ----------
    tool
        "openfpgaloader" or "dfu-util".
    arguments
        What tells the tool which board it is, such as `("--board", "ulx3s")`.
    flash_offset
        Where in the flash the tool puts what it is given, if it gives no choice.
    """

    tool: str
    arguments: tuple[str, ...] = ()
    flash_offset: int = 0


@dataclass(frozen=True)
class Hardware:
    """What of a board exists outside the simulator, in the terms of litex-boards.

    Attributes
    ----------
    platform
        Platform class as "module:Class", for the device and its pins.
    platform_options
        Keyword arguments of the platform class.
    clocks
        Class of the clock and reset generator as "module:Class"; it is given the platform and
        the system clock's frequency.
    clock_options
        Further keyword arguments of the clock and reset generator.
    serial_pins
        Pins (receive, transmit) of the serial line, for a platform that defines none.
    baud
        Rate of the serial line, bits a second.
    """

    platform: str
    clocks: str
    programmer: Programmer
    platform_options: Mapping[str, object] = field(default_factory=dict)
    clock_options: Mapping[str, object] = field(default_factory=dict)
    serial_pins: tuple[str, str] | None = None
    baud: int = 115_200


@dataclass(frozen=True)
class Board:
    """A declarative description of a board.

    Attributes
    ----------
    name
        The name of the file that declares it.
    summary
        One line for lists.
    sys_clk_hz
        Frequency of the clock that CPU, CFU and buses share.
    memories
        Memories beside the CPU's caches.
    load_memory
        The memory that a firmware image is put into and started from.
    load_offset
        Where in `load_memory` the image begins, in bytes: in a flash, behind the bitstream.
    work_memory
        The memory for variables, the tensor arena and the stack.
    cpu
        The CPU variant that the board gets unless another is asked for.
    hardware
        `None` for a board that exists in simulation only.
    uart_fifo_bytes
        Depth of the UART's receive and transmit queues.
    """

    name: str
    summary: str
    sys_clk_hz: int
    memories: tuple[Memory, ...]
    load_memory: str
    work_memory: str
    load_offset: int = 0
    cpu: str = "full"
    hardware: Hardware | None = None
    uart_fifo_bytes: int = 16

    def __post_init__(self) -> None:
        for role in (self.load_memory, self.work_memory):
            if role not in {memory.name for memory in self.memories}:
                raise ValueError(f"board `{self.name}` has no memory `{role}`")
        end, before = 0, ""
        for memory in sorted(self.memories, key=lambda memory: memory.origin):
            if memory.origin < end:
                raise ValueError(f"memories `{before}` and `{memory.name}` overlap")
            end, before = memory.origin + memory.bytes, memory.name

    @property
    def ideal_memory(self) -> bool:
        """Whether memory answers without the wait states that a real board's would have."""
        return not any(memory.has_wait_states for memory in self.memories)

    @property
    def has_bios(self) -> bool:
        """Whether LiteX's BIOS starts the board."""
        return any(isinstance(memory, Rom) for memory in self.memories)

    def memory(self, name: str) -> Memory:
        """Return the memory of that name."""
        return next(memory for memory in self.memories if memory.name == name)

    def idealized(self) -> Board:
        """Return the board with block RAM in place of every memory that has wait states.

        The memory map stays the same. Such a board exists in simulation only.
        """
        return dataclasses.replace(
            self,
            memories=tuple(
                BlockRam(name=memory.name, origin=memory.origin, bytes=memory.bytes)
                if memory.has_wait_states
                else memory
                for memory in self.memories
            ),
            load_offset=self.load_offset,
            hardware=None,
        )
