"""Flags that several verbs have."""

from __future__ import annotations

__all__ = ["AllowUnlike", "AsJson", "Synth"]

from typing import Annotated

import typer

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
