"""Why a run did not end well, in the user's terms."""

from __future__ import annotations

__all__ = [
    "Fault",
    "FaultFound",
    "RunFailed",
    "Stage",
    "fault_error",
    "out_of_cycles_error",
    "stall_error",
    "trap_error",
]

from collections.abc import Sequence
from dataclasses import dataclass

from firmware.image import FirmwareImage
from firmware.protocol import Trap
from gateware import CfuSpec
from toolchain import PlaygroundError

_CUSTOM_0 = 0b0001011
_CAUSES = {
    0: "jumped to a misaligned address",
    1: "fetched an instruction from where no memory is",
    2: "met an illegal instruction",
    3: "met a breakpoint",
    4: "loaded from a misaligned address",
    5: "loaded from where no memory is",
    6: "stored to a misaligned address",
    7: "stored to where no memory is",
    11: "made an environment call",
}
_CAUSES_WITH_ADDRESS = {0, 4, 5, 6, 7}
_FAULTS = {
    "store_unmapped": (
        "stored to {address}, where no memory is,",
        "does a kernel write beyond its output, or through a pointer that nobody set?",
    ),
    "store_rom": (
        "stored to {address}, which is ROM,",
        "does a kernel write to a constant, or through a pointer that nobody set?",
    ),
    "load_unmapped": (
        "loaded from {address}, where no memory is,",
        "does a kernel read beyond its input, or through a pointer that nobody set?",
    ),
}
_ELSEWHERE = {
    "cfu_response": (
        "the CFU gave a response that no instruction waited for",
        "`cfu test` checks the CFU; `--simulator verilator` shows what hardware makes of it",
    ),
    "cfu_store_unmapped": (
        "the CFU stored to {address}, where no memory is",
        "did a kernel give it a byte address? `--simulator verilator --trace FILE` shows the bus",
    ),
    "cfu_store_rom": (
        "the CFU stored to {address}, which is ROM",
        "did a kernel give it a wrong address? `--simulator verilator --trace FILE` shows the bus",
    ),
    "cfu_load_unmapped": (
        "the CFU loaded from {address}, where no memory is",
        "did a kernel give it a byte address? `--simulator verilator --trace FILE` shows the bus",
    ),
    "cfu_wrapping_burst": (
        "the CFU began a burst that wraps, which the fast simulator has not",
        "`--simulator verilator` has it",
    ),
    "interrupts": (
        "the firmware enabled interrupts, which the fast simulator has not",
        "`--simulator verilator` has them",
    ),
    "reset": (
        "the firmware reset the system, which the fast simulator does not",
        "does a kernel write to LiteX's registers? `--simulator verilator` goes on after it",
    ),
}


class RunFailed(PlaygroundError):  # noqa: N818 - named for what happened
    """A run whose firmware did not come to its end."""


class FaultFound(RunFailed):
    """A run that was ended by a `Fault`, after which hardware would go on in some way."""


@dataclass(frozen=True)
class Stage:
    """What one stage of the CPU's pipeline holds.

    Attributes
    ----------
    valid
        Whether there is an instruction in it.
    """

    name: str
    valid: bool
    pc: int
    instruction: int


@dataclass(frozen=True)
class Fault:
    """What a simulator stops at that sees what others pass over, or does not do what they do.

    Attributes
    ----------
    kind
        "store_unmapped", "store_rom", "load_unmapped", "fetch_unmapped" and "stack_overflow" are
        mistakes of a program; the others are of a CFU, or of what is not simulated.
    pc
        Of the instruction, of a mistake in a load, a store or the stack.
    address
        The one it accessed; of a stack that overflowed, the stack pointer.
    return_address
        Where the function that was called last returns to.
    """

    kind: str
    pc: int
    address: int
    return_address: int


