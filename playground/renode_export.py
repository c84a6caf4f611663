"""A directory from which Renode runs a design."""

from __future__ import annotations

__all__ = ["RenodeExport", "export_renode"]

import shutil
from dataclasses import dataclass
from pathlib import Path

from firmware.mlperf import mlperf_application
from gateware import load_cfu
from playground.built import BuiltDesign, build_design
from playground.design import Design
from playground.mlperf.tasks import task_of
from playground.progress import Progress
from sim.renode.cfu_library import build_cfu_library, require_connectable
from sim.renode.platform import CFU_LIBRARY, FIRMWARE, PLATFORM, SCRIPT, write_platform
from toolchain import ArtifactCache, PlaygroundError

_README = "README.md"


@dataclass(frozen=True)
class RenodeExport:
    """What was written.

    Attributes
    ----------
    unsupported
        Names of the SoC's peripherals that Renode has no model of.
    """

    files: tuple[Path, ...]
    unsupported: tuple[str, ...]


def export_renode(
    design: Design, directory: Path, *, cache: ArtifactCache, progress: Progress
) -> RenodeExport:
    """Write platform, script, CFU and firmware of a design into a directory, over what is there.

    Raises
    ------
    PlaygroundError
        If the design cannot be built, its CFU not be connected or the directory not be written.
    ToolFailed
        If a tool rejects a part of it.
    """
    require_connectable(load_cfu(design.cfu, directory=design.cfu_directory).spec)
    built = build_design(
        design,
        application=lambda model: mlperf_application(model, task_of(model)),
        cache=cache,
        progress=progress,
    )
    with progress.phase("cfu", f"building CFU `{built.cfu.spec.name}` for Renode"):
        library = build_cfu_library(built.cfu.verilog, cache=cache)
    with progress.phase("platform", "describing the SoC for Renode"):
        try:
            directory.mkdir(parents=True, exist_ok=True)
            unsupported = write_platform(built.soc, directory)
            shutil.copyfile(library, directory / CFU_LIBRARY)
            shutil.copyfile(built.image.path, directory / FIRMWARE)
            (directory / _README).write_text(_readme(built, unsupported))
        except OSError as error:
            raise PlaygroundError(
                f"cannot write to `{directory}`: {error.strerror}",
                hint="name a directory that can be written",
            ) from error
    names = (_README, SCRIPT, PLATFORM, CFU_LIBRARY, FIRMWARE)
    return RenodeExport(files=tuple(directory / name for name in names), unsupported=unsupported)


def _readme(built: BuiltDesign, unsupported: tuple[str, ...]) -> str:
    missing = (
        "Renode has no model of these peripherals, so that accesses to them are logged and read\n"
        f"as zero: {', '.join(f'`{name}`' for name in unsupported)}.\n\n"
        if unsupported
        else ""
    )
    return f"""\
# `{built.model.name}` on board `{built.board.name}` in Renode

CPU `{built.cpu.name}`, CFU `{built.cfu.spec.name}`. Written by `cfu export renode`.

| file | what it is |
| --- | --- |
| `{SCRIPT}` | script that loads all of it |
| `{PLATFORM}` | the SoC, by LiteX's `litex_json2renode`, and the CFU at its CPU |
| `{CFU_LIBRARY}` | the CFU's RTL, compiled by Verilator, for Linux on x86-64 |
| `{FIRMWARE}` | the model, behind MLPerf Tiny's device protocol |

## Run

    renode {SCRIPT}
    (litex-vexriscv) start

Type `help%` into the UART's window. To drive the firmware with `cfu mlperf`, give the UART a
pseudo-terminal before `start`:

    emulation CreateUartPtyTerminal "line" "/tmp/cfu-uart"
    connector Connect sysbus.uart line

    cfu mlperf {built.model.name} --port /tmp/cfu-uart

## What it is good for

Renode executes the firmware's instructions functionally, and CFU instructions by the RTL: results
are those of the hardware, and debugging is comfortable (GDB connects to port 10001). **Time is
not**: Renode counts an instruction as a cycle and knows no caches, pipelines, memory latencies or
how long a CFU instruction takes. Do not read cycle counts or inferences per second off it;
`cfu run` measures them.

The CFU's clock runs only while it executes an instruction. An instruction that is not answered
within a million cycles is reported as an error, and the CFU is reset.

{missing}## Versions

The library implements the native interface of Renode's CoSimulationPlugin: `initialize_native`,
`reset_peripheral`, `handle_request`, `execute`, and `HandleSenderMessage` attached to it. That is
what `CoSimulated.CoSimulatedCFU` of Renode 1.15.3 and 1.16 loads. Releases up to 1.14 call the same
functions from a class of another name: write `Verilated.CFUVerilatedPeripheral` in `{PLATFORM}`.
"""
