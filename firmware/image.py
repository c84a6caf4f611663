"""Building the firmware that runs one model on one SoC."""

from __future__ import annotations

__all__ = ["REGISTERS", "FirmwareImage", "FirmwareSources", "build_firmware"]

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from firmware.application import SERVE, Application, runtime_directory, runtime_sources
from firmware.arena import ArenaPlan, plan_arena
from firmware.codegen import generate
from firmware.compiler import Compiler
from firmware.elf import Elf, read_elf
from firmware.includes import included_files
from firmware.kernel_sources import (
    DEFINES,
    include_directories,
    reference_source,
    support_sources,
    system_include_directories,
)
from firmware.linker_script import KERNEL_OBJECT, linker_script
from firmware.memory_budget import MemoryBudget
from firmware.model import Model
from firmware.operators import PreparedLayer, prepare
from firmware.placement import Placement, default_placement
from soc import CpuVariant, MemoryMap
from toolchain import ArtifactCache, digest, wheel_version

REGISTERS = {
    "kCtrlReset": "ctrl_reset",
    "kCtrlScratch": "ctrl_scratch",
    "kUartRxTx": "uart_rxtx",
    "kUartTxFull": "uart_txfull",
    "kUartRxEmpty": "uart_rxempty",
    "kUartEvPending": "uart_ev_pending",
}
_CONSTANTS_ASSEMBLY = """\
    .section .constants, "a"
    .balign 16
    .global playground_constants
playground_constants:
    .incbin "constants.bin"
"""


@dataclass(frozen=True)
class FirmwareSources:
    """What goes into a firmware beside the model.

    Attributes
    ----------
    overrides
        C++ file of each kernel that is overridden, by kernel name.
    cfu_header
        Text of `cfu.h`, the intrinsics of the CFU.
    """

    overrides: Mapping[str, Path]
    cfu_header: str


@dataclass(frozen=True)
class FirmwareImage:
    """A model's firmware, linked for a SoC.

    Attributes
    ----------
    program
        Raw bytes to be put at `elf.load_address`, where execution begins.
    prepared
        The model's layers as their kernels see them.
    placement
        Which memory holds what.
    """

    model: Model
    path: Path
    program: Path
    elf: Elf = field(repr=False)
    arena: ArenaPlan = field(repr=False)
    prepared: tuple[PreparedLayer, ...] = field(repr=False)
    placement: Placement

    @property
    def section_bytes(self) -> Mapping[str, int]:
        """Bytes of memory per kind of content, without the stack."""
        return {
            name.removeprefix("."): section.bytes
            for name, section in self.elf.sections.items()
            if name != ".stack"
        }

    @property
    def stack_limit(self) -> int:
        """The lowest address that the stack may reach: what is below is something else's."""
        return self.elf.sections[".stack"].address

    def tensor_address(self, tensor_index: int) -> int:
        """Return where a tensor that is computed at run time is in the target's memory."""
        arena = self.elf.symbols["_ZN10playground6kArenaE"]
        return arena + self.arena.tensor_offsets[tensor_index]


def build_firmware(
    model: Model,
    memory_map: MemoryMap,
    *,
    sources: FirmwareSources,
    compiler: Compiler,
    cache: ArtifactCache,
    application: Application = SERVE,
    cpu: CpuVariant,
    placement: Placement | None = None,
) -> FirmwareImage:
    """Return the firmware of a model, building only what is not in the cache.

    Every source file is an artifact of its own, so an edit of one kernel compiles that kernel and
    links.

    Raises
    ------
    PlaygroundError
        If the model has an operator that is not supported, or does not fit the memory.
    ToolFailed
        If a source does not compile, with the compiler's message.
    """
    prepared = tuple(prepare(model, layer) for layer in model.layers)
    arena = plan_arena(model, {p.index: p.scratch_bytes for p in prepared if p.scratch_bytes})
    generated = generate(model, arena, prepared, tuple(sources.overrides))
    placement = placement or default_placement(memory_map)
    budget = MemoryBudget(memory_map, f"the firmware of model `{model.name}`")
    budget.check_before_build(placement, arena.size_bytes, len(generated.constants))

    builder = _ObjectBuilder(compiler, cache)
    header_directory = builder.text_directory(
        {
            "soc.h": _soc_header(memory_map, cpu, len(prepared)),
            "soc.inc": f".equ CFU_ENABLE, {int(cpu.cfu_enable)}\n",
            **application.headers,
        }
    )
    model_directory = builder.text_directory(
        {
            "model.cc": generated.model_cc,
            "constants.S": _CONSTANTS_ASSEMBLY,
            "constants.bin": generated.constants,
        }
    )
    cfu_directory = builder.text_directory({"cfu.h": sources.cfu_header})
    runtime = (*runtime_sources(), *application.sources)
    # The linker keeps this order, and what lies behind the kernels does not move them, which would
    # change what meets in the caches.
    jobs = [
        *(_Job(path, (), strict=True, kernel=True) for path in support_sources()),
        *(
            _Job(reference_source(kernel), (), strict=True, kernel=True)
            for kernel in generated.kernels
        ),
        *(
            _Job(path, (cfu_directory, path.parent, runtime_directory()), strict=False, kernel=True)
            for kernel, path in sorted(sources.overrides.items())
            if kernel in generated.kernels
        ),
        _Job(model_directory / "model.cc", (), strict=True),
        *(
            _Job(path, (header_directory, path.parent, runtime_directory()), strict=True)
            for path in runtime
        ),
        _Job(model_directory / "constants.S", (model_directory,), strict=True),
    ]
    objects = builder.compile(jobs)
    directory = builder.link(objects, linker_script(memory_map, placement))
    elf = read_elf(directory / "firmware.elf")
    budget.check_linked(elf)
    return FirmwareImage(
        model=model,
        path=directory / "firmware.elf",
        program=directory / "program.bin",
        elf=elf,
        arena=arena,
        prepared=prepared,
        placement=placement,
    )


