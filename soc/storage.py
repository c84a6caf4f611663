"""How the simulated hardware holds the bytes of a memory, for a test bench to reach them."""

from __future__ import annotations

__all__ = ["Cache", "Storage", "VerilogArray"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class VerilogArray:
    """An array of registers in the SoC's Verilog.

    Attributes
    ----------
    name
        As declared in its module: "main_ram".
    module, instance
        Name of the module that declares it, and the dotted path of the instance below `soc`; an
        empty path for an array of the top level itself.
    """

    name: str
    module: str = "soc"
    instance: str = ""

    @property
    def path(self) -> str:
        """Where it is below `soc`."""
        return f"{self.instance}.{self.name}" if self.instance else self.name


@dataclass(frozen=True)
class Cache:
    """A direct-mapped cache in front of a memory.

    A line's tag is its byte address divided by the size of the cache.

    Attributes
    ----------
    data
        The arrays that are side by side in a line, of one byte for each line.
    tags
        An element for each line: the tag in its lower bits, and whatever else above them.
    lines
        A power of two.
    tag_bits
        Of an element of `tags`.
    """

    data: tuple[VerilogArray, ...]
    tags: VerilogArray
    lines: int
    tag_bits: int

    @property
    def line_bytes(self) -> int:
        """Bytes of a line."""
        return len(self.data)

    @property
    def arrays(self) -> tuple[VerilogArray, ...]:
        """All of them."""
        return (*self.data, self.tags)


@dataclass(frozen=True)
class Storage:
    """A memory and the arrays that hold its bytes.

    The arrays of a bank are side by side: an element of the first one holds the memory's first
    `element_bytes` bytes, one of the second array the next, and so on. Stripes of `stripe_bytes`
    go to the banks in turn; when a stripe is as long as a bank, banks follow one another.

    Attributes
    ----------
    name
        LiteX's region name.
    origin, bytes
        Its range of addresses.
    banks
        At least one, all alike, each of at least one array.
    element_bytes
        Of each array.
    stripe_bytes
        A multiple of the bytes of a bank's row; `bytes` for a memory of one bank.
    element_pitch
        Of so many elements of an array, the first one is used.
    cache
        Holds newer bytes than the arrays.
    """

    name: str
    origin: int
    bytes: int
    banks: tuple[tuple[VerilogArray, ...], ...]
    element_bytes: int
    stripe_bytes: int
    element_pitch: int = 1
    cache: Cache | None = None

    @property
    def arrays(self) -> tuple[VerilogArray, ...]:
        """All arrays, those of the cache included."""
        own = tuple(array for bank in self.banks for array in bank)
        return own + (self.cache.arrays if self.cache is not None else ())

    @classmethod
    def plain(cls, name: str, origin: int, size_bytes: int) -> Storage:
        """Return a memory of 32-bit words in the array of its name, as LiteX makes them."""
        return cls(
            name=name,
            origin=origin,
            bytes=size_bytes,
            banks=((VerilogArray(name),),),
            element_bytes=4,
            stripe_bytes=size_bytes,
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Storage:
        """Return what `dataclasses.asdict` made of a storage."""
        banks = tuple(tuple(VerilogArray(**a) for a in bank) for bank in content["banks"])
        cache = content["cache"]
        if cache is not None:
            data = tuple(VerilogArray(**array) for array in cache["data"])
            cache = Cache(**{**cache, "data": data, "tags": VerilogArray(**cache["tags"])})
        return cls(**{**content, "banks": banks, "cache": cache})
