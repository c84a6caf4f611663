"""A CFU around an array engine."""

from __future__ import annotations

__all__ = ["SIZE_PARAMETERS", "ArrayCfu"]

from collections.abc import Iterable
from random import Random
from types import MappingProxyType
from typing import ClassVar

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring

from gateware.array.engine import ArrayEngine, Commands
from gateware.array.instructions import (
    Configure,
    Fetch,
    Fill,
    Push,
    PushBytes,
    Read,
    Run,
    Seek,
    Wait,
)
from gateware.array.loader import count_bits
from gateware.array.memory_access import MemoryAccess
from gateware.array.model import ArrayModel
from gateware.array.registers import software_constants
from gateware.array.sizes import LANES, ArraySizes
from gateware.array.stimulus import array_stimulus
from gateware.cfu import Cfu
from gateware.memory_port import SparseMemory
from gateware.parameter import powers_of_two

SIZE_PARAMETERS = MappingProxyType(
    {
        "units": powers_of_two(1, 16),
        "input_bytes": powers_of_two(1024, 32768),
        "filter_words": powers_of_two(256, 8192),
        "channels": powers_of_two(32, 512),
    }
)
"""Sizes to choose; a layer that does not fit into the buffers runs in pieces, or on the CPU."""


class ArrayCfu(Cfu):
    """An array engine of some size with the instructions that `gateware.array` describes.

    Parameters
    ----------
    name
        Shown to the user.
    """

    family: ClassVar[str | None] = "array"
    requantizes: ClassVar[bool] = True
    patience_cycles: ClassVar[int] = 20_000

    def __init__(self, name: str, sizes: ArraySizes) -> None:
        self.sizes = sizes
        self.peak_macs_per_cycle = LANES * sizes.units
        bits = count_bits(sizes)
        commands = Commands(
            configure=Configure(),
            seek=Seek(),
            push=Push(),
            push_bytes=PushBytes(),
            fill=Fill(bits),
            run=Run(),
            read=Read(),
            wait=Wait(),
            fetch=Fetch(bits) if sizes.memory_port else None,
        )
        self._access = MemoryAccess(bits) if sizes.memory_port else None
        parts: dict[str, Elaboratable] = {"engine": ArrayEngine(sizes, commands, self._access)}
        if self._access is not None:
            parts["access"] = self._access
        super().__init__(
            [command for command in vars(commands).values() if command is not None],
            name=name,
            parts=parts,
            constants=software_constants(sizes),
            memory_port=sizes.memory_port,
        )

    def initial_state(self) -> ArrayModel:
        return ArrayModel(self.sizes, SparseMemory() if self.sizes.memory_port else None)

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        if self._access is not None:
            wiring.connect(m, self._access.memory, wiring.flipped(self.memory))
        return m

    def stimulus(self, random: Random, commands: int) -> Iterable[tuple[str, int, int]]:
        return array_stimulus(self.sizes, random, commands)
