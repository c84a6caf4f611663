"""The kinds of memory that a board may have."""

from __future__ import annotations

__all__ = ["BlockRam", "Dram", "Memory", "Rom", "SpiFlash", "Spram"]

from collections.abc import Mapping
from dataclasses import dataclass, field

# Beyond are peripherals, which the CPU does not cache.
_CACHED_END = 0x8000_0000


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A memory on the SoC's bus.

    Attributes
    ----------
    name
        LiteX's region name, such as "main_ram".
    origin
        First byte address; a multiple of `bytes`, and below 0x8000_0000, where the CPU caches.
    bytes
        Size, a power of two.
    """

    name: str
    origin: int
    bytes: int

    def __post_init__(self) -> None:
        if self.bytes < 4 or self.bytes & (self.bytes - 1):
            raise ValueError(f"memory `{self.name}`: {self.bytes} bytes are no power of two")
        if self.origin % self.bytes or not 0 <= self.origin <= _CACHED_END - self.bytes:
            raise ValueError(
                f"memory `{self.name}`: origin {self.origin:#x} is no multiple of its size, or "
                f"the memory does not end by {_CACHED_END:#x}"
            )

    @property
    def is_writable(self) -> bool:
        """Whether the CPU can store to it."""
        return True

    @property
    def has_wait_states(self) -> bool:
        """Whether an access may take longer than one to block RAM."""
        return False


@dataclass(frozen=True, kw_only=True)
class BlockRam(Memory):
    """Memory made of the FPGA's block RAM, or, in a simulated board, of nothing."""


@dataclass(frozen=True, kw_only=True)
class Rom(Memory):
    """Block RAM that holds LiteX's BIOS and cannot be written."""

    @property
    def is_writable(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class Spram(Memory):
    """The single-port RAM of an iCE40 UltraPlus: 65,536 or 131,072 bytes."""


@dataclass(frozen=True, kw_only=True)
class SpiFlash(Memory):
    """A serial NOR flash, mapped for reading by LiteSPI, one bit per clock and line.

    Attributes
    ----------
    module
        LiteSPI's name of the part, such as "W25Q128JV".
    read_command
        LiteSPI's name of the read command, which ends in how many lines carry data. Four take a
        part whose quad-enable bit is set, which nothing here does.
    clock_hz
        The fastest the flash is clocked; the clock is an even fraction of the system clock.
    """

    module: str
    read_command: str = "READ_1_1_1"
    clock_hz: int = 20_000_000

    @property
    def is_writable(self) -> bool:
        return False

    @property
    def has_wait_states(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class Dram(Memory):
    """SDRAM or DDR3 behind LiteDRAM's controller and a cache.

    Attributes
    ----------
    module
        LiteDRAM's name of the part, such as "MT48LC16M16".
    rate
        Controller to memory clock, "1:1", "1:2" or "1:4".
    phy
        LiteDRAM's PHY as "module:Class".
    phy_options
        Its keyword arguments beside pads and clock.
    electrical
        Terminations and drive strengths ("rtt_nom", "rtt_wr", "ron") other than LiteDRAM's own
        choice. They change no timing.
    l2_cache_bytes
        Size of the write-back cache between the bus and the controller: a power of two, at least
        two lines.
    l2_line_bytes
        Of that cache: a power of two, at least 16. A controller that is wider makes it its width,
        of a narrower one a miss asks for several words in a row, which takes little longer than
        one: the latency is what counts.
    """

    module: str
    rate: str
    phy: str
    phy_options: Mapping[str, object] = field(default_factory=dict)
    electrical: Mapping[str, str] = field(default_factory=dict)
    l2_cache_bytes: int = 8192
    l2_line_bytes: int = 16

    def __post_init__(self) -> None:
        cache, line = self.l2_cache_bytes, self.l2_line_bytes
        if line < 16 or line & (line - 1):
            raise ValueError(f"`{self.name}` cannot have a cache with lines of {line} bytes")
        if cache < 2 * line or cache & (cache - 1):
            raise ValueError(f"`{self.name}` cannot have a cache of {cache} bytes")

    @property
    def has_wait_states(self) -> bool:
        return True
