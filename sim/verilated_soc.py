"""The SoC's RTL, compiled by Verilator into a program that runs firmware."""

from __future__ import annotations

__all__ = ["VerilatedSoc", "build_verilated_soc"]

from dataclasses import dataclass
from pathlib import Path

from sim.host_compiler import (
    HOST_FLAGS,
    build_host_objects,
    compile_host_objects,
    link_host_program,
)
from sim.pipeline_signals import pipeline_signals
from sim.verilator_runtime import build_verilator_runtime, verilated_flags
from soc import SocBuild
from soc.storage import Storage, VerilogArray
from toolchain import ArtifactCache, digest, run_tool, verilator, zig

_HARNESS = Path(__file__).with_name("harness")
# The same for every SoC, and the ones that are compiled for each.
_ANY_SOC = tuple(
    _HARNESS / f"{name}.cc" for name in ("cached_memory", "cycle_account", "memories", "options")
)
_THIS_SOC = tuple(path for path in sorted(_HARNESS.glob("*.cc")) if path not in _ANY_SOC)
_CLONE = Path(__file__).parents[1]
_TAG_BYTES = 4  # at most
_STAGES = ("decode", "execute", "memory", "writeBack")
_VERILATOR_FLAGS = (
    "--cc",
    "--top-module",
    "soc",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "--no-timing",
    "--public-ignore",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "-Wno-COMBDLY",
    "--prefix",
    "Vsoc",
)


@dataclass(frozen=True)
class VerilatedSoc:
    """A program that simulates one SoC with one CFU, cycle by cycle.

    Attributes
    ----------
    program
        Takes the options of `harness/options.h`.
    reset_address
        Where the CPU starts.
    traces
        Whether it can write waveforms, which makes it slower.
    accounts
        Whether it can tell where cycles go, which makes it slower, too.
    digest
        Of everything it was built from.
    """

    program: Path
    reset_address: int
    traces: bool
    accounts: bool
    digest: str


def build_verilated_soc(
    soc: SocBuild,
    cfu_verilog: str,
    *,
    traces: bool,
    accounts: bool = False,
    cache: ArtifactCache,
) -> VerilatedSoc:
    """Return the simulator of a SoC and the CFU that a Verilog text defines.

    Parameters
    ----------
    traces, accounts
        See `VerilatedSoc`.

    Raises
    ------
    ToolFailed
        If Verilator rejects the CFU's Verilog, with its message.
    """
    harness_files = sorted(p for p in _HARNESS.rglob("*") if p.is_file())
    marker_header = _CLONE / "firmware/runtime/marker.h"

    def key() -> str:
        return digest(
            soc.digest,
            soc.storage,
            cfu_verilog,
            traces,
            pipeline_signals(soc) if accounts else None,
            verilator().identity,
            zig(cache).identity,
            _VERILATOR_FLAGS,
            HOST_FLAGS,
            [*harness_files, marker_header, Path(__file__)],
        )

    def produce(directory: Path) -> None:
        work = directory / "work"
        work.mkdir()
        model = _verilate(soc, cfu_verilog, work, traces=traces, accounts=accounts)
        (work / "soc_config.h").write_text(_soc_config(soc, accounts=accounts))
        runtime = build_verilator_runtime(traces=traces, cache=cache)
        flags = (*verilated_flags(traces=traces), f"-I{work}", f"-I{_HARNESS}", f"-I{_CLONE}")
        objects = compile_host_objects([*model, *_THIS_SOC], work, flags=flags, cache=cache)
        common = build_host_objects(
            "harness-objects", _ANY_SOC, include=(_HARNESS, _CLONE), cache=cache
        )
        link_host_program([*objects, *common, *runtime], directory / "soc", cache=cache)
        for path in work.iterdir():
            path.unlink()
        work.rmdir()

    directory = cache.build("verilated", key, produce)
    return VerilatedSoc(
        program=directory / "soc",
        reset_address=soc.memory_map.reset_address,
        traces=traces,
        accounts=accounts,
        digest=directory.name,
    )


def _verilate(
    soc: SocBuild, cfu_verilog: str, work: Path, *, traces: bool, accounts: bool
) -> tuple[Path, ...]:
    """Write the C++ model of the SoC and return its sources."""
    cfu = work / "Cfu.v"
    cfu.write_text(cfu_verilog)
    configuration = work / "public.vlt"
    configuration.write_text(_public_signals(soc, accounts=accounts))
    run_tool(
        verilator(),
        [
            *_VERILATOR_FLAGS,
            *(["--trace-fst", "--trace-structs"] if traces else []),
            "--Mdir",
            work,
            configuration,
            *soc.verilog,
            "--language",
            "1800-2017",
            cfu,
        ],
        cwd=work,
        what="reading the SoC and its CFU",
    )
    return tuple(sorted(work.glob("Vsoc*.cpp")))


