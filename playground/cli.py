"""The `cfu` command: its verbs, and what becomes of errors."""

from __future__ import annotations

__all__ = ["app", "main"]

import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import typer

from playground.commands.bench import bench
from playground.commands.best import best
from playground.commands.compare import compare
from playground.commands.completion import completion, start_completing
from playground.commands.demo import demo
from playground.commands.doctor import doctor
from playground.commands.explore import explore
from playground.commands.export import export
from playground.commands.list import list_
from playground.commands.load import load
from playground.commands.log import log
from playground.commands.mlperf import mlperf
from playground.commands.models import models
from playground.commands.new import new
from playground.commands.report import report
from playground.commands.run import run
from playground.commands.schema import schema
from playground.commands.serve import serve
from playground.commands.show import show
from playground.commands.synth import synth
from playground.commands.terminal import terminal
from playground.commands.test import PASS_THROUGH, test
from playground.commands.trace import trace
from playground.commands.watch import watch
from playground.console import Output
from playground.errors import report as report_error
from playground.errors import report_interrupt
from playground.interrupts import INTERRUPTED, Interrupts
from toolchain import PlaygroundError

app = typer.Typer(
    name="cfu",
    help="Profile quantized models on a simulated RISC-V SoC, and speed them up with a CFU.",
    add_completion=False,  # two flags of `--help` that edit files: `cfu completion` does it
    no_args_is_help=False,
    rich_markup_mode="markdown",
)


@app.callback(invoke_without_command=True)
def _start(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(demo)
app.command()(run)
app.command()(watch)
app.command()(compare)
app.command()(log)
app.command()(show)
app.command()(best)
app.command()(report)
app.command()(serve)
app.command()(trace)
app.command(context_settings=PASS_THROUGH, add_help_option=False)(test)
app.command()(synth)
app.command()(explore)
app.command()(load)
app.command()(terminal)
app.command()(mlperf)
app.command(name="list")(list_)
app.command()(doctor)
app.command()(new)
app.add_typer(models, name="models")
app.add_typer(export, name="export")
app.command()(schema)
app.command()(completion)
app.command()(bench)


def _check_directory() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise PlaygroundError(
            f"the current directory is not there: {error.strerror}",
            hint="`cd` to one that is",
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `cfu` command and return its exit code.

    Parameters
    ----------
    arguments
        Without the program's name; the process's own by default.

    Returns
    -------
    int
        0 for success, 1 for an error of the user's, 2 if a tool failed, 3 if one is missing, 70
        for an error of ours, 130 after Ctrl-C.
    """
    # Amaranth's, of hardware made and not elaborated, which follows from any error before that.
    warnings.filterwarnings("ignore", message=".* created but never used")
    if arguments is None and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        Interrupts().install()  # not started by `__main__`, which does it before all imports
    words = list(sys.argv[1:] if arguments is None else arguments)
    output = Output()
    start_completing()
    try:
        _check_directory()
        code = app(args=words, prog_name="cfu", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return report_interrupt(output)
    except Exception as error:
        return report_error(error, output)
    if code == INTERRUPTED:
        return report_interrupt(output)
    return code if isinstance(code, int) else 0