@dataclass(frozen=True)
class _Job:
    """A source to compile, and the directories in which it finds headers of its own."""

    source: Path
    include: tuple[Path, ...]
    strict: bool
    kernel: bool = False


class _ObjectBuilder:
    def __init__(self, compiler: Compiler, cache: ArtifactCache) -> None:
        self._compiler = compiler
        self._cache = cache
        self._shared = [p for d in include_directories() for p in sorted(d.rglob("*.h"))]
        self._identity = digest(compiler, wheel_version("xmos-ai-tools"), DEFINES, Path(__file__))

    def text_directory(self, files: Mapping[str, str | bytes]) -> Path:
        """Return a directory of generated files whose path depends on their content only."""

        def produce(directory: Path) -> None:
            for name, content in files.items():
                data = content.encode() if isinstance(content, str) else content
                (directory / name).write_bytes(data)

        return self._cache.build("generated", digest(files), produce)

    def compile(self, jobs: Sequence[_Job]) -> tuple[Path, ...]:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return tuple(pool.map(self._compile_one, jobs))

    def _compile_one(self, job: _Job) -> Path:
        name = KERNEL_OBJECT if job.kernel else "object.o"
        flags = (
            *(f"-D{name}" for name in DEFINES),
            *(f"-I{directory}" for directory in (*job.include, *include_directories())),
            *(
                f
                for directory in system_include_directories()
                for f in ("-isystem", str(directory))
            ),
            *(("-Werror",) if job.strict else ()),
            # The memory functions must not be compiled into calls of themselves.
            *(("-fno-builtin",) if job.source == runtime_directory() / "memory.cc" else ()),
        )

        def key() -> str:
            files = (job.source, included_files(job.source, job.include), self._shared)
            return digest(self._identity, job.source.name, files, job.strict, name)

        def produce(directory: Path) -> None:
            self._compiler.compile(
                job.source,
                directory / name,
                extra_flags=flags,
                what=f"compiling `{job.source.name}`",
            )

        return self._cache.build("object", key, produce) / name

    def link(self, objects: tuple[Path, ...], script: str) -> Path:
        key = digest(self._identity, [path.parent.name for path in objects], script)

        def produce(directory: Path) -> None:
            script_path = directory / "link.ld"
            script_path.write_text(script)
            self._compiler.link(objects, script_path, directory / "firmware.elf")
            program = read_elf(directory / "firmware.elf").program
            (directory / "program.bin").write_bytes(program)

        return self._cache.build("firmware", key, produce)


def _soc_header(memory_map: MemoryMap, cpu: CpuVariant, layers: int) -> str:
    registers = "\n".join(
        f"constexpr uint32_t {name} = {memory_map.registers[register]:#010x};"
        for name, register in REGISTERS.items()
    )
    return f"""\
// Generated: what the runtime must know of the SoC and the model.
#pragma once
#include <cstdint>
namespace playground::soc {{
{registers}
constexpr uint32_t kLayerCount = {layers};
constexpr bool kCountsInstructions = {str(cpu.counts_instructions).lower()};
constexpr uint32_t kClockHz = {memory_map.clock_hz};
}}  // namespace playground::soc
"""
