"""The fast simulator: a program for any system of its kind, linked with one CFU's model."""

from __future__ import annotations

__all__ = ["FastSoc", "build_fast_soc", "fast_refusal", "system_text"]

import enum
from dataclasses import dataclass
from pathlib import Path

from boards import BlockRam, Board, Dram, Rom, SpiFlash, Spram
from gateware.spec import CfuPorts
from sim.host_compiler import (
    HOST_FLAGS,
    build_host_objects,
    compile_host_objects,
    link_host_program,
    sources_digest,
)
from sim.verilator_runtime import build_verilator_runtime, verilated_flags
from soc import SocBuild
from toolchain import ArtifactCache, digest, run_tool, verilator, zig

_HERE = Path(__file__).parent
_FAST = _HERE / "fast"
_HARNESS = _HERE / "harness"
_CFU = _FAST / "cfu.cc"  # the only source that knows the CFU's model
_HARNESS_SOURCES = (_HARNESS / "options.cc",)
_INCLUDE = (_FAST, _HARNESS, _HERE.parent)
_WARNINGS = ("-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti")
_VERILATOR_FLAGS = (
    "--cc",
    "--top-module",
    "Cfu",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "--no-timing",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "-Wno-COMBDLY",
    "--prefix",
    "Vcfu",
    "--language",
    "1800-2017",
)
_SIMULATED = (BlockRam, Rom)
_KINDS = {Dram: "DRAM", SpiFlash: "SPI flash", Spram: "SPRAM"}


@dataclass(frozen=True)
class FastSoc:
    """A program that simulates systems with one CFU, and the system that it is to simulate.

    Attributes
    ----------
    program
        Takes the options of `harness/options.h`, and `--system`.
    system
        Text of the file for `--system`.
    reset_address
        Where the CPU starts.
    version
        Short digest of the program's sources.
    digest
        Of everything that decides what it does.
    """

    program: Path
    system: str
    reset_address: int
    version: str
    digest: str


def fast_refusal(board: Board, ports: CfuPorts) -> str | None:
    """Return why a board with a CFU of some ports cannot be simulated so; `None` if it can."""
    others = [memory for memory in board.memories if not isinstance(memory, _SIMULATED)]
    if others:
        kinds = dict.fromkeys(_KINDS.get(type(memory), type(memory).__name__) for memory in others)
        return f"board `{board.name}` has {' and '.join(kinds)}, which the fast simulator has not"
    if ports.scratchpad_bytes:
        return "the CFU has a scratchpad, which the fast simulator has not"
    return None


def build_fast_soc(soc: SocBuild, cfu_verilog: str, *, cache: ArtifactCache) -> FastSoc:
    """Return the fast simulator of a SoC and the CFU that a Verilog text defines.

    Parameters
    ----------
    soc
        One that `fast_refusal` has nothing against.

    Raises
    ------
    ToolFailed
        If Verilator rejects the CFU's Verilog, with its message.
    """
    system = system_text(soc)
    program = _build_program(cfu_verilog, cache)
    return FastSoc(
        program=program,
        system=system,
        reset_address=soc.memory_map.reset_address,
        version=sources_digest((*_sources(), _CFU), _INCLUDE)[:8],
        digest=digest(program.parent.name, system),
    )


def system_text(soc: SocBuild) -> str:
    """Return a system as `--system` describes it: lines of a name and its values."""
    options, memory_map = soc.cpu.options, soc.memory_map
    lines: list[tuple[object, ...]] = [
        (name, _word(getattr(options, name)))
        for name in (
            "instruction_cache",
            "data_cache",
            "cache_line",
            "prediction",
            "bypass",
            "multiplier",
            "divider",
            "shifter",
            "exceptions",
            "interrupts",
            "counts_instructions",
            "cfu_enable",
        )
    ]
    lines.append(("reset", hex(memory_map.reset_address)))
    for memory in soc.board.memories:
        region = memory_map.memories[memory.name]
        kind = "rom" if isinstance(memory, Rom) else "ram"
        lines.append((kind, hex(region.origin), region.bytes))
    registers = memory_map.memories["csr"]
    lines.append(("csr", hex(registers.origin), registers.bytes))
    lines += [("register", name, hex(at)) for name, at in memory_map.registers.items()]
    lines += [
        ("uart_fifo", soc.board.uart_fifo_bytes),
        ("memory_port", int(soc.ports.memory)),
        ("scratchpad", soc.ports.scratchpad_bytes),
    ]
    return "".join(" ".join(map(str, line)) + "\n" for line in lines)


def _word(value: object) -> str:
    return value.value if isinstance(value, enum.StrEnum) else str(int(value))  # type: ignore[call-overload]


def _sources() -> tuple[Path, ...]:
    """Return the sources that no CFU matters to."""
    own = (path for path in sorted(_FAST.glob("*.cc")) if path != _CFU)
    return (*own, *_HARNESS_SOURCES)


def _build_program(cfu_verilog: str, cache: ArtifactCache) -> Path:
    """Return the program with a CFU in it."""
    objects = build_host_objects(
        "fast-objects", _sources(), include=_INCLUDE, warnings=_WARNINGS, cache=cache
    )

    def key() -> str:
        return digest(
            objects[0].parent.name,
            cfu_verilog,
            verilator().identity,
            zig(cache).identity,
            _VERILATOR_FLAGS,
            HOST_FLAGS,
            sources_digest((_CFU,), _INCLUDE),
            Path(__file__),
        )

    def produce(directory: Path) -> None:
        work = directory / "work"
        work.mkdir()
        (work / "Cfu.v").write_text(cfu_verilog)
        run_tool(
            verilator(),
            [*_VERILATOR_FLAGS, "--Mdir", ".", "Cfu.v"],
            cwd=work,
            what="reading the CFU",
        )
        model = compile_host_objects(
            [*sorted(work.glob("Vcfu*.cpp")), _CFU],
            work,
            flags=(
                *verilated_flags(traces=False),
                f"-I{work}",
                *(f"-I{path}" for path in _INCLUDE),
            ),
            cache=cache,
        )
        runtime = build_verilator_runtime(traces=False, cache=cache)
        link_host_program([*objects, *model, *runtime], directory / "fast", cache=cache)
        for path in work.iterdir():
            path.unlink()
        work.rmdir()

    return cache.build("fast", key, produce) / "fast"
