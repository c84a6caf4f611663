"""The tests every project has without writing any: CFU against model, kernels against TFLM."""

from __future__ import annotations

__all__ = ["check_project"]

from pathlib import Path

import gateware
from gateware.testing import check_cfu
from playground.commands.run import execute
from playground.console import Output
from playground.design import NO_CFU, Design
from playground.progress import ConsoleProgress
from playground.resolve import project_design
from profiles import Profile
from toolchain import PlaygroundError

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
        if gateware.load_model(design.cfu, directory=design.cfu_directory) is None:
            artifact = gateware.load_cfu(design.cfu, directory=design.cfu_directory)
            return f"CFU `{artifact.spec.name}`: unchecked, its description names no Python model"
        report = check_cfu(design.cfu, directory=design.cfu_directory, commands=_COMMANDS)
    if not report.passed:
        raise PlaygroundError(
            f"the CFU `{design.cfu}` differs from its Python model",
            hint="correct the hardware or its `model`, whichever is wrong",
            details=str(report),
        )
    return f"CFU `{design.cfu}`: like its model in {_COMMANDS} commands with random stalls"


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
