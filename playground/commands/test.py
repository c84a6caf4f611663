"""`cfu test`: of a project, its CFU and kernels; of the clone, everything."""

from __future__ import annotations

__all__ = ["PASS_THROUGH", "test"]

import subprocess
import sys
from pathlib import Path

import typer

from playground.console import Output
from toolchain import PlaygroundError

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
_REPOSITORY = Path(__file__).parents[2]


def test(context: typer.Context) -> None:
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
        if context.args:
            raise PlaygroundError(
                f"`cfu test` in a project takes no arguments such as `{context.args[0]}`",
                hint=f"the project is the one in `{project}`",
            )
        from playground.checks import check_project

        check_project(project, Output())
        return
    if not (_REPOSITORY / "tests").is_dir():
        raise PlaygroundError(
            "there is nothing to test here",
            hint="work in a project, which `cfu new NAME` writes, or in a clone of the playground",
        )
    command = [sys.executable, "-m", "pytest", *_workers(context.args), *context.args]
    raise typer.Exit(subprocess.run(command, cwd=_REPOSITORY, check=False).returncode)


def _workers(arguments: list[str]) -> list[str]:
    """Return the flags that spread tests over cores, unless the user says something of it."""
    if any(word.startswith(("-n", "--numprocesses", "--pdb", "-p")) for word in arguments):
        return []
    # Files stay together, since what a file's first test builds, its others use.
    return ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
