"""The playground in a program, a test or a notebook: designs in, profiles out.

from playground import load_design, run

profile = run(load_design("kws01", cfu="simd_mac"))
profile.total_cycles
"""

from __future__ import annotations

__all__ = ["load_design", "run"]

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from playground.design import Design
from playground.flow import run_design
from playground.progress import Progress, Silent
from playground.project import find_project
from playground.resolve import Choices, resolve
from profiles import Profile, require_exact
from toolchain import ArtifactCache


def load_design(
    model: str | Path | None = None,
    *,
    project: str | Path | None = None,
    cfu: str | None = None,
    kernels: str | Path | None = None,
    board: str | None = None,
    cpu: str | None = None,
    compiler: str | None = None,
    simulator: str | None = None,
    inputs: Sequence[str | Path] = (),
    place: str | None = None,
    ideal_memory: bool | None = None,
    max_cycles: int | None = None,
    why: bool = False,
) -> Design:
    """Return the design that `cfu run` would run with flags of the same names.

    Parameters
    ----------
    model
        A .tflite file, or a name of `cfu list models`; the project's if None.
    project
        Directory with a `cfu.toml`, from which comes what is not given here. If None, it is the one
        that the current directory is in, if it is in one.
    why
        Whether the profile is to tell what each layer's cycles went to, in `LayerProfile.split`.

    Raises
    ------
    PlaygroundError
        If something named does not exist, with the nearest name that does.
    """
    choices = Choices(
        directory=Path.cwd(),
        model=None if model is None else str(model),
        cfu=cfu,
        kernels=None if kernels is None else str(kernels),
        board=board,
        cpu=cpu,
        compiler=compiler,
        simulator=simulator,
        inputs=tuple(map(str, inputs)),
        place=place,
        ideal_memory=ideal_memory,
        max_cycles=max_cycles,
    )
    found = Path(project).resolve() if project is not None else find_project(Path.cwd())
    return replace(resolve(choices, project=found), why=why)


def run(
    design: Design,
    *,
    allow_mismatch: bool = False,
    progress: Progress | None = None,
    cache: ArtifactCache | None = None,
) -> Profile:
    """Build a design, run it, hold every layer to TensorFlow Lite Micro, and return the profile.

    In a notebook, the profile shows itself as the table of `cfu run`. It is not recorded in a
    project's history.

    Parameters
    ----------
    allow_mismatch
        Whether a profile with wrong layers, which are marked in it, is returned instead of raised.
    progress
        Told what is being done; nobody is if None.
    cache
        Of artifacts; the user's if None.

    Raises
    ------
    PlaygroundError
        If the design cannot be run, or differs from TensorFlow Lite Micro.
    """
    profile = run_design(
        design, cache=cache or ArtifactCache.default(), progress=progress or Silent()
    )
    return profile if allow_mismatch else require_exact(profile)
