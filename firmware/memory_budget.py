"""Whether a firmware fits the memories it is placed in."""

from __future__ import annotations

__all__ = ["MemoryBudget"]

from dataclasses import dataclass

from firmware.elf import Elf
from firmware.linker_script import STACK_BYTES
from firmware.placement import Placement
from soc import MemoryMap
from toolchain import PlaygroundError

# Less code than this no model has; used to reject a model before anything is built.
_LEAST_CODE_BYTES = 4 * 1024


@dataclass(frozen=True)
class MemoryBudget:
    """The room that a firmware has.

    Attributes
    ----------
    subject
        What is to fit, for messages: "the firmware of model `kws01`".
    """

    memory_map: MemoryMap
    subject: str

    def check_before_build(
        self, placement: Placement, arena_bytes: int, constants_bytes: int
    ) -> None:
        """Refuse what cannot fit, whatever the compiler makes of the code.

        Raises
        ------
        PlaygroundError
            With the bytes needed and available, and what takes them.
        """
        load, work = self.memory_map.load_memory, self.memory_map.work_memory
        needs: dict[str, dict[str, int]] = {load: {"code at least": _LEAST_CODE_BYTES}}
        needs[load]["constants"] = constants_bytes
        needs.setdefault(work, {}).update({"the tensor arena": arena_bytes, "stack": STACK_BYTES})
        if placement.weights != load:
            needs.setdefault(placement.weights, {})["constants"] = constants_bytes
        for memory, parts in needs.items():
            self._refuse_overfull(memory, sum(parts.values()), parts, "at least ")

    def check_linked(self, elf: Elf) -> None:
        """Refuse an image of which some part lies beyond the end of its memory.

        Raises
        ------
        PlaygroundError
            With the bytes needed and available, and the sections' sizes.
        """
        load = self.memory_map.load_memory
        ends = {load: elf.load_address + len(elf.program)}
        parts: dict[str, dict[str, int]] = {load: {}}
        for name, section in elf.sections.items():
            memory = self._memory_at(section.address)
            ends[memory] = max(ends.get(memory, 0), section.address + section.bytes)
            parts.setdefault(memory, {})[name] = section.bytes
        for memory, end in ends.items():
            self._refuse_overfull(memory, end - self._begin(memory), parts[memory], "")

    def _memory_at(self, address: int) -> str:
        """Return the memory that begins last before an address, which may be beyond its end."""
        origins = {name: region.origin for name, region in self.memory_map.memories.items()}
        return max((n for n, o in origins.items() if o <= address), key=origins.__getitem__)

    def _begin(self, memory: str) -> int:
        if memory == self.memory_map.load_memory:
            return self.memory_map.load_address
        return self.memory_map.memories[memory].origin

    def _refuse_overfull(
        self, memory: str, needed: int, parts: dict[str, int], quantifier: str
    ) -> None:
        region = self.memory_map.memories[memory]
        available = region.origin + region.bytes - self._begin(memory)
        if needed > available:
            raise PlaygroundError(
                f"{self.subject} needs {quantifier}{needed:,} bytes of memory `{memory}`, "
                f"which has {available:,}",
                hint=", ".join(f"{name} {size:,}" for name, size in parts.items()),
            )
