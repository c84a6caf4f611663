"""`cfu test`: of a project, its CFU and kernels; of the clone, everything."""

from __future__ import annotations

__all__ = ["PASS_THROUGH", "test"]

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from playground.commands.options import AsJson
from playground.console import Output
from toolchain import PlaygroundError

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
_REPOSITORY = Path(__file__).parents[2]


def test(
    context: typer.Context,
    *,
    soc: Annotated[
        bool,
        typer.Option(
            "--soc",
            help="Also run an inference of `digits_cnn`, or of the model that is named, on the "
            "whole SoC under cocotb, and watch the CFU's bus.",
        ),
    ] = False,  # noqa: PT028 - a verb, no test
    as_json: AsJson = False,  # noqa: PT028 - likewise
) -> None:
    """Check a project's CFU and kernels; outside of a project, run the playground's own tests.

    In a project, the CFU is compared with its Python model and every layer with TensorFlow Lite
    Micro. In a clone, arguments are passed on to pytest.
    """
    from playground.project import find_project

    if "--help" in context.args:
        typer.echo(context.get_help())
        return
    project = find_project(Path.cwd())
    if project is not None:
        model, unknown = _model_of(context.args, in_soc=soc)
        if unknown:
            raise PlaygroundError(
                f"`cfu test` in a project takes no arguments such as `{unknown[0]}`",
                hint=f"the project is the one in `{project}`; `--soc MODEL` names a model to run",
            )
        from playground.checks import check_project

        check_project(project, Output(), in_soc=soc, soc_model=model, as_json=as_json)
        return
    if soc or as_json:
        raise PlaygroundError(
            f"`{'--soc' if soc else '--json'}` is for a project, and this is none",
            hint="`cfu new NAME` writes a project; the SoC of the clone's own CFUs under cocotb is "
            "in `cfu test tests/sim/cocotb_soc`",
        )
    if not (_REPOSITORY / "tests").is_dir():
        raise PlaygroundError(
            "there is nothing to test here",
            hint="work in a project, which `cfu new NAME` writes, or in a clone of the playground",
        )
    command = [sys.executable, "-m", "pytest", *_workers(context.args), *context.args]
    raise typer.Exit(subprocess.run(command, cwd=_REPOSITORY, check=False).returncode)


def _model_of(arguments: list[str], *, in_soc: bool) -> tuple[str | None, list[str]]:
    """Return the model that is named and what is left."""
    if in_soc and arguments and not arguments[0].startswith("-"):
        return arguments[0], arguments[1:]
    return None, arguments


def _workers(arguments: list[str]) -> list[str]:
    """Return the flags that spread tests over cores, unless the user says something of it."""
    if any(word.startswith(("-n", "--numprocesses", "--pdb", "-p")) for word in arguments):
        return []
    # Files stay together, since what a file's first test builds, its others use.
    return ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
