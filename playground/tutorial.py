"""The page of the tutorial: its text with the output of the commands in it.

The text, `tutorial/text.md`, is Markdown. Three things in it are filled in:

- Blocks fenced as `console`, whose commands are run (`playground.transcript`).
- Blocks whose fence names a file, relative to the clone: `python FILE | NAME` is a function or
  class of it, `cpp FILE | FIRST | LAST` its lines from one to another, each told by a part of it,
  and `diff FILE FILE` what changed from one to the other.
- `{cycles N}`, `{speedup M N}`, `{layer N INDEX}`, `{cells N}`, `{dsp N}`, `{mhz N}` and the line
  `{summary}`: what the commands left in the files `N.json` and `N-area.json`.
"""

from __future__ import annotations

__all__ = ["STEPS", "tutorial_page", "tutorial_totals"]

import ast
import difflib
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playground.transcript import CLONE, Shell, Tell, fill_blocks, stand_in
from profiles import Profile, load_profile
from soc.synthesis import ResourceKind, SynthReport
from toolchain import PlaygroundError

_TEXT = Path("tutorial", "text.md")

STEPS = (
    "TensorFlow Lite Micro's kernels",
    "an instruction, as `cfu new` writes it",
    "accumulators in the CFU, loads in groups",
    "kernels for the other layers",
    "requantization in hardware",
    "a buffer for inputs",
)
"""What was done in each step, in their order; the first one is the baseline."""

_HEAD = """\
<!-- Written by `cfu bench tutorial --write docs/tutorial.md` from tutorial/text.md: edit that. -->
"""
_VALUE = re.compile(r"\{([a-z]+)((?: \d+)*)\}")


def tutorial_page(*, tell: Tell = lambda command: None) -> str:
    """Return the page as Markdown, after running every command in it in a scratch directory.

    Parameters
    ----------
    tell
        Called with each command before it is run.

    Raises
    ------
    PlaygroundError
        If a command fails, or the text asks for what is not there.
    """
    text = (CLONE / _TEXT).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="cfu-tutorial-") as directory:
        stand_in(Path(directory))
        Path(directory, "tutorial").symlink_to(CLONE / "tutorial")
        shell = Shell(Path(directory), source=_TEXT, tell=tell)
        parts = fill_blocks(text, shell, other=_excerpt)
        results = _Results(shell.directory)
        parts[::2] = [_VALUE.sub(lambda found: _value(found, results), part) for part in parts[::2]]
    return _HEAD + "".join(parts)


def tutorial_totals(page: str) -> tuple[int, ...]:
    """Return the cycles of each step, the baseline first, read back from a page."""
    rows = re.findall(r"^\| \d \| [^|]+ \| ([\d,]+) \|", page, re.MULTILINE)
    return tuple(int(row.replace(",", "")) for row in rows)


def _excerpt(language: str, arguments: str, body: str) -> str:
    if not arguments:
        return body
    if language == "diff":
        before, after = arguments.split()
        return _diff(before, after)
    name, *limits = (part.strip() for part in arguments.split("|"))
    text = (CLONE / name).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    if len(limits) == 1:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == limits[0]:
                return "".join(lines[node.lineno - 1 : node.end_lineno])
        raise PlaygroundError(f"`{name}` has no `{limits[0]}` to show in the tutorial")
    begin = _find(lines, limits[0], name)
    return "".join(lines[begin : _find(lines, limits[1], name, begin) + 1])


def _find(lines: Sequence[str], part: str, name: str, begin: int = 0) -> int:
    for number in range(begin, len(lines)):
        if part in lines[number]:
            return number
    raise PlaygroundError(f"`{name}` has no line with `{part}` to show in the tutorial")


def _diff(before: str, after: str) -> str:
    old, new = (
        (CLONE / name).read_text(encoding="utf-8").splitlines(keepends=True)
        for name in (before, after)
    )
    return "".join(difflib.unified_diff(old, new, before, after, n=2))


@dataclass(frozen=True)
class _Results:
    """What the session's commands saved, by the number of the step."""

    directory: Path

    def profile(self, step: int) -> Profile:
        return load_profile(self.directory / f"{step}.json")

    def area(self, step: int) -> SynthReport | None:
        path = self.directory / f"{step}-area.json"
        if not path.is_file():
            return None
        return SynthReport.model_validate_json(path.read_text(encoding="utf-8"))

    def count(self, step: int, kind: ResourceKind) -> int:
        report = self.area(step)
        return sum(r.used for r in report.resources if r.kind is kind) if report else 0

    def megahertz(self, step: int) -> str:
        report = self.area(step)
        return f"{report.fmax_hz / 1e6:.1f}" if report and report.fmax_hz else ""

    def speedup(self, before: int, after: int) -> str:
        return f"{self.profile(before).total_cycles / self.profile(after).total_cycles:.2f}"


def _value(found: re.Match[str], results: _Results) -> str:
    name, numbers = found[1], [int(number) for number in found[2].split()]
    match name, numbers:
        case "summary", []:
            return _summary(results)
        case "cycles", [step]:
            return f"{results.profile(step).total_cycles:,}"
        case "layer", [step, index]:
            return f"{results.profile(step).layers[index].cycles:,}"
        case "speedup", [before, after]:
            return results.speedup(before, after)
        case "cells", [step]:
            return f"{results.count(step, ResourceKind.LOGIC_CELLS):,}"
        case "dsp", [step]:
            return f"{results.count(step, ResourceKind.DSP)}"
        case "mhz", [step]:
            return results.megahertz(step)
    raise PlaygroundError(f"the tutorial's text asks for `{found[0]}`, which is not known")


def _summary(results: _Results) -> str:
    """Return the table of the steps."""
    lines = [
        "| step | what | cycles | speedup | logic cells | DSP | block RAM | MHz |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    hardware = 0  # the step whose CFU is used
    for step, what in enumerate(STEPS):
        hardware = step if results.area(step) is not None else hardware
        kinds = (ResourceKind.LOGIC_CELLS, ResourceKind.DSP, ResourceKind.BRAM)
        area = [f"{results.count(hardware, kind):,}" if hardware else "" for kind in kinds]
        cells = [
            str(step),
            what,
            f"{results.profile(step).total_cycles:,}",
            f"{results.speedup(0, step)}×",
            *area,
            results.megahertz(hardware),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
