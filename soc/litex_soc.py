"""The LiteX SoC of a board and a CPU variant, for the simulator and for the board's FPGA.

Run as a program (`python -m soc.litex_soc ORDER DIRECTORY`, the order being a pickled `SocOrder`):
LiteX keeps state in its modules, writes to standard output and replaces `sys.stderr` when it gives
up.
"""

from __future__ import annotations

__all__ = ["System", "main", "write_soc"]

import importlib
import json
import logging
import pickle
import re
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from litex.build.generic_platform import GenericPlatform, IOStandard, Pins, Subsignal
from litex.soc.cores import cpu as litex_cpus
from litex.soc.cores.cpu.vexriscv import VexRiscv
from litex.soc.integration.export import get_csr_json
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCCore
from litex.soc.interconnect import wishbone
from migen import Module, Signal

from boards import BlockRam, Board
from gateware.memory_port import MEMORY_PORTS
from gateware.scratchpad_port import SCRATCHPAD_ORIGIN, scratchpad_ports
from gateware.spec import CfuPorts
from soc.bios_headers import write_software_headers
from soc.memories import MEMORY_KINDS
from soc.order import SocOrder
from soc.simulated_platform import ClockFromBench, SimulatedPlatform

# The same on every board, simulated or not, whatever else it has.
_CSR_PAGES = {
    name: page
    for page, name in enumerate(
        ("ctrl", "uart", "timer0", "sdram", "ddrphy", "spiflash_core", "spiflash_phy", "uart_phy")
    )
}
_SIMULATED_MEMTEST_BYTES = 1024
_COMMENT = re.compile(r"^[ \t]*//.*?$|/\*.*?\*/", re.MULTILINE | re.DOTALL)


class System(SoCCore):
    """CPU, CFU, memories and UART of a board.

    Parameters
    ----------
    platform
        Where its pins come from: the board's own platform or the simulated one.
    clocks
        The clock and reset generator on that platform.
    cpu_verilog
        File that defines module `VexRiscv`. The CFU is module `Cfu`; neither is in the SoC's
        Verilog: both are added where it is simulated or synthesized.
    ports
        Of module `Cfu`, beside those to the CPU.
    directory
        For files that LiteX wants to see.
    """

    csr_map = _CSR_PAGES

    def __init__(
        self,
        board: Board,
        platform: GenericPlatform,
        *,
        clocks: Module,
        cpu_verilog: Path,
        ports: CfuPorts,
        directory: Path,
    ) -> None:
        simulated = isinstance(platform, SimulatedPlatform)
        bursts = ports.memory and isinstance(board.memory(board.work_memory), BlockRam)

        class ChosenVexRiscv(VexRiscv):
            """VexRiscv with the CPU variant's Verilog in place of LiteX's own choice."""

            def __init__(self, platform: GenericPlatform, variant: str) -> None:
                super().__init__(platform, variant)
                self.use_external_variant(str(cpu_verilog))
                if bursts:
                    # Refills of its caches are the same whether or not a CFU has a memory port.
                    self.cpu_params.update(
                        o_iBusWishbone_CTI=Signal(3), o_dBusWishbone_CTI=Signal(3)
                    )

        litex_cpus.CPUS["vexriscv"] = ChosenVexRiscv
        # LiteX asks for the CFU's file although it only hands it on to a synthesis tool.
        cfu_placeholder = directory / "Cfu.v"
        cfu_placeholder.touch()
        start = board.memory("rom") if board.has_bios else board.memory(board.load_memory)
        baud = board.hardware.baud if board.hardware is not None else 115_200
        super().__init__(
            platform,
            board.sys_clk_hz,
            cpu_type="vexriscv",
            cpu_variant="full+cfu",
            cpu_cfu=str(cfu_placeholder),
            cpu_reset_address=start.origin + (0 if board.has_bios else board.load_offset),
            integrated_rom_size=0,
            integrated_sram_size=0,
            ident="",
            uart_name="sim" if simulated else "serial",
            uart_baudrate=baud,
            uart_fifo_depth=board.uart_fifo_bytes,
            # The BIOS needs a timer; the firmware does not.
            with_timer=board.has_bios,
            timer_uptime=False,
            with_ctrl=False,
            bus_bursting=bursts,
        )
        cfu_placeholder.unlink()
        if ports.memory:
            self.bus.add_master("cfu", _memory_port(self.cpu))
        if ports.scratchpad_bytes:
            self.bus.add_slave(
                "cfu_scratchpad",
                _scratchpad(self.cpu, ports.scratchpad_bytes),
                SoCRegion(
                    origin=SCRATCHPAD_ORIGIN,
                    size=ports.scratchpad_bytes,
                    mode="rw",
                    cached=False,
                ),
            )
        self.submodules.crg = clocks
        self.add_controller("ctrl", with_errors=board.has_bios)
        if simulated:
            # What the BIOS tries of a memory when it starts: by default megabytes.
            for tried in ("DATA", "ADDR"):
                self.add_constant(f"MEMTEST_{tried}_SIZE", _SIMULATED_MEMTEST_BYTES)
        self.storage = [
            MEMORY_KINDS[type(memory)](self, memory, simulated=simulated)
            for memory in board.memories
        ]


