"""`cfu compare`: profiles or designs side by side."""

from __future__ import annotations

__all__ = ["compare", "comparison_json"]

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playground.commands import completing
from playground.commands.options import AllowUnlike, AsJson, Synth
from playground.commands.run import execute
from playground.console import Output
from playground.design import baseline_of
from toolchain import PlaygroundError

if TYPE_CHECKING:
    from profiles import Comparison, Profile


def compare(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|PROFILE|PROJECT]...",
            autocompletion=completing.complete_runs,
            help="Runs of the project's history (`3`, `last`, `last~1`, a label), saved profiles "
            "or directories of projects; the first is the baseline.",
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
        found = [_compared(reference, output, synth=synth) for reference in what]
    else:
        found = _project_and_baseline(output, synth=synth)
    comparison = compare_profiles(
        *(each.profile for each in found),
        allow_unlike=allow_unlike,
        names=[each.name for each in found],
    )
    if as_json:
        output.show_json(comparison_json(comparison))
    else:
        output.show(
            comparison_table(comparison, width=output.width),
            "",
            hardware_table(comparison, width=output.width),
        )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON-able values."""
    from profiles import profile_json

    layers = range(len(comparison.baseline.layers))
    return {
        "profiles": [profile_json(profile) for profile in comparison.profiles],
        "names": list(comparison.names),
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


@dataclass(frozen=True)
class _Compared:
    profile: Profile
    name: str


def _compared(reference: str, output: Output, *, synth: bool) -> _Compared:
    """Return what a word names; a project is run."""
    from playground.project import find_project
    from playground.references import RecordedRun, look_up
    from profiles import load_profile

    found = look_up(reference)
    if isinstance(found, RecordedRun):
        return _Compared(found.profile, f"{found.entry.name} ({found.name})")
    if found.is_dir():
        profile = _run_project(found, find_project(Path.cwd()), output, synth=synth)
    else:
        profile = load_profile(found)
    return _Compared(profile, profile.title)


def _run_project(directory: Path, here: Path | None, output: Output, *, synth: bool) -> Profile:
    """Run the design of a project; record it if it is the one that is worked in."""
    from playground.recording import record_run
    from playground.resolve import project_design

    design = project_design(directory)
    profile = execute(design, output, subject=directory.resolve().name, synth=synth)
    record_run(here if directory.resolve() == here else None, profile, output)
    return profile


def _project_and_baseline(output: Output, *, synth: bool) -> list[_Compared]:
    from playground.project import find_project
    from playground.recording import record_run
    from playground.resolve import project_design

    project = find_project(Path.cwd())
    if project is None:
        raise PlaygroundError(
            "nothing to compare is named",
            hint="name two profiles that `cfu run --save FILE` wrote, or work in a project",
        )
    design = project_design(project)
    baseline = execute(baseline_of(design), output, subject="baseline", synth=synth)
    record_run(project, baseline, output, is_aside=True)
    profile = _run_project(project, project, output, synth=synth)
    return [_Compared(each, each.title) for each in (baseline, profile)]