def fault_error(image: FirmwareImage, fault: Fault, layer: int) -> FaultFound:
    """Return the error for a fault."""
    where = f"at {_place(image, fault.pc)}, {_layer(image, layer)}"
    address = f"{fault.address:#010x}"
    if fault.kind == "fetch_unmapped":
        return FaultFound(
            f"the firmware went on at {address}, where no memory is, {_layer(image, layer)}",
            hint="did a kernel call through a wild pointer, or return with a broken stack? "
            + _return(image, fault.return_address),
        )
    if fault.kind == "stack_overflow":
        room = image.elf.symbols["__stack_top"] - image.stack_limit
        return FaultFound(
            f"the stack of {room:,} bytes overflowed: its pointer went to {address} {where}",
            hint="is there a large array in a function, or a recursion without end? An array that "
            "is `static` is not on the stack",
        )
    if fault.kind in _ELSEWHERE:
        what, hint = _ELSEWHERE[fault.kind]
        return FaultFound(f"{what.format(address=address)}, {_layer(image, layer)}", hint=hint)
    what, hint = _FAULTS[fault.kind]
    return FaultFound(f"the firmware {what.format(address=address)} {where}", hint=hint)


def trap_error(image: FirmwareImage, trap: Trap, layer: int) -> RunFailed:
    """Return the error for an exception that the firmware reported."""
    what = _CAUSES.get(trap.cause, f"raised exception {trap.cause}")
    if image.elf.function_at(trap.pc) == "abort":
        what = "gave up"  # TFLM's kernels call it when they are given what they cannot handle
    address = f" (address {trap.value:#010x})" if trap.cause in _CAUSES_WITH_ADDRESS else ""
    return RunFailed(
        f"the firmware {what}{address} at {_place(image, trap.pc)}, {_layer(image, layer)}",
        hint=f"{_return(image, trap.return_address)}, the stack pointer {trap.stack_pointer:#010x}",
    )


def stall_error(
    image: FirmwareImage, spec: CfuSpec, stages: Sequence[Stage], layer: int
) -> RunFailed:
    """Return the error for a CPU that no longer retires instructions.

    Parameters
    ----------
    stages
        The pipeline, in program flow's order: the last is the oldest instruction.
    """
    held = [stage for stage in stages if stage.valid]
    for stage in reversed(held):
        if stage.instruction & 0x7F == _CUSTOM_0:
            name = _instruction_name(spec, stage.instruction)
            return RunFailed(
                f"the CFU never answered instruction {name} at {_place(image, stage.pc)}, "
                f"{_layer(image, layer)}",
                hint="every command must get one response: "
                "`cfu test` drives the CFU against its model, `cfu run --trace` shows the "
                "handshake",
            )
    if not held:
        return RunFailed(
            "the CPU waits for an instruction that memory never delivers, after the one at "
            f"{_place(image, stages[-1].pc)}, {_layer(image, layer)}",
            hint="did a kernel call through a wild pointer, or return with a broken stack?",
        )
    return RunFailed(
        f"the CPU stopped retiring instructions at {_place(image, held[-1].pc)}, "
        f"{_layer(image, layer)}",
        hint="`cfu run --trace` writes a waveform",
    )


def out_of_cycles_error(
    image: FirmwareImage, stages: Sequence[Stage], layer: int, cycles: int
) -> RunFailed:
    """Return the error for an inference that reached the limit of cycles."""
    held = [stage for stage in stages if stage.valid]
    where = f" at {_place(image, held[-1].pc)}" if held else ""
    return RunFailed(
        f"the inference did not end within {cycles:,} cycles; the CPU was{where}, "
        f"{_layer(image, layer)}",
        hint="does a kernel loop for ever? Otherwise raise `max_cycles` in cfu.toml, or "
        "`cfu run --max-cycles`",
    )


def _instruction_name(spec: CfuSpec, instruction: int) -> str:
    funct3, funct7 = (instruction >> 12) & 7, instruction >> 25
    code = f"funct3 {funct3}, funct7 {funct7}"
    for known in spec.instructions:
        if (known.funct3, known.funct7) == (funct3, funct7):
            return f"`{known.name}` ({code})"
    return f"with {code}, which it does not define"


def _place(image: FirmwareImage, pc: int) -> str:
    function = image.elf.function_at(pc)
    return f"{pc:#010x} in `{function}`" if function else f"{pc:#010x}, which is in no function"


def _return(image: FirmwareImage, address: int) -> str:
    caller = image.elf.function_at(address - 4)  # where the call is
    return f"the return address is {address:#010x}" + (f" in `{caller}`" if caller else "")


def _layer(image: FirmwareImage, layer: int) -> str:
    if layer >= len(image.model.layers):
        return "outside any layer"
    return f"layer {layer} ({image.model.layers[layer].operator})"
