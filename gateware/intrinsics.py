"""The C++ header through which kernels use a CFU."""

from __future__ import annotations

__all__ = ["UNCACHED_ADDRESS", "intrinsics_header"]

from gateware.scratchpad_port import SCRATCHPAD_ORIGIN
from gateware.spec import CfuPorts, CfuSpec, InstructionSpec

_PROLOGUE = """\
// Instructions of the custom function unit `{name}`. Generated; edits are lost.
//
// Compiled for RISC-V each function is one CUSTOM_0 instruction. Elsewhere it calls cfu_op_host,
// which the program must define: it gets the 10-bit function id, funct7 above funct3.

#ifndef PLAYGROUND_CFU_H_
#define PLAYGROUND_CFU_H_

#include <cstdint>

#if !defined(__riscv)
extern "C" uint32_t cfu_op_host(uint32_t function_id, uint32_t a, uint32_t b);
#endif

namespace cfu {{

// Executes the instruction of the given function fields, whether or not it has a name.
template <uint32_t kFunct3, uint32_t kFunct7>
[[gnu::always_inline]] inline uint32_t op(uint32_t a, uint32_t b) {{
  static_assert(kFunct3 < 8 && kFunct7 < 128, "a function field is out of range");
#if defined(__riscv)
  uint32_t result;
  asm volatile(".insn r CUSTOM_0, %1, %2, %0, %3, %4"
               : "=r"(result)
               : "i"(kFunct3), "i"(kFunct7), "r"(a), "r"(b));
  return result;
#else
  return cfu_op_host(kFunct7 << 3 | kFunct3, a, b);
#endif
}}
"""

# LiteX's CSRs are at the same address in every SoC of VexRiscv; this is the controller's scratch
# register, which can be read without consequences.
UNCACHED_ADDRESS = 0xF000_0004

_PUBLISH = f"""
// Returns when all that the CPU has stored so far is where the CFU finds it.
//
// Stores queue up for the bus. A load that the data cache does not answer passes none of them, and
// no instruction of the CFU begins before it is answered.
[[gnu::always_inline]] inline void publish() {{
#if defined(__riscv)
  uint32_t ignored;
  asm volatile("lw %0, 0(%1)" : "=r"(ignored) : "r"({UNCACHED_ADDRESS:#x}u) : "memory");
#endif
}}
"""

_REFRESH = """
// Lets the CPU see what the CFU has written: its data cache forgets everything. To be called when
// the CFU is done. A CPU without a data cache takes it for a fence.
[[gnu::always_inline]] inline void refresh() {
#if defined(__riscv)
  asm volatile(".word 0x500F" : : : "memory");
#endif
}
"""

_SCRATCHPAD = """
#if !defined(__riscv)
extern "C" uint32_t cfu_scratchpad_host[];
#endif
constexpr int kScratchpadBytes = {bytes};

// The memory that CPU and CFU share, which no cache is in front of. Elsewhere than on RISC-V the
// program must define it. What is stored here needs `publish` before the CFU is to see it.
[[gnu::always_inline]] inline volatile uint32_t* scratchpad() {{
#if defined(__riscv)
  return reinterpret_cast<volatile uint32_t*>({origin:#x}u);
#else
  return cfu_scratchpad_host;
#endif
}}
"""

_EPILOGUE = """
}  // namespace cfu

#endif  // PLAYGROUND_CFU_H_
"""


def intrinsics_header(spec: CfuSpec) -> str:
    """Return `cfu.h`: C++17, one function in namespace `cfu` per instruction.

    Operands and results are `uint32_t`. The instructions are never reordered among themselves
    or left out, since a CFU may hold state. The CFU's constants are there by names like `kUnits`.
    For a CFU with a memory port there are `publish` and `refresh`, too, for one with a scratchpad
    `publish`, `scratchpad` and `kScratchpadBytes`.
    """
    constants = "".join(
        f"constexpr int {_constant_name(name)} = {value};\n" for name, value in spec.constants
    )
    functions = "".join(_function(instruction) for instruction in spec.instructions)
    separator = "\n" if constants else ""
    return "".join(
        (
            _PROLOGUE.format(name=spec.name),
            separator,
            constants,
            functions,
            _PUBLISH if spec.ports != CfuPorts() else "",
            _REFRESH if spec.memory_port else "",
            _scratchpad(spec.scratchpad_bytes) if spec.scratchpad_bytes else "",
            _EPILOGUE,
        )
    )


def _scratchpad(size_bytes: int) -> str:
    return _SCRATCHPAD.format(bytes=size_bytes, origin=SCRATCHPAD_ORIGIN)


def _constant_name(name: str) -> str:
    return "k" + "".join(part.capitalize() for part in name.split("_"))


def _function(instruction: InstructionSpec) -> str:
    result, keyword = ("uint32_t", "return ") if instruction.has_result else ("void", "")
    parameters = ", ".join(f"uint32_t {operand}" for operand in instruction.operands)
    arguments = ", ".join((*instruction.operands, "0", "0")[:2])
    comment = " ".join(instruction.summary.split()).rstrip("\\?/")
    return (
        (f"\n// {comment}" if comment else "")
        + f"\n[[gnu::always_inline]] inline {result} {instruction.name}({parameters}) {{\n"
        f"  {keyword}op<{instruction.funct3}, {instruction.funct7}>({arguments});\n"
        "}\n"
    )
