"""`cfu new`: a project to start from."""

from __future__ import annotations

__all__ = ["TEMPLATES", "new", "write_project"]

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from playground.console import Output
from toolchain import PlaygroundError

DEFAULT_MODEL = "ds_cnn_seeded"
TEMPLATES = {
    "amaranth": ("cfu.toml", "my_cfu.py", "conv_2d.cc"),
    "verilog": ("cfu.toml", "my_cfu.toml", "my_cfu.v", "my_cfu_model.py", "conv_2d.cc"),
    "systemverilog": ("cfu.toml", "my_cfu.toml", "my_cfu.sv", "my_cfu_model.py", "conv_2d.cc"),
}
"""The files of a project in each language."""

_TEMPLATE = Path(__file__).parents[1] / "template"
_DEFAULT_TEMPLATE = "amaranth"


def new(
    name: Annotated[str, typer.Argument(help="The directory to make.")],
    *,
    template: Annotated[
        str,
        typer.Option(
            "--template", metavar="|".join(TEMPLATES), help="The language of its gateware."
        ),
    ] = _DEFAULT_TEMPLATE,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="What it runs: a model of `cfu list models`, or a .tflite file, which is copied.",
        ),
    ] = DEFAULT_MODEL,
) -> None:
    """Write a project: a CFU, a kernel that uses it, and a `cfu.toml`.

    It runs as it is. In there, verbs take what they need from its `cfu.toml`.
    """
    directory = Path(name)
    written = write_project(directory, template=template, model=model)
    Output().show(
        f"{directory}/ holds {', '.join(written)}",
        "in there, `cfu compare` shows what it gains, `cfu test` checks it, `cfu run` profiles it,",
        "and `cfu watch` does whenever a file is saved",
    )


def write_project(
    directory: Path, *, template: str = _DEFAULT_TEMPLATE, model: str = DEFAULT_MODEL
) -> tuple[str, ...]:
    """Write the example project into a directory that is not there yet, or empty.

    Parameters
    ----------
    template
        One of `TEMPLATES`.
    model
        Name of a model, or its file, which is copied into the project.

    Returns
    -------
    tuple
        The files' names.

    Raises
    ------
    PlaygroundError
        If there is no such template or model, if there is something already, or if it cannot be
        written.
    """
    from playground.names import nearest

    if template not in TEMPLATES:
        meant = nearest(template, TEMPLATES)
        suggestion = f"did you mean `{meant}`? " if meant is not None else ""
        raise PlaygroundError(
            f"there is no template `{template}`",
            hint=f"{suggestion}templates: {', '.join(TEMPLATES)}",
        )
    file = _model_file(model)
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise PlaygroundError(
                f"`{directory}` is there already and not an empty directory",
                hint="choose another name; nothing was changed",
            )
        directory.mkdir(parents=True, exist_ok=True)
        for name in TEMPLATES[template]:
            text = (_TEMPLATE / name).read_text(encoding="utf-8")
            changed = _adapted(text, template, file.name if file is not None else model)
            (directory / name).write_text(changed, encoding="utf-8")
        if file is not None:
            shutil.copyfile(file, directory / file.name)
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the project `{directory}`: {error.strerror}",
            hint="choose a place you may write to",
        ) from error
    return (*TEMPLATES[template], *([file.name] if file is not None else []))


def _model_file(model: str) -> Path | None:
    """Return the file that is to be copied, `None` for a model that has a name.

    Raises
    ------
    PlaygroundError
        If there is no such model, or it is not here yet.
    """
    if model == DEFAULT_MODEL:
        return None
    from playground.resolve import Choices, resolve

    path = resolve(Choices(directory=Path.cwd(), model=model), project=None).model
    return path if Path(model).is_file() else None


def _adapted(text: str, template: str, model: str) -> str:
    """Return a file of the template with another model, and with gateware in another language."""
    quoted = json.dumps(model, ensure_ascii=False)
    default = f'model = "{DEFAULT_MODEL}"  '
    text = text.replace(default, f"model = {quoted}".ljust(len(default)))
    if template == "amaranth":
        return text
    text = text.replace('cfu = "my_cfu.py:MyCfu"  ', 'cfu = "my_cfu.toml"      ')
    text = text.replace("my_cfu.py", "my_cfu.toml")
    return text.replace('my_cfu.v"] ', 'my_cfu.sv"]') if template == "systemverilog" else text
