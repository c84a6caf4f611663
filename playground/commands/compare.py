"""`cfu compare`: profiles or designs side by side."""

from __future__ import annotations

__all__ = ["compare", "comparison_json"]

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playground.commands.options import AllowUnlike, AsJson, Synth
from playground.commands.run import execute
from playground.console import Output
from playground.design import baseline_of
from toolchain import PlaygroundError

if TYPE_CHECKING:
    from profiles import Comparison, Profile


def compare(
    what: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PROFILE|PROJECT]...",
            help="Saved profiles or directories of projects; the first is the baseline.",
        ),
    ] = None,
    *,
    allow_unlike: AllowUnlike = False,
    synth: Synth = False,
    as_json: AsJson = False,
) -> None:
    """Show two or more profiles side by side, with each layer's speedup against the first.

    Inside a project and with nothing named, the project is compared with its model's baseline:
    no CFU and TensorFlow Lite Micro's own kernels. Area is shown of hardware that `cfu synth` has
    seen, or that `--synth` has synthesized now; a saved profile has what was known of its own.
    """
    from profiles import compare as compare_profiles
    from profiles import comparison_table, hardware_table

    output = Output()
    if what:
        found = [_profile(path, output, synth=synth) for path in what]
    else:
        found = _project_and_baseline(output, synth=synth)
    comparison = compare_profiles(*found, allow_unlike=allow_unlike)
    if as_json:
        output.show_json(comparison_json(comparison))
    else:
        output.show(
            comparison_table(comparison, width=output.width),
            hardware_table(comparison, width=output.width),
        )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON-able values."""
    from profiles import profile_json

    layers = range(len(comparison.baseline.layers))
    return {
        "profiles": [profile_json(profile) for profile in comparison.profiles],
        "speedups": [
            {
                "baseline": 0,
                "profile": position,
                "total": comparison.speedup(position),
                "layers": [comparison.speedup(position, layer) for layer in layers],
            }
            for position in range(1, len(comparison.profiles))
        ],
        "differences": [
            {
                "profile": difference.position,
                "what": difference.what,
                "baseline": difference.baseline,
                "other": difference.other,
            }
            for difference in comparison.differences
        ],
    }


def _profile(path: Path, output: Output, *, synth: bool) -> Profile:
    from playground.project import PROJECT_FILE
    from playground.resolve import project_design
    from profiles import load_profile

    directory = path.parent if path.name == PROJECT_FILE else path
    if directory.is_dir():
        return execute(
            project_design(directory), output, subject=directory.resolve().name, synth=synth
        )
    return load_profile(path)


def _project_and_baseline(output: Output, *, synth: bool) -> list[Profile]:
    from playground.project import find_project
    from playground.resolve import project_design

    project = find_project(Path.cwd())
    if project is None:
        raise PlaygroundError(
            "nothing to compare is named",
            hint="name two profiles that `cfu run --save FILE` wrote, or work in a project",
        )
    design = project_design(project)
    return [
        execute(baseline_of(design), output, subject="baseline", synth=synth),
        execute(design, output, subject=project.name, synth=synth),
    ]
