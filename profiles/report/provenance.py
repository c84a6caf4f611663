"""Where every number of a report is from."""

from __future__ import annotations

__all__ = ["provenance_tables"]

from collections.abc import Sequence

from profiles.profile import Profile
from profiles.report.content import ReportRun
from profiles.report.markup import Markup, clean, element, joined

_DIGEST_LENGTH = 16


def provenance_tables(runs: Sequence[ReportRun]) -> Markup:
    """Return for each run what ran, with which tools, and the command that runs it again."""
    return joined([_run(position, run) for position, run in enumerate(runs)])


def _run(position: int, run: ReportRun) -> Markup:
    facts = {"from": run.origin, **run.facts, **_facts(run.profile)}
    rows = [
        element("tr", element("th", name, scope="row"), element("td", clean(text, limit=1000)))
        for name, text in facts.items()
        if text
    ]
    command = (
        element("p", "To run the same again:", element("pre", clean(run.command, limit=1000)))
        if run.command
        else None
    )
    return element(
        "section",
        element("h3", clean(f"#{position} {run.profile.title} ({run.name})")),
        command,
        element("div", element("table", *rows, class_="facts"), class_="wide", tabindex=0),
        class_="run",
    )


def _facts(profile: Profile) -> dict[str, str]:
    sources = profile.sources
    cfu = profile.cfu
    compiler = profile.compiler
    confirmed = profile.confirmed_by
    facts = {
        "date": f"{profile.date:%Y-%m-%d %H:%M:%S %Z}"
        + (", from the record of a simulation before" if profile.recorded else ""),
        "model": f"{profile.model.name}, SHA-256 {_short(profile.model.digest)}",
        "CFU": f"{cfu.name}, Verilog {_short(cfu.digest)}" if cfu.digest else cfu.name,
        "kernels": f"{', '.join(profile.kernels)}, {_short(profile.kernels_digest)}"
        if profile.kernels
        else "TensorFlow Lite Micro's own",
        "board": f"{profile.board}, CPU {profile.cpu}, {profile.clock_hz / 1e6:g} MHz",
        "memory": profile.memory.note,
        "cycles": f"{_source(sources.cycles)}, {profile.simulator.name} "
        f"{profile.simulator.version}"
        + (f"; confirmed by {confirmed.name} {confirmed.version}" if confirmed else ""),
        "instructions": _source(sources.instructions),
        "MACs": _source(sources.macs),
        "sizes": _source(sources.sizes),
        "exactness": _exactness(profile),
        "compiler": f"{compiler.name} {compiler.version} {' '.join(compiler.flags)}",
        "inputs": ", ".join(f"{file.name} {_short(file.digest)}" for file in profile.inputs),
        "tools": ", ".join(f"{name} {version}" for name, version in profile.tools.items()),
    }
    report = profile.synthesis
    if report is not None:
        seed = f", seed {report.seed}" if report.seed is not None else ""
        tools = ", ".join(f"{name} {version}" for name, version in report.tools.items())
        facts["area, clock"] = f"{report.provenance} on {report.device}, {tools}{seed}"
    return facts


def _exactness(profile: Profile) -> str:
    if profile.bit_exact:
        return f"all {len(profile.layers)} layers equal TensorFlow Lite Micro's, byte for byte"
    wrong = len(profile.mismatched_layers)
    return f"{wrong} layers DIFFER from TensorFlow Lite Micro's" if wrong else "not all compared"


def _source(source: str) -> str:
    meaning = {
        "rtl": "rtl (counted by the simulated registers and wires)",
        "fast": "fast (counted by the fast cycle-exact simulator)",
        "board": "board (counted on a real one)",
        "model": "model (computed from the .tflite file)",
        "elf": "elf (read from the linked program)",
        "host": "host (measured on this machine)",
    }
    return meaning.get(str(source), str(source))


def _short(hexadecimal: str) -> str:
    return hexadecimal[:_DIGEST_LENGTH]
