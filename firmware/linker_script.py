"""The linker script of a firmware image."""

from __future__ import annotations

__all__ = ["STACK_BYTES", "linker_script"]

from soc import MemoryMap

STACK_BYTES = 16 * 1024
_TRAP_STACK_BYTES = 1024


def linker_script(memory_map: MemoryMap) -> str:
    """Return a script that puts everything into the program memory.

    From its beginning: code, read-only data, constants (weights), data, arena, zero-initialized
    data; the stack grows down from its end. The linker does not notice when that is more than there
    is: `__program_end` is to be looked at, which includes the least room for the stack.
    """
    region = memory_map.program_region
    length = (1 << 32) - region.origin
    return f"""\
MEMORY {{ program (rwx) : ORIGIN = {region.origin:#x}, LENGTH = {length:#x} }}
ENTRY(_start)
SECTIONS {{
  .text : {{ KEEP(*(.start)) *(.text .text.*) }} > program
  .rodata : ALIGN(16) {{
    *(.rodata .rodata.* .srodata .srodata.*)
    . = ALIGN(4);
    __init_array_begin = .;
    KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*) .init_array))
    __init_array_end = .;
  }} > program
  .constants : ALIGN(16) {{ *(.constants .constants.*) }} > program
  .data : ALIGN(16) {{
    *(.data .data.*)
    . = ALIGN(16);
    __global_pointer$ = . + 0x7F0;
    *(.sdata .sdata.*)
  }} > program
  .arena (NOLOAD) : ALIGN(16) {{
    __bss_begin = .;
    *(.bss.arena)
  }} > program
  .bss (NOLOAD) : ALIGN(16) {{
    *(.sbss .sbss.* .bss .bss.* COMMON)
    . = ALIGN(16);
    __bss_end = .;
  }} > program
  .stack (NOLOAD) : ALIGN(16) {{
    . += {_TRAP_STACK_BYTES};
    __trap_stack_top = .;
    . += {STACK_BYTES};
    __program_end = .;
  }} > program
  __stack_top = {region.origin + region.bytes:#x};
  /DISCARD/ : {{ *(.comment .eh_frame .eh_frame_hdr .note.* .riscv.attributes) }}
}}
"""