def _memory_port(cpu: VexRiscv) -> wishbone.Interface:
    """Return the bus that module `Cfu` is to be a master of."""
    bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")
    cpu.cfu_params.update(
        {
            f"{way[0]}_{name}": getattr(bus, name.removeprefix("mem_"))
            for name, (way, _) in MEMORY_PORTS.items()
        }
    )
    return bus


def _scratchpad(cpu: VexRiscv, size_bytes: int) -> wishbone.Interface:
    """Return the bus that module `Cfu` is to be a slave of."""
    bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")
    for name, (way, width) in scratchpad_ports(size_bytes).items():
        signal = getattr(bus, name.removeprefix("pad_"))
        cpu.cfu_params[f"{way[0]}_{name}"] = signal[:width] if way == "input" else signal
    return bus


def write_soc(order: SocOrder, directory: Path) -> None:
    """Write a SoC's Verilog and what must be known of it.

    In any case `soc.v`, which defines module `soc`, and `csr.json`, LiteX's description of the
    memory map; for a board with a BIOS, the headers of LiteX's software in `software/`. See
    `_write_simulated` and `_write_hardware` for the rest.
    """
    system = (_write_simulated if order.simulated else _write_hardware)(order, directory)
    _blank_comments(directory / "soc.v")
    if order.board.has_bios:
        write_software_headers(system, directory / "software")
    (directory / "csr.json").write_text(
        get_csr_json(
            csr_regions=system.csr.regions,
            constants=system.constants,
            mem_regions=system.mem_regions,
        )
    )


def _write_simulated(order: SocOrder, directory: Path) -> System:
    """Write a SoC for the simulator, and how it holds memories as `storage.json`.

    The models of parts outside the FPGA are in `models.v`. The bits of the SoC controller's scratch
    register leave the top level as `marker`, on which a test bench follows the firmware's progress.
    """
    platform = SimulatedPlatform()
    system = System(
        order.board,
        platform,
        clocks=ClockFromBench(platform),
        cpu_verilog=order.cpu_verilog,
        ports=order.ports,
        directory=directory,
    )
    system.comb += platform.request("marker").eq(system.ctrl._scratch.storage)
    system.finalize()
    platform.finalize(system)
    verilog = platform.get_verilog(system, name="soc", regular_comb=False)
    verilog.write(str(directory / "soc.v"))
    models = [Path(source) for source in platform.models]
    (directory / "models.v").write_text("\n".join(model.read_text() for model in models))
    (directory / "storage.json").write_text(
        json.dumps([asdict(s) for s in system.storage if s is not None])
    )
    return system


def _write_hardware(order: SocOrder, directory: Path) -> System:
    """Write a SoC for the board's FPGA, for its tools to take.

    LiteX writes the constraints (`soc.pcf`, `soc.lpf` or `soc.xdc`) and, if the SoC has a ROM,
    `soc_rom.init` without the BIOS. `target.json` names the device and the nets of the clocks with
    their frequencies in Hz.
    """
    hardware = order.board.hardware
    assert hardware is not None
    platform = _class_named(hardware.platform)(**hardware.platform_options)
    if hardware.serial_pins is not None:
        receive, transmit = hardware.serial_pins
        platform.add_extension(
            [
                (
                    "serial",
                    0,
                    Subsignal("rx", Pins(receive)),
                    Subsignal("tx", Pins(transmit)),
                    IOStandard("LVCMOS33"),
                )
            ]
        )
    system = System(
        order.board,
        platform,
        clocks=_class_named(hardware.clocks)(
            platform, order.board.sys_clk_hz, **hardware.clock_options
        ),
        cpu_verilog=order.cpu_verilog,
        ports=order.ports,
        directory=directory,
    )
    toolchain = platform.toolchain
    system.finalize()
    # It adds files of its own; what it would run is for others to run.
    platform.build(system, build_dir=str(directory), build_name="soc", run=False)
    names = toolchain._vns
    clocks = {
        names.get_name(clock): _frequency_hz(period[0] if isinstance(period, list) else period)
        for clock, period in toolchain.clocks.items()
    }
    (directory / "target.json").write_text(
        json.dumps({"device": platform.device, "clocks": clocks}, indent=1)
    )
    return system


def _blank_comments(verilog: Path) -> None:
    """Remove what LiteX tells of a file: when it was written, and modules in any order.

    The same SoC is the same text then, and synthesized once. Lines keep their numbers, which tools
    name cells after.
    """
    text = verilog.read_text()
    verilog.write_text(_COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text))


def _frequency_hz(period_ns: float) -> int:
    """Return the frequency of a period that was rounded to picoseconds, to the kilohertz."""
    return 1000 * round(1e6 / period_ns)


def _class_named(name: str) -> Any:
    """Return the class that "module:Class" names."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def main() -> None:
    """Write the SoC that the command line orders, or say in a line what is wrong with it."""
    errors = sys.stderr  # LiteX replaces it when it gives up
    logging.disable(logging.WARNING)
    try:
        write_soc(pickle.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]).absolute())
    except Exception as error:
        origin = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(origin.filename).name}:{origin.lineno}"
        print(f"{type(error).__name__}: {error} ({place})", file=errors)
        sys.exit(1)


if __name__ == "__main__":
    main()
