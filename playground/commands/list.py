"""`cfu list`: what there is to choose from."""

from __future__ import annotations

__all__ = ["Kind", "list_", "show_listing"]

import enum
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from playground.commands.options import AsJson
from playground.console import Output
from toolchain import ArtifactCache


class Kind(enum.StrEnum):
    """What can be listed."""

    MODELS = "models"
    CFUS = "cfus"
    KERNELS = "kernels"
    BOARDS = "boards"
    CPUS = "cpus"
    OPERATORS = "operators"


Rows = list[dict[str, str]]


def list_(
    kind: Annotated[Kind | None, typer.Argument(help="What to list; all if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the models, CFUs, kernels, boards, CPUs or operators there are."""
    show_listing(list(Kind) if kind is None else [kind], Output(), as_json=as_json)


def show_listing(kinds: Sequence[Kind], output: Output, *, as_json: bool) -> None:
    """Print what there is of each kind."""
    listed = {str(each): _LISTINGS[each]() for each in kinds}
    if as_json:
        output.show_json(listed)
        return
    for title, rows in listed.items():
        output.show(_table(title, rows))


def _table(title: str, rows: Rows) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in rows[0] if rows else ("none",):
        table.add_column(column)
    for row in rows:
        table.add_row(*row.values())
    return table


def _models() -> Rows:
    from playground.catalog import catalog

    return [
        {
            "name": model.name,
            "summary": model.summary,
            "here": "yes" if model.path is not None else "after `cfu models fetch`",
        }
        for model in catalog(ArtifactCache.default())
    ]


def _cfus() -> Rows:
    import gateware
    from playground.design import NO_CFU

    rows = []
    for name in (NO_CFU, *gateware.shipped_cfus()):
        spec = gateware.load_cfu(name, directory=Path()).spec
        parameters = gateware.cfu_parameters(name, directory=Path())
        rows.append(
            {
                "name": name,
                "instructions": ", ".join(i.name for i in spec.instructions) or "none",
                "parameters": ", ".join(parameters),
            }
        )
    return rows


def _kernels() -> Rows:
    from playground.resolve import cfus_of_kernels, shipped_kernels

    return [
        {
            "name": name,
            "for": ", ".join(cfus_of_kernels(name)) or "no CFU needed",
            "files": ", ".join(sorted(path.name for path in directory.glob("*.cc"))),
        }
        for name, directory in shipped_kernels().items()
    ]


def _boards() -> Rows:
    import boards

    found = [boards.find_board(name) for name in boards.board_names()]
    return [
        {
            "name": board.name,
            "clock": f"{board.sys_clk_hz / 1e6:g} MHz",
            "memory": "ideal" if board.ideal_memory else "real",
            "summary": board.summary,
        }
        for board in found
    ]


def _cpus() -> Rows:
    import soc

    found = [soc.find_cpu(name) for name in soc.cpu_names()]
    return [
        {
            "name": cpu.name,
            "isa": cpu.isa,
            "I-cache": f"{cpu.instruction_cache_bytes >> 10} KiB",
            "D-cache": f"{cpu.data_cache_bytes >> 10} KiB" if cpu.data_cache_bytes else "none",
            "summary": cpu.summary,
        }
        for cpu in found
    ]


def _operators() -> Rows:
    from firmware.operators import supported_operators

    return [
        {"operator": name, "kernel": f"{name.lower()}.cc"} for name in sorted(supported_operators())
    ]


_LISTINGS: Mapping[Kind, Callable[[], Rows]] = {
    Kind.MODELS: _models,
    Kind.CFUS: _cfus,
    Kind.KERNELS: _kernels,
    Kind.BOARDS: _boards,
    Kind.CPUS: _cpus,
    Kind.OPERATORS: _operators,
}
