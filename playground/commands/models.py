"""`cfu models`: models to run, and fetching those that do not come along."""

from __future__ import annotations

__all__ = ["models"]

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from playground.commands.list import Kind, show_listing
from playground.commands.options import AsJson
from playground.console import Output
from playground.progress import ConsoleProgress, Step
from toolchain import ArtifactCache

models = typer.Typer(help="List models; fetch the MLPerf Tiny models.", rich_markup_mode="markdown")


@models.command(name="list")
def list_(*, as_json: AsJson = False) -> None:
    """List the models that can be named."""
    show_listing([Kind.MODELS], Output(), as_json=as_json)


@models.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names from `cfu models list`; all if left out.")
    ] = None,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="URL|DIR", help="A mirror to download from, or a directory."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put MLPerf Tiny models into the cache, each checked against its SHA-256."""
    from playground.models.fetch import (
        MLPERF_TINY_URL,
        fetch_models,
        import_models,
        remote_models,
    )

    output = Output()
    cache = ArtifactCache.default()
    if source is not None and Path(source).is_dir():
        _show(import_models(cache, Path(source), names or None), output, as_json=as_json)
        return
    files: dict[str, Path] = {}
    for model in remote_models(names or None):
        progress = ConsoleProgress(output.messages)
        with progress.phase("fetch", f"fetching `{model.name}`", total=model.size) as step:
            files |= fetch_models(
                cache,
                [model.name],
                base_url=source or MLPERF_TINY_URL,
                progress=_bytes_as_steps(step),
            )
    _show(files, output, as_json=as_json)


def _show(files: Mapping[str, Path], output: Output, *, as_json: bool) -> None:
    if as_json:
        output.show_json({name: str(path) for name, path in files.items()})
    else:
        output.show(*(f"{name}: {path}" for name, path in files.items()))


def _bytes_as_steps(step: Step) -> Callable[[str, int, int], None]:
    return lambda name, received, expected: step(received)
