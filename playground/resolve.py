"""From names on the command line and in `cfu.toml` to a design."""

from __future__ import annotations

__all__ = [
    "NO_KERNELS",
    "Choices",
    "cfus_of_kernels",
    "known_compiler",
    "known_cpu",
    "project_design",
    "resolve",
    "shipped_kernels",
]

import dataclasses
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import boards
import firmware
import gateware
import soc
from firmware.compiler import check_compiler, compiler_names
from playground.catalog import catalog_names, find_model
from playground.design import NO_CFU, SIMULATORS, Design, Trace
from playground.names import nearest, unknown_name
from playground.project import PROJECT_FILE, ProjectFile, load_project, project_errors
from toolchain import ArtifactCache, PlaygroundError

NO_KERNELS = "none"


@dataclass(frozen=True)
class Choices:
    """What the command line said; `None` and () leave it to the project or to the default.

    File names are relative to `directory`.
    """

    directory: Path
    model: str | None = None
    cfu: str | None = None
    kernels: str | None = None
    board: str | None = None
    cpu: str | None = None
    compiler: str | None = None
    simulator: str | None = None
    inputs: tuple[str, ...] = ()
    labels: tuple[int, ...] = ()
    trace: Trace | None = None
    max_cycles: int | None = None
    place: str | None = None
    ideal_memory: bool | None = None
    port: str | None = None


def shipped_kernels() -> Mapping[str, Path]:
    """Return the directories of kernels that come with the project, by name.

    A set is named after the CFU it is for, or after the family of CFUs; else it needs none.
    """
    root = Path(firmware.__path__[0], "kernels", "overrides")
    found = sorted(path for path in root.glob("*") if any(path.glob("*.cc")))
    return {path.name: path for path in found}


def cfus_of_kernels(name: str) -> tuple[str, ...]:
    """Return the shipped CFUs that a shipped set of kernels is for, none if it runs without."""
    return tuple(cfu for cfu in gateware.shipped_cfus() if gateware.kernels_of(cfu) == name)


def project_design(directory: Path) -> Design:
    """Return the design of a project's `cfu.toml` alone."""
    return resolve(Choices(directory=directory), project=directory)


def resolve(choices: Choices, *, project: Path | None) -> Design:
    """Return the design that flags and a project describe; flags come first.

    Parameters
    ----------
    project
        Directory of the `cfu.toml` to take what the flags leave open from, if there is one.

    Raises
    ------
    PlaygroundError
        If something named does not exist, with the nearest name that does.
    """
    written = _from_project(project) if project is not None else None
    merged = _merge(choices, written)
    model, model_directory = _located("model", choices, written, project)
    if model is None:
        raise PlaygroundError(
            "no model is named",
            hint=f"name a .tflite file or one of {', '.join(catalog_names())}, or work in a "
            f"project, which is a directory with a `{PROJECT_FILE}`",
        )
    cfu, cfu_directory = _located("cfu", choices, written, project)
    kernels, kernels_directory = _located("kernels", choices, written, project)

    def placed(key: str) -> AbstractContextManager[None]:
        """Have errors name the line of the project's file, unless the value is a flag's."""
        said = getattr(choices, key) not in (None, ())
        if said or project is None:
            return nullcontext()
        return project_errors(project, key.removesuffix("s") if key == "inputs" else key)

    with placed("cfu"):
        _check_cfu(cfu or NO_CFU, cfu_directory)
    with placed("kernels"):
        overrides = _kernels(
            kernels,
            kernels_directory,
            cfu=cfu or NO_CFU,
            cfu_directory=cfu_directory,
            project=project,
        )
    with placed("board"):
        board = _known("board", merged.board or Design.board, boards.board_names())
    with placed("cpu"):
        cpu = known_cpu(merged.cpu) if merged.cpu is not None else None
    with placed("compiler"):
        compiler = known_compiler(merged.compiler or Design.compiler)
    with placed("simulator"):
        simulator = _known("simulator", merged.simulator, SIMULATORS) if merged.simulator else None
    with placed("inputs"):
        inputs = _inputs(choices, written, project)
    design = Design(
        model=Path(),
        cfu=cfu or NO_CFU,
        cfu_directory=cfu_directory,
        kernels=overrides,
        board=board,
        cpu=cpu,
        compiler=compiler,
        simulator=simulator,
        inputs=inputs,
        labels=merged.labels,
        trace=merged.trace,
        max_cycles=merged.max_cycles,
        place=merged.place or "",
        ideal_memory=bool(merged.ideal_memory),
        port=merged.port,
    )
    with placed("model"):
        return _with_model(design, model, model_directory)


def _from_project(project: Path) -> Choices:
    written: ProjectFile = load_project(project)
    return Choices(
        directory=project,
        model=written.model,
        cfu=written.cfu,
        kernels=written.kernels,
        board=written.board,
        cpu=written.cpu,
        compiler=written.compiler,
        simulator=written.simulator,
        inputs=tuple(written.input),
        labels=tuple(written.label),
        max_cycles=written.max_cycles,
        place=written.place,
        ideal_memory=written.ideal_memory,
    )


def _merge(choices: Choices, written: Choices | None) -> Choices:
    if written is None:
        return choices
    # A model or inputs of the command line's own make the project's labels meaningless.
    own = choices.model is not None or bool(choices.inputs)
    said = {
        field.name: value
        for field in dataclasses.fields(Choices)
        if (value := getattr(choices, field.name)) not in (None, ())
    }
    return dataclasses.replace(written, **{"labels": ()} | said if own else said)


