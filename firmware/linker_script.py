"""The linker script of a firmware image."""

from __future__ import annotations

__all__ = ["KERNEL_OBJECT", "STACK_BYTES", "linker_script"]

from firmware.placement import Placement
from soc import MemoryMap

KERNEL_OBJECT = "kernel.o"  # by which the linker knows the objects that hold kernels
STACK_BYTES = 16 * 1024
_TRAP_STACK_BYTES = 1024

# Padded, so that what follows stays where it is when the start-up code grows.
_START = "    KEEP(*(.start))\n    . = ALIGN(512);\n"
_CODE = "*(.text .text.*)"
_TABLES = "*(.rodata .rodata.* .srodata .srodata.*)"
_KERNELS = f"*{KERNEL_OBJECT}(.text .text.* .rodata .rodata.* .srodata .srodata.*)"
_INITIALIZERS = """\
    . = ALIGN(4);
    __init_array_begin = .;
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*) .init_array))
    __init_array_end = .;
"""
_DATA = """\
    *(.data .data.*)
    . = ALIGN(16);
    __global_pointer$ = . + 0x7F0;
    *(.sdata .sdata.*)
    . = ALIGN(4);
"""


def linker_script(memory_map: MemoryMap, placement: Placement) -> str:
    """Return a script that puts each part of a firmware into its memory.

    An image begins with the start-up code, where execution begins. It holds, in the memory that it
    is loaded into, all code and initialized data; `__copies_begin` to `__copies_end` is a table of
    what belongs elsewhere: words of source, target and target's end. The stack grows down from the
    end of the work memory.

    The linker does not notice when a memory is too small for what is in it: the sections' ends are
    to be looked at. Section `.stack` is the least room for the stack.
    """
    return _Script(memory_map, placement).text()


class _Script:
    def __init__(self, memory_map: MemoryMap, placement: Placement) -> None:
        self._map = memory_map
        self._load = memory_map.load_memory
        self._work = memory_map.work_memory
        self._placement = placement
        self._copied: list[str] = []

    def text(self) -> str:
        sections = "".join(self._sections())
        return f"""\
MEMORY {{
{self._memories()}}}
ENTRY(_start)
SECTIONS {{
{sections}  __stack_top = {self._map.work_region.origin + self._map.work_region.bytes:#x};
  /DISCARD/ : {{ *(.comment .eh_frame .eh_frame_hdr .note.* .riscv.attributes) }}
}}
"""

    def _memories(self) -> str:
        used = sorted({self._load, self._work, *vars(self._placement).values()})
        lines = []
        for name in used:
            begin = (
                self._map.load_address if name == self._load else self._map.memories[name].origin
            )
            lines.append(f"  {name} (rwx) : ORIGIN = {begin:#x}, LENGTH = {(1 << 32) - begin:#x}\n")
        return "".join(lines)

    def _sections(self) -> list[str]:
        placement = self._placement
        together = placement.code == placement.kernels == self._load
        parts = []
        if together:
            parts += [
                self._section(".text", f"{_START}    {_CODE}\n", self._load, align=4),
                self._section(".rodata", f"    {_TABLES}\n{_INITIALIZERS}", self._load),
            ]
        else:
            parts += [
                self._section(".start", _START, self._load, align=4),
                self._section(".kernels", f"    {_KERNELS}\n", placement.kernels),
                self._section(".text", f"    {_CODE}\n", placement.code),
                self._section(".rodata", f"    {_TABLES}\n{_INITIALIZERS}", placement.code),
            ]
        parts += [
            self._section(".constants", "    *(.constants .constants.*)\n", placement.weights),
            self._section(".data", _DATA, self._work),
            self._copies(),
            self._uninitialized(),
        ]
        return parts

    def _section(self, name: str, content: str, memory: str, *, align: int = 16) -> str:
        place = f"> {memory}"
        if memory != self._load:
            self._copied.append(name)
            place += f" AT> {self._load}"
            content += "    . = ALIGN(4);\n"
        return f"  {name} : ALIGN({align}) {{\n{content}  }} {place}\n"

    def _copies(self) -> str:
        entries = "".join(
            f"    LONG(LOADADDR({name})) LONG(ADDR({name})) LONG(ADDR({name}) + SIZEOF({name}))\n"
            for name in self._copied
        )
        if not entries:
            return "  __copies_begin = 0;\n  __copies_end = 0;\n"
        return f"""\
  .copies : ALIGN(4) {{
    __copies_begin = .;
{entries}    __copies_end = .;
  }} > {self._load}
"""

    def _uninitialized(self) -> str:
        return f"""\
  .arena (NOLOAD) : ALIGN(16) {{
    __bss_begin = .;
    *(.bss.arena)
  }} > {self._work}
  .bss (NOLOAD) : ALIGN(16) {{
    *(.sbss .sbss.* .bss .bss.* COMMON)
    . = ALIGN(16);
    __bss_end = .;
  }} > {self._work}
  .stack (NOLOAD) : ALIGN(16) {{
    . += {_TRAP_STACK_BYTES};
    __trap_stack_top = .;
    . += {STACK_BYTES};
  }} > {self._work}
"""
