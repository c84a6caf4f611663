"""Draws the timing diagrams of docs/cfu.md from a simulation of the whole SoC.

    .venv/bin/python docs/timing/draw.py

runs the project beside this file in the SoC with VexRiscv, under cocotb, and writes what was on the
CFU's bus to `bus.json` and, as pictures, to `docs/images/`. A minute or two.
"""

from __future__ import annotations

__all__ = ["PICTURES", "draw", "record"]

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

_HERE = Path(__file__).parent
_RECORD = _HERE / "bus.json"
_IMAGES = _HERE.parent / "images"

PICTURES = {
    "add_now": "timing_latency_0.svg",
    "add_1": "timing_latency_1.svg",
    "add_4": "timing_latency_4.svg",
    "add_slowly": "timing_back_pressure.svg",
}
"""File of each instruction's picture."""

Cycle = dict[str, int]


def record() -> dict[str, list[Cycle]]:
    """Simulate, and return the bus cycles of each instruction's second three commands."""
    from gateware.load import load_cfu, load_model
    from gateware.stimulus import BusInputs, BusOutputs
    from playground.api import load_design
    from playground.built import build_design
    from playground.inputs import read_inputs
    from playground.progress import Silent
    from sim.cocotb_soc.program import build_cocotb_soc
    from sim.cocotb_soc.session import run_in_soc
    from toolchain import ArtifactCache

    cache = ArtifactCache.default()
    design = load_design(project=_HERE)
    built = build_design(design, cache=cache, progress=Silent())
    seen: dict[int, Cycle] = {}

    def watch(number: int, inputs: BusInputs, outputs: BusOutputs) -> None:
        seen[number] = {
            "cmd_valid": inputs.cmd_valid,
            "cmd_ready": outputs.cmd_ready,
            "function_id": inputs.function_id,
            "inputs_0": inputs.in0,
            "rsp_valid": outputs.rsp_valid,
            "rsp_ready": inputs.rsp_ready,
            "outputs_0": outputs.result,
        }

    session = run_in_soc(
        build_cocotb_soc(built.soc, built.cfu, cache=cache),
        built.soc,
        built.image,
        read_inputs(built.model, design.inputs).inferences[0],
        cfu=built.cfu,
        model=load_model(design.cfu, directory=design.cfu_directory),
        answers_zero=True,
        patience_cycles=1000,
        max_cycles=10_000_000,
        watch=watch,
    )
    if not session.bus.passed:
        sys.exit("\n".join(session.bus.failures))
    spec = load_cfu(design.cfu, directory=design.cfu_directory).spec
    return {
        name: _second_burst(seen, function_id)
        for function_id, name in ((i.function_id, i.name) for i in spec.instructions)
    }


def _second_burst(seen: dict[int, Cycle], function_id: int) -> list[Cycle]:
    """Return the cycles from an instruction's fourth command to the answer of its sixth."""
    quiet = {"cmd_valid": 0, "rsp_valid": 0}
    accepted = [
        number
        for number, cycle in sorted(seen.items())
        if cycle["cmd_valid"] and cycle["cmd_ready"] and cycle["function_id"] == function_id
    ]
    number = accepted[2] + 1
    while not seen.get(number, quiet)["cmd_valid"] or seen[number]["function_id"] != function_id:
        number += 1
    cycles: list[Cycle] = []
    answers = 0
    while answers < 3:
        cycle = seen.get(number, quiet)
        answers += bool(cycle["rsp_valid"] and cycle["rsp_ready"])
        cycles.append(cycle)
        number += 1
    return cycles


@dataclass(frozen=True)
class _Row:
    label: str
    valid: str  # the signal that tells whether there is a value
    value: str | None = None  # a signal with a value, not just high or low


_ROWS = (
    _Row("cmd_valid", "cmd_valid"),
    _Row("cmd_ready", "cmd_ready"),
    _Row("cmd_payload_inputs_0", "cmd_valid", "inputs_0"),
    _Row("rsp_valid", "rsp_valid"),
    _Row("rsp_ready", "rsp_ready"),
    _Row("rsp_payload_outputs_0", "rsp_valid", "outputs_0"),
)
_LABELS, _WIDTH, _HEIGHT, _HIGH = 170, 44, 30, 18


def draw(cycles: list[Cycle]) -> str:
    """Return the SVG of some cycles, with one empty cycle before and after them.

    `ready` is left out where it means nothing, as nothing is offered.
    """
    padded: list[Cycle] = [{}, *cycles, {}]
    width = _LABELS + _WIDTH * len(padded) + 10
    height = _HEIGHT * (len(_ROWS) + 1) + 14
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="12">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>',
    ]
    for index in range(len(padded)):
        x = _LABELS + _WIDTH * index
        parts.append(f'<path d="M{x} 24V{height - 8}" stroke="#ddd"/>')
        if 0 < index <= len(cycles):
            parts.append(_text(x + _WIDTH / 2, 18, str(index - 1), colour="#777"))
    for number, row in enumerate(_ROWS):
        low = _HEIGHT * (number + 2) - 6
        parts.append(_text(_LABELS - 10, low - 4, row.label, anchor="end"))
        if row.value is None:
            parts.append(_levels(padded, row.valid, low))
        else:
            parts.extend(_values(padded, row, low))
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, *, anchor: str = "middle", colour: str = "#222") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _levels(cycles: list[Cycle], signal: str, low: int) -> str:
    path, before = "", None
    for index, cycle in enumerate(cycles):
        is_meant = signal.endswith("valid") or cycle.get(signal.replace("ready", "valid"))
        level = cycle.get(signal, 0) if is_meant else None
        x = _LABELS + _WIDTH * index
        if level is not None:
            y = low - _HIGH * level
            path += f"{'M' if before is None else 'L'}{x} {y}H{x + _WIDTH}"
        before = level
    return f'<path d="{path}" fill="none" stroke="#222" stroke-width="1.6"/>'


def _values(cycles: list[Cycle], row: _Row, low: int) -> list[str]:
    parts = []
    index = 0
    ready = row.valid.replace("valid", "ready")
    while index < len(cycles):
        end = index + 1
        if not cycles[index].get(row.valid):
            index = end
            continue
        # Until it is taken, the same value is offered.
        while not cycles[end - 1][ready] and end < len(cycles) and cycles[end].get(row.valid):
            end += 1
        left, right = _LABELS + _WIDTH * index, _LABELS + _WIDTH * end
        value = cycles[index][row.value or ""]
        middle, high = low - _HIGH / 2, low - _HIGH
        parts.append(
            f'<path d="M{left} {middle:g}L{left + 4} {high}H{right - 4}L{right} {middle:g}'
            f'L{right - 4} {low}H{left + 4}Z" fill="#d5e8ff" stroke="#222"/>'
        )
        parts.append(_text((left + right) / 2, low - 5, str(value)))
        index = end
    return parts


def main() -> None:
    """Simulate and draw."""
    recorded = record()
    _RECORD.write_text(json.dumps(recorded, indent=1) + "\n")
    for name, file in PICTURES.items():
        (_IMAGES / file).write_text(draw(recorded[name]))


if __name__ == "__main__":
    main()
