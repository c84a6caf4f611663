"""What the program `soc.litex_soc` is told."""

from __future__ import annotations

__all__ = ["SocOrder"]

from dataclasses import dataclass
from pathlib import Path

from boards import Board


@dataclass(frozen=True)
class SocOrder:
    """A SoC to write.

    Attributes
    ----------
    cpu_verilog
        File that defines module `VexRiscv`.
    simulated
        Whether it is for the simulator; otherwise it is for the board's FPGA.
    """

    board: Board
    cpu_verilog: Path
    simulated: bool
