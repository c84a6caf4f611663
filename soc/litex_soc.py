"""The LiteX SoC of a board and a CPU variant.

Run as a program (`python -m soc.litex_soc BOARD CPU_VERILOG DIRECTORY`), because LiteX keeps state
in its modules, writes to standard output and replaces `sys.stderr` when it gives up.
"""

from __future__ import annotations

__all__ = ["write_soc"]

import sys
from pathlib import Path

from litex.build.generic_platform import Pins, Subsignal
from litex.build.sim import SimPlatform
from litex.soc.cores import cpu as litex_cpus
from litex.soc.cores.cpu.vexriscv import VexRiscv
from litex.soc.integration.export import get_csr_json
from litex.soc.integration.soc_core import SoCCore
from migen import ClockDomain, Module, Signal

from boards import Board, find_board

_SIMULATED_PINS = [
    ("sys_clk", 0, Pins(1)),
    (
        "serial",
        0,
        Subsignal("source_valid", Pins(1)),
        Subsignal("source_ready", Pins(1)),
        Subsignal("source_data", Pins(8)),
        Subsignal("sink_valid", Pins(1)),
        Subsignal("sink_ready", Pins(1)),
        Subsignal("sink_data", Pins(8)),
    ),
    ("marker", 0, Pins(32)),
]


class _ClockFromPins(Module):
    """A system clock domain driven by the test bench, in reset for the first two cycles.

    The reset comes from registers, not from a pin: Verilator evaluates what depends on a pin again
    whenever it is asked to evaluate anything, and everything depends on the reset.
    """

    def __init__(self, platform: SimPlatform) -> None:
        self.clock_domains.cd_sys = ClockDomain()
        self.clock_domains.cd_start = ClockDomain(reset_less=True)
        starting = Signal(2, reset=0b11)
        self.comb += [
            self.cd_sys.clk.eq(platform.request("sys_clk")),
            self.cd_start.clk.eq(self.cd_sys.clk),
            self.cd_sys.rst.eq(starting[0]),
        ]
        self.sync.start += starting.eq(starting[1:])


def write_soc(board: Board, cpu_verilog: Path, directory: Path) -> None:
    """Write `soc.v` (module `soc`) and `csr.json` of a board with a CPU variant.

    The CFU is instantiated as module `Cfu`, and the CPU as module `VexRiscv`, neither of which is
    in `soc.v`: both are added where the SoC is simulated or synthesized. The bits of the SoC
    controller's scratch register leave the top level as `marker`, on which a test bench follows
    the firmware's progress.
    """

    class ChosenVexRiscv(VexRiscv):
        """VexRiscv with the CPU variant's Verilog in place of LiteX's own choice."""

        def __init__(self, platform: SimPlatform, variant: str) -> None:
            super().__init__(platform, variant)
            self.use_external_variant(str(cpu_verilog))

    litex_cpus.CPUS["vexriscv"] = ChosenVexRiscv
    platform = SimPlatform("SIM", _SIMULATED_PINS)
    # LiteX asks for the CFU's file although it only hands it on to a synthesis tool.
    cfu_placeholder = directory / "Cfu.v"
    cfu_placeholder.touch()
    program_memory = board.memory(board.program_memory)
    soc = SoCCore(
        platform,
        board.sys_clk_hz,
        cpu_type="vexriscv",
        cpu_variant="full+cfu",
        cpu_cfu=str(cfu_placeholder),
        cpu_reset_address=program_memory.origin,
        integrated_rom_size=0,
        integrated_sram_size=0,
        ident="",
        uart_name="sim",
        uart_fifo_depth=board.uart_fifo_bytes,
        timer_uptime=False,
    )
    soc.submodules.crg = _ClockFromPins(platform)
    for memory in board.memories:
        soc.add_ram(memory.name, memory.origin, memory.bytes)
        # Without this LiteX emits a `$readmemh` of a file; firmware is loaded at run time.
        getattr(soc, memory.name).mem.init = None
    soc.comb += platform.request("marker").eq(soc.ctrl._scratch.storage)
    soc.finalize()
    platform.finalize(soc)
    verilog = platform.get_verilog(soc, name="soc", regular_comb=False)
    verilog.write(str(directory / "soc.v"))
    (directory / "csr.json").write_text(
        get_csr_json(
            csr_regions=soc.csr.regions, constants=soc.constants, mem_regions=soc.mem_regions
        )
    )
    cfu_placeholder.unlink()


if __name__ == "__main__":
    write_soc(find_board(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