def _located(
    key: str, choices: Choices, written: Choices | None, project: Path | None
) -> tuple[str | None, Path]:
    """Return a reference and the directory it is relative to."""
    said: str | None = getattr(choices, key)
    if said is not None or written is None or project is None:
        return said, choices.directory
    in_file: str | None = getattr(written, key)
    return in_file, project


def _inputs(choices: Choices, written: Choices | None, project: Path | None) -> tuple[Path, ...]:
    if choices.inputs:
        return _existing(choices.inputs, choices.directory)
    # Inputs belong to the project's model, not to another one named by a flag.
    if written is not None and project is not None and choices.model is None:
        return _existing(written.inputs, project)
    return ()


def _existing(names: Iterable[str], directory: Path) -> tuple[Path, ...]:
    paths = tuple(directory / name for name in names)
    for path in paths:
        if not path.is_file():
            raise PlaygroundError(
                f"there is no input file `{path}`",
                hint="an input file holds a raw tensor, row-major, as the model takes it",
            )
    return paths


def _with_model(design: Design, reference: str, directory: Path) -> Design:
    path = directory / reference
    if path.is_file():
        return dataclasses.replace(design, model=path)
    if path.suffix == ".tflite" or len(Path(reference).parts) > 1:
        raise PlaygroundError(
            f"there is no model file `{path}`", hint="`cfu list models` shows the models by name"
        )
    entry = find_model(reference, cache=ArtifactCache.default())
    if entry.path is None:
        raise PlaygroundError(
            f"the model `{entry.name}` is not here yet",
            hint=f"`cfu models fetch {entry.name}` downloads it",
        )
    if design.inputs:
        return dataclasses.replace(design, model=entry.path)
    labels = design.labels or entry.labels
    return dataclasses.replace(design, model=entry.path, inputs=entry.inputs, labels=labels)


def _check_cfu(reference: str, directory: Path) -> None:
    """Refuse the name of a CFU that does not come along; what is wrong with a file it tells."""
    base = reference.partition(":")[0]
    known = (NO_CFU, *gateware.shipped_cfus())
    if base not in known and Path(base).suffix not in (".py", ".toml"):
        gateware.load_cfu(reference, directory=directory)  # which says it best


def _kernels(
    reference: str | None,
    directory: Path,
    *,
    cfu: str,
    cfu_directory: Path,
    project: Path | None,
) -> Path | None:
    shipped = shipped_kernels()
    if reference == NO_KERNELS:
        return None
    if reference is None:
        # A project's kernels lie in it; a shipped CFU's carry its name or that of its family.
        if project is not None and any(project.glob("*.cc")):
            return project
        return shipped.get(_family(cfu, cfu_directory) or "")
    path = directory / reference
    if path.is_dir():
        if not any(path.glob("*.cc")):
            raise PlaygroundError(
                f"the kernels' directory `{path}` holds no .cc file",
                hint="a kernel is a file named after its operator, such as `conv_2d.cc`",
            )
        for name, shipped_path in shipped.items():
            if path.resolve() == shipped_path.resolve():
                _check_made_for(name, cfu, cfu_directory)
        return path
    if path.is_file():
        raise PlaygroundError(
            f"`{path}` is a file, and `--kernels` takes the directory of the kernels",
            hint=f"`--kernels {path.parent}` takes every kernel in there",
        )
    if reference in shipped:
        _check_made_for(reference, cfu, cfu_directory)
        return shipped[reference]
    raise unknown_name(
        "directory or set of kernels", reference, shipped, listed_by="cfu list kernels"
    )


def _family(cfu: str, directory: Path) -> str | None:
    """Return the name of a CFU's kernels; what is wrong with the CFU is told when it is needed."""
    try:
        return gateware.kernels_of(cfu, directory)
    except PlaygroundError:
        return None


def _check_made_for(kernels: str, cfu: str, directory: Path) -> None:
    """Refuse a shipped set of kernels with a CFU that says it runs with others, or with none.

    A CFU of one's own that says nothing may well have the instructions that the kernels use.
    """
    made_for = cfus_of_kernels(kernels)
    own = _family(cfu, directory)
    if made_for and (cfu == NO_CFU or own not in (None, kernels)):
        other = "a CFU" if cfu == NO_CFU else f"another CFU than `{cfu}`"
        raise PlaygroundError(
            f"the kernels `{kernels}` need {other}",
            hint=f"they are for `--cfu {'` or `--cfu '.join(made_for)}`; "
            "`cfu list kernels` shows which kernels need no CFU",
        )


def known_cpu(reference: str) -> str:
    """Return a CPU variant's reference, which may go on with options after its name.

    Raises
    ------
    PlaygroundError
        If there is no such variant, with the nearest one there is.
    """
    _known("cpu", reference.partition(":")[0], soc.cpu_names())
    return soc.find_cpu(reference).name


def known_compiler(reference: str) -> str:
    """Return a compiler's reference, which may go on with flags after its name.

    Raises
    ------
    PlaygroundError
        If there is no such compiler, with the nearest one there is, or flags cannot be given to it.
    """
    _known("compiler", reference.partition(":")[0], compiler_names())
    check_compiler(reference)
    return reference


def _known(kind: str, name: str, names: tuple[str, ...]) -> str:
    if name in names:
        return name
    if kind in ("board", "cpu"):
        title = {"board": "board", "cpu": "CPU"}[kind]
        raise unknown_name(title, name, names, listed_by=f"cfu list {kind}s")
    meant = nearest(name, names)
    suggestion = f"did you mean `{meant}`? " if meant is not None else ""
    raise PlaygroundError(
        f"there is no {kind} `{name}`", hint=f"{suggestion}{kind}s: {', '.join(names)}"
    )