def _public_signals(soc: SocBuild, *, accounts: bool) -> str:
    """Return the signals that the test bench looks at, as Verilator's configuration."""
    lines = ["`verilator_config"]
    # Programs are loaded before the first evaluation. If Verilator were told of such writes, each
    # evaluation would begin by reading the memories again.
    arrays = {array for storage in soc.storage for array in storage.arrays}
    lines += sorted({f'public_flat_rd -module "{a.module}" -var "{a.name}"' for a in arrays})
    for stage in _STAGES:
        for signal in ("PC", "INSTRUCTION", "arbitration_isValid"):
            lines.append(f'public_flat_rd -module "VexRiscv" -var "{stage}_{signal}"')
    lines.append('public_flat_rd -module "VexRiscv" -var "lastStageIsFiring"')
    if accounts:
        lines += [
            f'public_flat_rd -module "{signal.module}" -var "{signal.name}"'
            for signal in pipeline_signals(soc).values()
        ]
    return "\n".join(lines) + "\n"


def _added_memory(storage: Storage) -> str:
    """Return the statement that tells the test bench of a memory."""
    banks = ", ".join(
        _bank(bank, storage.element_bytes, storage.element_pitch) for bank in storage.banks
    )
    memory = f"std::make_unique<ArrayMemory>(std::vector<Bank>{{{banks}}}, {storage.stripe_bytes}u)"
    cache = storage.cache
    if cache is not None:
        lines = f"ArrayMemory({{{_bank(cache.data, 1)}}}, {cache.lines * cache.line_bytes}u)"
        tags = f"LaneOf({_signal(cache.tags.path)}, {_TAG_BYTES}u)"
        sizes = f"{cache.tag_bits}, {cache.line_bytes}u, {cache.lines}u"
        memory = (
            f"std::make_unique<CachedMemory>({storage.origin}u, {memory}, "
            f"Cache{{{lines}, {tags}, {sizes}}})"
        )
    return f"  memories.Add({storage.origin}u, {storage.bytes}u, {memory});"


def _bank(arrays: tuple[VerilogArray, ...], element_bytes: int, pitch: int = 1) -> str:
    """Return the C++ value of arrays that are side by side."""
    lanes = (f"LaneOf({_signal(a.path)}, {element_bytes}u, {pitch}u)" for a in arrays)
    return f"Bank{{{', '.join(lanes)}}}"


def _signal(path: str) -> str:
    """Return the C++ name of what is at a dotted path below the top level."""
    return "soc.rootp->soc__DOT__" + path.replace(".", "__DOT__")


def _pipeline_fields(soc: SocBuild, *, accounts: bool) -> str:
    """Return the statements that tell the test bench of the pipeline's signals."""
    if not accounts:
        return ""
    signals = pipeline_signals(soc)
    fields = [f"  signals.{field} = {_signal(signal.path)};" for field, signal in signals.items()]
    return "\n".join([*fields, f"  signals.bypasses = {int(soc.cpu.options.bypass)};"])


def _soc_config(soc: SocBuild, *, accounts: bool) -> str:
    """Return the C++ header by which the test bench finds memories and signals."""
    memories = "\n".join(map(_added_memory, soc.storage))
    stages = "\n".join(
        f'      Stage{{"{stage}", cpu__{stage}_arbitration_isValid != 0, cpu__{stage}_PC, '
        f"cpu__{stage}_INSTRUCTION}},"
        for stage in _STAGES
    ).replace("cpu__", f"{_signal('VexRiscv')}__DOT__")
    return f"""#pragma once
#include <array>
#include <memory>
#include "Vsoc.h"
#include "Vsoc___024root.h"
#include "cached_memory.h"
#include "cycle_account.h"
#include "memories.h"

constexpr bool kAccounts = {str(accounts).lower()};
constexpr uint64_t kHalfPeriodPicoseconds = {10**12 // (2 * soc.board.sys_clk_hz)};

struct Stage {{
  const char* name;
  bool valid;
  uint32_t pc;
  uint32_t instruction;
}};

// Verilator's function inside `Vsoc::eval`, which wraps it in locks that one thread does not need.
void Vsoc___024root___eval(Vsoc___024root* root);

inline void EvaluateDesign(Vsoc& soc) {{
  Vsoc___024root___eval(soc.rootp);
}}

inline void AddMemories(Vsoc& soc, Memories& memories) {{
  using Bank = ArrayMemory::Bank;
{memories}
}}

inline PipelineSignals PipelineSignalsOf([[maybe_unused]] const Vsoc& soc) {{
  PipelineSignals signals{{}};
{_pipeline_fields(soc, accounts=accounts)}
  return signals;
}}

inline bool RetiresInstruction(const Vsoc& soc) {{
  return soc.rootp->soc__DOT__VexRiscv__DOT__lastStageIsFiring;
}}

inline std::array<Stage, {len(_STAGES)}> PipelineStages(const Vsoc& soc) {{
  return {{{{
{stages}
  }}}};
}}
"""
