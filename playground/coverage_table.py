"""With which commands a CFU was checked, as a table for people."""

from __future__ import annotations

__all__ = ["coverage_table"]

from rich import box
from rich.table import Table

from gateware.coverage import CORNERS, UNKNOWN
from gateware.testing import CheckReport

_NO_INSTRUCTION = "ids of none"


def coverage_table(report: CheckReport, soc: CheckReport | None = None) -> Table:
    """Return a table of the instructions: how often each was sent, and with which corners.

    Parameters
    ----------
    report
        Of random commands.
    soc
        Of those that firmware sent.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("instruction", no_wrap=True)
    table.add_column("commands", justify="right")
    table.add_column(f"corners of operands, of {len(CORNERS)}")
    if soc is not None:
        table.add_column("in the SoC", justify="right")
    for name, count in report.coverage.items():
        corners = report.corners.get(name, {})
        table.add_row(
            _NO_INSTRUCTION if name == UNKNOWN else name,
            f"{count:,}",
            ", ".join(f"{operand} {len(seen)}" for operand, seen in corners.items()),
            *([f"{soc.coverage.get(name, 0):,}"] if soc is not None else []),
        )
    return table
