"""Values of flags, for shells that complete them."""

from __future__ import annotations

__all__ = [
    "complete_boards",
    "complete_cfus",
    "complete_compilers",
    "complete_cpus",
    "complete_kernels",
    "complete_models",
    "complete_objectives",
    "complete_runs",
    "complete_samplers",
    "complete_search",
    "complete_simulators",
    "complete_studies",
]

import ast
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer

# Nothing of the playground is imported before a shell asks, and nothing that takes long then: what
# only large modules know is said here once more, and tests hold both together.
_SAMPLERS = ("nsga2", "tpe", "grid", "random")
_COMPILERS = ("zig", "gcc")
_SEARCHED = ("cpu", "cfu", "kernels", "place", "compiler")
_CPU_OPTIONS = (
    *("instruction_cache", "data_cache", "cache_line", "prediction", "bypass", "multiplier"),
    *("divider", "shifter", "exceptions", "interrupts", "counts_instructions", "cfu_enable"),
)
_STATE = ".cfu"
_LATEST_RUNS = 50


def complete_boards() -> list[str]:
    """Return the names of `cfu list boards`."""
    from boards import board_names

    return list(board_names())


def complete_cpus() -> list[str]:
    """Return the names of `cfu list cpus`."""
    from soc import cpu_names

    return list(cpu_names())


def complete_cfus() -> list[str]:
    """Return the names of `cfu list cfus`."""
    from gateware import shipped_cfus
    from playground.design import NO_CFU

    return [*shipped_cfus(), NO_CFU]


def complete_kernels() -> list[str]:
    """Return the names of `cfu list kernels`."""
    from playground.resolve import NO_KERNELS, shipped_kernels

    return [*shipped_kernels(), NO_KERNELS]


def complete_models() -> list[str]:
    """Return the names of `cfu list models`."""
    from playground.catalog import catalog_names

    return list(catalog_names())


def complete_compilers() -> list[str]:
    """Return the names that `--compiler` takes."""
    return list(_COMPILERS)


def complete_simulators() -> list[str]:
    """Return the names that `--simulator` takes."""
    from playground.design import SIMULATORS

    return list(SIMULATORS)


def complete_objectives() -> list[str]:
    """Return what `cfu explore` can make small."""
    from playground.explore.objectives import OBJECTIVES

    return list(OBJECTIVES)


def complete_samplers() -> list[str]:
    """Return the samplers of `cfu explore`."""
    return list(_SAMPLERS)


def complete_search(context: typer.Context) -> list[str]:
    """Return what `cfu explore` can search, with the parameters of the CFU."""
    project = _project()
    cfu = context.params.get("cfu")
    directory = Path.cwd()
    if cfu is None and project is not None:
        cfu, directory = _written_cfu(project), project
    parameters = _declared_parameters(str(cfu), directory) if cfu is not None else ()
    return [
        *_SEARCHED,
        *(f"cpu.{option}" for option in _CPU_OPTIONS),
        *(f"cfu.{parameter}" for parameter in parameters),
    ]


def complete_studies(context: typer.Context) -> list[str]:
    """Return the names of the studies in a file."""
    storage = context.params.get("storage")
    file = Path(storage) if storage else (_project() or Path.cwd()) / _STATE / "explore.sqlite"
    return [name for (name,) in _rows(file, "SELECT study_name FROM studies ORDER BY 1")]


def complete_runs() -> list[tuple[str, str]]:
    """Return labels and numbers of the project's latest runs, each with what it is."""
    project = _project()
    if project is None:
        return []
    rows = _rows(
        project / _STATE / "history.sqlite",
        "SELECT number, label, name, cycles, model FROM run ORDER BY number DESC "
        f"LIMIT {_LATEST_RUNS}",
    )
    runs: dict[str, str] = {}
    for number, label, name, cycles, model in rows:
        # Other labels than words would have to be quoted, in each shell in another way.
        is_word = label is not None and re.fullmatch(r"[\w.%+-]+", label)
        for word in (*([label] if is_word else []), str(number)):
            # Of several runs with a label, the newest is meant.
            runs.setdefault(word, f"run {number}, {model}, {name}, {cycles:,} cycles")
    return [("last", "the latest run"), *runs.items()] if runs else []


def _project() -> Path | None:
    """Return what `find_project` would, which is among much that a shell need not wait for."""
    here = Path.cwd()
    return next((d for d in (here, *here.parents) if (d / "cfu.toml").is_file()), None)


def _written_cfu(project: Path) -> str | None:
    import tomllib

    with suppress(OSError, ValueError):
        cfu = tomllib.loads((project / "cfu.toml").read_text(encoding="utf-8-sig")).get("cfu")
        return cfu if isinstance(cfu, str) else None
    return None


def _declared_parameters(cfu: str, directory: Path) -> list[str]:
    """Return the names of a CFU's parameters, as its source has them."""
    name, _, rest = cfu.partition(":")
    shipped = Path(__file__).parents[2] / "gateware" / "cfus" / f"{name}.py"
    file = directory / name if name.endswith(".py") else shipped
    wanted, _, _ = rest.partition(":")
    with suppress(OSError, ValueError, SyntaxError):
        classes = [
            each
            for each in ast.parse(file.read_text(encoding="utf-8")).body
            if isinstance(each, ast.ClassDef) and ("=" in wanted or wanted in ("", each.name))
        ]
        return [name for each in classes for name in _parameters_of(each)]
    return []


def _parameters_of(cfu_class: ast.ClassDef) -> Iterator[str]:
    """Yield the keys of `parameters`, or what `__init__` takes if these are from elsewhere."""
    for statement in cfu_class.body:
        match statement:
            case ast.Assign(targets=[ast.Name("parameters")], value=ast.Dict(keys=keys)):
                yield from (str(k.value) for k in keys if isinstance(k, ast.Constant))
                return
    declares = any(
        isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "parameters"
        for statement in cfu_class.body
    )
    for statement in cfu_class.body:
        if declares and isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            yield from (argument.arg for argument in statement.args.kwonlyargs)


def _rows(file: Path, query: str) -> list[Any]:
    """Return what a database says, nothing if there is none or it is none."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=0.2)) as it,
    ):
        return it.execute(query).fetchall()
    return []
