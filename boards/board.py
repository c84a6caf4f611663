"""What the playground knows about a board."""

from __future__ import annotations

__all__ = ["Board", "Memory"]

from dataclasses import dataclass


@dataclass(frozen=True)
class Memory:
    """One memory of a board, as LiteX maps it.

    Attributes
    ----------
    name
        LiteX's region name, such as "main_ram".
    origin
        First byte address; a multiple of `bytes`.
    bytes
        Size, a power of two.
    ideal
        Whether the memory answers without the wait states a real part would have, so that
        cycle counts are a lower bound of a board's.
    """

    name: str
    origin: int
    bytes: int
    ideal: bool


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
        Memories beside the CPU's caches; `program_memory` names the one that holds code, data
        and the tensor arena.
    uart_fifo_bytes
        Depth of the UART's receive and transmit queues.
    """

    name: str
    summary: str
    sys_clk_hz: int
    memories: tuple[Memory, ...]
    program_memory: str
    uart_fifo_bytes: int = 16

    @property
    def ideal_memory(self) -> bool:
        """Whether every memory is idealised."""
        return all(memory.ideal for memory in self.memories)

    def memory(self, name: str) -> Memory:
        """Return the memory of that name."""
        return next(memory for memory in self.memories if memory.name == name)
