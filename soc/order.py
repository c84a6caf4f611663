"""What the program `soc.litex_soc` is told."""

from __future__ import annotations

__all__ = ["SocOrder"]

from dataclasses import dataclass
from pathlib import Path

from boards import Board
from gateware.spec import CfuPorts


@dataclass(frozen=True)
class SocOrder:
    """A SoC to write.

    Attributes
    ----------
    cpu_verilog
        File that defines module `VexRiscv`.
    simulated
        Whether it is for the simulator; otherwise it is for the board's FPGA.
    ports
        Of the CFU that it is for.
    """

    board: Board
    cpu_verilog: Path
    simulated: bool
    ports: CfuPorts
