"""Flags that several verbs have."""

from __future__ import annotations

__all__ = [
    "AllowUnlike",
    "AsJson",
    "BoardOption",
    "CfuOption",
    "CompilerOption",
    "CpuOption",
    "IdealMemory",
    "InputOption",
    "KernelsOption",
    "ModelArgument",
    "PlaceOption",
    "Synth",
]

from typing import Annotated

import typer

from playground.commands import completing

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
AllowUnlike = Annotated[
    bool,
    typer.Option(
        "--allow-unlike", help="Compare even if compiler, CPU, board or memory differ; list what."
    ),
]
Synth = Annotated[
    bool,
    typer.Option("--synth", help="Synthesize the board's system, too: its area and clock."),
]
ModelArgument = Annotated[
    str | None,
    typer.Argument(
        help="A .tflite file or the name of a model that comes along.",
        autocompletion=completing.complete_models,
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="FILE", help="Raw input tensor; may be repeated."),
]
CfuOption = Annotated[
    str | None,
    typer.Option(
        "--cfu",
        metavar="CFU",
        autocompletion=completing.complete_cfus,
        help="A CFU that comes along, `my_cfu.py:MyCfu`, `my_cfu.toml` (Verilog) or `none`.",
    ),
]
KernelsOption = Annotated[
    str | None,
    typer.Option(
        "--kernels",
        metavar="DIR",
        autocompletion=completing.complete_kernels,
        help="Directory of kernels such as `conv_2d.cc`, a set that comes along, or `none`.",
    ),
]
BoardOption = Annotated[
    str | None, typer.Option("--board", metavar="BOARD", autocompletion=completing.complete_boards)
]
CpuOption = Annotated[
    str | None, typer.Option("--cpu", metavar="CPU", autocompletion=completing.complete_cpus)
]
CompilerOption = Annotated[
    str | None,
    typer.Option(
        "--compiler",
        metavar="zig|gcc[:FLAG,...]",
        autocompletion=completing.complete_compilers,
        help="`gcc` takes a RISC-V GCC from PATH; flags such as `zig:-O3` come after its own.",
    ),
]
PlaceOption = Annotated[
    str | None,
    typer.Option(
        "--place",
        metavar="PART=MEMORY,...",
        help="Put `code`, `kernels` or `weights` into a memory of the board.",
    ),
]
IdealMemory = Annotated[
    bool | None,
    typer.Option("--ideal-memory", help="Simulate the board with memory that answers at once."),
]
