"""The tests every project has without writing any: CFU against model, kernels against TFLM."""

from __future__ import annotations

__all__ = ["check_project"]

from pathlib import Path

from gateware.testing import check_cfu
from playground.commands.run import execute
from playground.console import Output
from playground.design import NO_CFU, Design
from playground.progress import ConsoleProgress
from playground.resolve import project_design
from profiles import Profile
from toolchain import ArtifactCache, PlaygroundError

_COMMANDS = 1000


def check_project(directory: Path, output: Output) -> None:
    """Check a project's CFU against its Python model, then its kernels bit for bit.

    Prints a line for each check that passes.

    Raises
    ------
    PlaygroundError
        For the first that fails.
    """
    design = project_design(directory)
    if design.cfu != NO_CFU:
        output.show(_check_cfu(design, output))
    profile = execute(design, output, subject=directory.name)
    output.show(_kernels_line(profile, design))


def _check_cfu(design: Design, output: Output) -> str:
    progress = ConsoleProgress(output.messages)
    with progress.phase("check", f"checking the CFU `{design.cfu}` against its model"):
        reports = check_cfu(
            design.cfu,
            directory=design.cfu_directory,
            commands=_COMMANDS,
            cache=ArtifactCache.default(),
        )
    for report in reports:
        if not report.passed:
            raise PlaygroundError(
                f"the CFU `{design.cfu}` fails its check in {report.simulator}: "
                f"{report.failures[0]}",
                hint="correct the hardware or its `model`, whichever is wrong; the commands and "
                f"stalls are those of seed {report.seed} every time",
                details="\n".join(report.failures[1:]) or None,
            )
    where = " and ".join(report.simulator for report in reports)
    if not all(report.has_model for report in reports):
        return (
            f"CFU `{design.cfu}`: answered {_COMMANDS:,} commands with random stalls in {where}; "
            "its results are unchecked, since its description names no Python model"
        )
    return f"CFU `{design.cfu}`: like its model, {_COMMANDS:,} commands with stalls in {where}"


def _kernels_line(profile: Profile, design: Design) -> str:
    by_overrides = sum(layer.kernel != "reference" for layer in profile.layers)
    unused = sorted(
        {file.name for file in design.kernel_files} - {layer.kernel for layer in profile.layers}
    )
    line = (
        f"kernels: all {len(profile.layers)} layers of `{profile.model.name}` are bit-exact, "
        f"{by_overrides} of them by overrides"
    )
    return f"{line}; no layer was run by {', '.join(unused)}" if unused else line
