"""The tests every project has without writing any: of its CFU and of its kernels."""

from __future__ import annotations

__all__ = ["check_project"]

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateware.formal import HandshakeProof, prove_cfu
from gateware.formal_rules import RULES
from gateware.testing import CheckReport, check_cfu
from playground.commands.run import execute
from playground.console import Output
from playground.coverage_table import coverage_table
from playground.design import NO_CFU, Design
from playground.progress import ConsoleProgress
from playground.project_tests import run_project_tests
from playground.resolve import project_design
from playground.soc_check import SocCheck, check_in_soc
from profiles import Profile
from toolchain import ArtifactCache, PlaygroundError

_COMMANDS = 1000


def check_project(
    directory: Path,
    output: Output,
    *,
    in_soc: bool = False,
    soc_model: str | None = None,
    as_json: bool = False,
) -> None:
    """Check a project's CFU against its Python model and its bus, then its kernels bit for bit.

    Prints a line for each check that passes, and which commands the CFU was sent.

    Parameters
    ----------
    in_soc
        Whether to run an inference on the whole SoC under cocotb, too.
    soc_model
        Of that inference; a small one unless it is named.
    as_json
        Whether to print JSON instead, at the end.

    Raises
    ------
    PlaygroundError
        For the first that fails.
    """
    design = project_design(directory)
    show = Output.show if not as_json else _show_nothing
    found: dict[str, Any] = {"cfu": design.cfu}
    reports: tuple[CheckReport, ...] = ()
    if design.cfu != NO_CFU:
        reports = _check_cfu(design, output)
        show(output, _cfu_line(design, reports))
        proof = _prove_handshake(design, output)
        show(output, f"handshake: {_proof_line(proof)}")
        found |= {"checks": [asdict(report) for report in reports], "handshake": asdict(proof)}
    soc = _check_in_soc(directory, soc_model, output) if in_soc else None
    if soc is not None:
        show(output, _soc_line(soc))
        found["soc"] = {
            "model": soc.model,
            "cycles": soc.session.cycles,
            "layers": [asdict(layer) for layer in soc.session.layers],
            "check": asdict(soc.session.bus),
        }
    if reports:
        show(output, coverage_table(reports[0], soc.session.bus if soc is not None else None))
    profile = execute(design, output, subject=directory.name)
    show(output, _kernels_line(profile, design))
    tests = run_project_tests(directory)
    if tests is not None:
        show(output, f"tests: {tests}")
        found["tests"] = tests
    if as_json:
        layers = {str(layer.index): layer.kernel for layer in profile.layers}
        output.show_json(found | {"kernels": {"model": profile.model.name, "layers": layers}})


def _show_nothing(output: Output, *renderables: object) -> None:
    pass


def _check_cfu(design: Design, output: Output) -> tuple[CheckReport, ...]:
    """Return the reports of a CFU that passes."""
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
            hint = "correct the hardware or its `model`, whichever is wrong; the commands and "
            if report.failures[0].startswith("no command is "):
                hint = "let the CFU's `stimulus` send every instruction; the commands and "
            raise PlaygroundError(
                f"the CFU `{design.cfu}` fails its check in {report.simulator}: "
                f"{report.failures[0]}",
                hint=f"{hint}stalls are those of seed {report.seed} every time",
                details="\n".join(report.failures[1:]) or None,
            )
    return reports


def _cfu_line(design: Design, reports: tuple[CheckReport, ...]) -> str:
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


def _check_in_soc(directory: Path, model: str | None, output: Output) -> SocCheck:
    progress = ConsoleProgress(output.messages, subject="SoC")
    return check_in_soc(directory, model, cache=ArtifactCache.default(), progress=progress)


def _soc_line(soc: SocCheck) -> str:
    session = soc.session
    line = (
        f"SoC: `{soc.model}` under cocotb in {session.cycles:,} cycles, output like TensorFlow "
        "Lite Micro's"
    )
    if not session.bus.commands:
        return f"{line}; the kernels sent the CFU no command for it"
    line += f"; {session.bus.commands:,} commands by the rules of the bus"
    return f"{line}, answered like the model" if session.bus.has_model else line


def _prove_handshake(design: Design, output: Output) -> HandshakeProof:
    """Return the proof for a CFU that breaks no rule."""
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
    return proof


def _proof_line(proof: HandshakeProof) -> str:
    if proof.obstacle is not None:
        return f"not proven, since Yosys does not read the CFU: {proof.obstacle}"
    if not proof.is_settled:
        return (
            f"cannot be broken within {proof.depth} cycles of reset; more takes too long to prove"
        )
    if not proof.is_proven:
        return "not proven, since it depends on products, memories or registers without reset"
    accepted = "every command accepted, " if proof.is_accepting else ""
    line = f"proven for any commands and stalls, {accepted}no response too many, too late, lost"
    line += " or changed"
    if not proof.is_accepting:
        line += "; not proven that every command is accepted"
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
