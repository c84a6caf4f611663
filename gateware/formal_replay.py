"""Whether a CFU as it is does what its abstraction may do: a trace, simulated again."""

from __future__ import annotations

__all__ = ["Replay", "replay"]

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateware.formal_bench import BENCH, TRACED
from gateware.spec import CfuSpec
from gateware.verilated import compile_model
from toolchain import ArtifactCache, Tool, run_tool, verilator

_MAIN = """
#include "Vtop.h"

int main() {
  Vtop top;
  for (int cycle = 0; cycle < CYCLES; ++cycle) {
    top.clk = 0;
    top.eval();
    top.clk = 1;
    top.eval();
  }
}
"""
_LINE = re.compile(r"^cycle((?: [0-9a-fx]+)+)$", re.MULTILINE)


@dataclass(frozen=True)
class Replay:
    """What happened.

    Attributes
    ----------
    broken
        Names of the rules that were broken, none if the trace is none of the CFU as it is.
    cycles
        The bus in each cycle after reset, a line each.
    is_stuck
        Whether no command was accepted in all the cycles after that.
    """

    broken: tuple[str, ...]
    cycles: tuple[str, ...]
    is_stuck: bool


def replay(
    spec: CfuSpec,
    sources: Sequence[str],
    free: Sequence[Mapping[str, int]],
    widths: Mapping[str, int],
    rules: Sequence[str],
    *,
    more_cycles: int = 0,
    cache: ArtifactCache,
    directory: Path,
) -> Replay:
    """Simulate the bench with what it is free to choose given for each cycle.

    Parameters
    ----------
    sources
        Verilog files in `directory`, of the CFU and the bench.
    free
        Values of the bench's free inputs in each cycle from reset on.
    widths
        Of these inputs.
    rules
        By the bits of the bench's output `broken`.
    more_cycles
        For how long to go on after those, with responses taken and memory answering.
    """
    (directory / "replay.v").write_text(_verilog(free, widths, len(rules)))
    cycle_count = str(len(free) + 1 + more_cycles)
    (directory / "replay.cc").write_text(_MAIN.replace("CYCLES", cycle_count))
    what = f"simulating CFU `{spec.name}`"
    arguments = ["--cc", "--vpi", "--prefix", "Vtop", "--top-module", "replay", "-Mdir", "model"]
    arguments += ["-Wno-fatal", "-Wno-lint", "-Wno-style", *sources, "replay.v"]
    run_tool(verilator(), arguments, cwd=directory, what=what)
    compile_model(directory, Path("replay.cc"), output="replay", cache=cache, what=what)
    program = Tool("the simulation", (str(directory / "replay"),), version="")
    said = run_tool(program, [], cwd=directory, what=what)
    cycles: list[str] = []
    mask = 0
    names = {i.function_id: i.name for i in spec.instructions}
    lines = iter(_LINE.findall(said))
    for line in lines:
        values = _values(line)
        mask |= int(values["broken"], 16)
        if values["running"] == "1":
            cycles.append(_told(len(cycles), values, names))
        if mask:
            break
    broken = tuple(rule for bit, rule in enumerate(rules) if mask >> bit & 1)
    # That a rule is broken shows in the cycle after.
    accepted = any(_values(line)["cmd_ready"] == "1" for line in lines)
    return Replay(broken, tuple(cycles[:-1]), is_stuck=not accepted)


def _values(line: str) -> Mapping[str, str]:
    return dict(zip(("broken", "running", *TRACED), line.split(), strict=True))


def _told(cycle: int, values: Mapping[str, str], names: Mapping[int, str]) -> str:
    parts = []
    if values["cmd_valid"] == "1":
        function_id = int(values["function_id"], 16)
        name = names.get(function_id, f"unknown id {function_id}")
        state = "accepted" if values["cmd_ready"] == "1" else "waits"
        parts.append(f"command `{name}` 0x{values['in0']} 0x{values['in1']} {state}")
    if values["rsp_valid"] == "1":
        state = "taken" if values["rsp_ready"] == "1" else "waits"
        parts.append(f"response 0x{values['payload']} {state}")
    return f"cycle {cycle}: " + ("; ".join(parts) or "nothing")


def _word(values: Mapping[str, int], widths: Mapping[str, int]) -> int:
    """Return values side by side, the first one in the lowest bits."""
    word = 0
    for name in reversed(list(widths)):
        word = word << widths[name] | values.get(name, 0)
    return word


def _verilog(free: Sequence[Mapping[str, int]], widths: Mapping[str, int], rules: int) -> str:
    total = sum(widths.values())
    later = {name: 1 for name in ("free_takes", "free_acknowledges") if name in widths}
    cases = [
        f"    {cycle}: free = {total}'h{_word(values, widths):x};"
        for cycle, values in enumerate(free)
    ]
    pins, low = [], 0
    for name, width in widths.items():
        pins.append(f".{name}(free[{low} +: {width}])")
        low += width
    traced = "\n".join(f"  wire [{width - 1}:0] {name};" for name, width in TRACED.items())
    shown = ", ".join(("broken", "running", *TRACED))
    formats = " ".join(["%h"] * (2 + len(TRACED)))
    pins += [f".{name}({name})" for name in ("broken", "running", *TRACED)]
    return f"""module replay(input clk);
  reg [31:0] cycle = 0;
  always @(posedge clk) cycle <= cycle + 1;
  reg [{total - 1}:0] free;
  always @* case (cycle)
{chr(10).join(cases)}
    default: free = {total}'h{_word(later, widths):x};
  endcase
  wire [{rules - 1}:0] broken;
  wire running;
{traced}
  {BENCH} bench(.clk(clk), {", ".join(pins)});
  always @(posedge clk) $display("cycle {formats}", {shown});
endmodule
"""
