"""The tests every project has without writing any: of its CFU and of its kernels."""

from __future__ import annotations

__all__ = ["check_project"]

from pathlib import Path

from gateware.formal import HandshakeProof, prove_cfu
from gateware.formal_rules import RULES
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
    """Check a project's CFU against its Python model and its bus, then its kernels bit for bit.

    Prints a line for each check that passes.

    Raises
    ------
    PlaygroundError
        For the first that fails.
    """
    design = project_design(directory)
    if design.cfu != NO_CFU:
        output.show(_check_cfu(design, output))
        output.show(_prove_handshake(design, output))
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
    commands = f"{reports[0].commands:,} commands"
    if not all(report.has_model for report in reports):
        return (
            f"CFU `{design.cfu}`: answered {commands} with random stalls in {where}; "
            "its results are unchecked, since its description names no Python model"
        )
    line = f"CFU `{design.cfu}`: like its model, {commands} with stalls in {where}"
    if transfers := reports[0].transfers:
        line += f", {transfers:,} words through its memory port"
    return line


def _prove_handshake(design: Design, output: Output) -> str:
    progress = ConsoleProgress(output.messages)
    with progress.phase("prove", f"proving the handshake of the CFU `{design.cfu}`"):
        proof = prove_cfu(design.cfu, directory=design.cfu_directory, cache=ArtifactCache.default())
    if proof.broken:
        raise PlaygroundError(
            f"the CFU `{design.cfu}` breaks the rules of its bus: {RULES[proof.broken[0]]}",
            hint="the cycles above lead there, the last one is where it happens; the rules are in "
            "docs/checks.md",
            details="\n".join(proof.trace),
        )
    return f"handshake: {_proof_line(proof)}"


def _proof_line(proof: HandshakeProof) -> str:
    if proof.obstacle is not None:
        return f"not proven, since Yosys does not read the CFU: {proof.obstacle}"
    if not proof.is_settled:
        return (
            f"cannot be broken within {proof.depth} cycles of reset; more takes too long to prove"
        )
    if not proof.is_proven:
        return "not proven, since it depends on products, memories or registers without reset"
    line = "proven for any commands and stalls, no response too many, too late, lost or changed"
    if proof.unfollowed:
        names = ", ".join(f"`{name}`" for name in proof.unfollowed)
        line += f"; not proven that {names} answers in time"
    return f"{line}; memory port likewise" if proof.has_memory else line


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
