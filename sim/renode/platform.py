"""A SoC as Renode describes it, by LiteX's own converter, with the CFU attached to its CPU."""

from __future__ import annotations

__all__ = ["CFU_LIBRARY", "FIRMWARE", "PLATFORM", "SCRIPT", "write_platform"]

import json
import re
import sys
from pathlib import Path

from soc import SocBuild
from toolchain import PlaygroundError, Tool, run_tool, wheel_version

PLATFORM = "soc.repl"
SCRIPT = "soc.resc"
FIRMWARE = "firmware.elf"
CFU_LIBRARY = "libcfu.so"

_CPU = "cpu0"  # what the converter calls it
# Without a frequency: time passes for the CFU while it executes instructions. With one, Renode
# waits for ticks to be confirmed by a message that it does not receive.
_CFU_PLATFORM = f"""
// The CFU: instructions of the opcode custom-0 are executed by a library.
cfu0: CoSimulated.CoSimulatedCFU @ {_CPU} 0
"""
_SCRIPT_HEAD = """\
# Runs the firmware in Renode: `renode soc.resc`, then `start`.
path add $ORIGIN
"""
_CFU_SCRIPT = f"{_CPU}.cfu0 SimulationFilePathLinux $ORIGIN/{CFU_LIBRARY}\n"


def write_platform(soc: SocBuild, directory: Path) -> tuple[str, ...]:
    """Write `soc.repl` and `soc.resc` of a SoC, which expect firmware and CFU beside them.

    Returns
    -------
    tuple of str
        Names of the peripherals that Renode has no model of, as LiteX's converter says; accesses to
        them are logged and read as zero.

    Raises
    ------
    PlaygroundError
        If the converter made nothing of the SoC.
    ToolFailed
        If the converter does not accept the SoC, with what it says.
    """
    memories = json.loads(soc.csr_json.read_text())["memories"]
    converter = Tool(
        "litex_json2renode",
        (sys.executable, "-m", "litex.tools.litex_json2renode"),
        wheel_version("litex"),
    )
    said = run_tool(
        converter,
        [
            soc.csr_json.absolute(),
            *("--repl", PLATFORM),
            *("--resc", SCRIPT),
            *("--bios-elf", FIRMWARE),
            # Renode's memories are multiples of 4 KiB.
            *(word for name in memories for word in ("--auto-align", name)),
        ],
        cwd=directory,
        what=f"describing the SoC of board `{soc.board.name}` for Renode",
    )
    platform, script = directory / PLATFORM, directory / SCRIPT
    if f"{_CPU}: CPU.VexRiscv" not in platform.read_text():
        raise PlaygroundError("LiteX's converter for Renode described no VexRiscv")
    platform.write_text(platform.read_text() + _CFU_PLATFORM)
    script.write_text(_SCRIPT_HEAD + script.read_text() + _CFU_SCRIPT)
    return tuple(re.findall(r"Skipping unsupported peripheral `(\w+)`", said))
