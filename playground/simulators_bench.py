"""The page of simulators: whether the fast one counts as the RTL does, and how fast both are."""

from __future__ import annotations

__all__ = [
    "SimulatorsBenchmark",
    "fast_cfus",
    "measure_simulators",
    "read_counts",
    "simulators_json",
    "simulators_page",
]

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boards import find_board
from gateware import load_cfu, shipped_cfus
from playground.design import FAST_SIMULATOR, NO_CFU, RTL_SIMULATOR, Design
from playground.flow import run_design
from playground.markdown import table_section
from playground.names import unknown_name
from playground.progress import Progress
from playground.resolve import Choices, resolve
from profiles import Profile, profile_json, require_exact
from sim.fast_soc import fast_refusal
from toolchain import ArtifactCache, PlaygroundError

_COUNTS = re.compile(r"^\| (\w+) \| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|", re.MULTILINE)


@dataclass(frozen=True)
class SimulatorsBenchmark:
    """A model and a CFU on both simulators.

    Attributes
    ----------
    cfu
        Name of a CFU that comes along, with its kernels; "none" for TensorFlow Lite Micro's.
    """

    cfu: str
    fast: Profile
    rtl: Profile

    @property
    def cycles_apart(self) -> int:
        """Added up over the layers, whichever simulator counts more."""
        layers = zip(self.fast.layers, self.rtl.layers, strict=True)
        return sum(abs(fast.cycles - rtl.cycles) for fast, rtl in layers)

    @property
    def times_as_fast(self) -> float | None:
        """Wall time of the RTL's run over the fast simulator's, `None` if unknown."""
        slow, fast = (each.wall_seconds.get("simulate", 0.0) for each in (self.rtl, self.fast))
        return slow / fast if fast else None

    def megahertz(self, profile: Profile) -> float | None:
        """Return the cycles that one of the simulators did in a microsecond of wall time."""
        return None if profile.simulated_hz is None else profile.simulated_hz / 1e6

    def mips(self, profile: Profile) -> float | None:
        """Return the instructions that one of the two did in a microsecond of wall time.

        Only the fast one counts those outside the layers; they are the same for both.
        """
        seconds = profile.wall_seconds.get("simulate", 0.0)
        count = self.fast.simulated_instructions
        return count / seconds / 1e6 if seconds and count else None


def fast_cfus(names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return CFUs that the fast simulator is for: those of some names, or all that come along.

    "none" comes first unless names are given.

    Raises
    ------
    PlaygroundError
        If a name is unknown, or the fast simulator is not for it.
    """
    board = find_board(Design.board)
    every = (NO_CFU, *shipped_cfus())
    for name in names or ():
        if name not in every:
            raise unknown_name("CFU", name, every, listed_by="cfu list cfus")
    chosen = []
    for name in names or every:
        refusal = fast_refusal(board, load_cfu(name, directory=Path()).spec.ports)
        if refusal is None:
            chosen.append(name)
        elif names is not None:
            raise PlaygroundError(
                f"there is nothing to compare of `{name}`: {refusal}",
                hint="leave it out of `--cfus`",
            )
    return tuple(chosen)


def measure_simulators(
    models: Iterable[str],
    cfus: Sequence[str],
    *,
    cache: ArtifactCache,
    progress: Callable[[str], Progress],
) -> tuple[SimulatorsBenchmark, ...]:
    """Simulate every model with every CFU on both simulators, whatever the cache has of it.

    Parameters
    ----------
    models
        Names of models that are here.
    progress
        Called with what is measured.

    Raises
    ------
    PlaygroundError
        If a run fails or is not bit-exact. That counts differ is no error, but a figure.
    """
    found = []
    for model in models:
        for cfu in cfus:
            choices = Choices(directory=Path.cwd(), model=model, cfu=cfu)
            design = replace(resolve(choices, project=None), fresh=True)
            fast, rtl = (
                require_exact(
                    run_design(
                        replace(design, simulator=name),
                        cache=cache,
                        progress=progress(f"{model}, {cfu}, {name}"),
                    )
                )
                for name in (FAST_SIMULATOR, RTL_SIMULATOR)
            )
            found.append(SimulatorsBenchmark(cfu=cfu, fast=fast, rtl=rtl))
    return tuple(found)


def simulators_page(benchmarks: Sequence[SimulatorsBenchmark], *, command: str) -> str:
    """Return the Markdown page.

    Parameters
    ----------
    command
        What measures the same again.
    """
    rows = [
        [
            each.rtl.model.name,
            f"`{each.cfu}`",
            f"{each.rtl.total_cycles:,}",
            f"{each.fast.total_cycles:,}",
            f"{each.cycles_apart:,}",
            *(_figure(each.megahertz(profile)) for profile in (each.rtl, each.fast)),
            *(_figure(each.mips(profile)) for profile in (each.rtl, each.fast)),
            "" if each.times_as_fast is None else f"{each.times_as_fast:.1f}×",
        ]
        for each in benchmarks
    ]
    header = ["model", "CFU", "cycles, rtl", "cycles, fast", "apart"]
    header += ["MHz, rtl", "MHz, fast", "MIPS, rtl", "MIPS, fast", "times as fast"]
    return "\n".join(
        [
            _HEAD.format(command=command),
            _conditions(benchmarks),
            *table_section("Counts and speed", header, rows, right=2),
            _LEGEND,
        ]
    )


def read_counts(page: str) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Return the cycles of the RTL and of the fast simulator by CFU and model, from a page."""
    return {
        (cfu, model): (int(rtl.replace(",", "")), int(fast.replace(",", "")))
        for model, cfu, rtl, fast in _COUNTS.findall(page)
    }


def simulators_json(benchmarks: Sequence[SimulatorsBenchmark]) -> list[dict[str, Any]]:
    """Return the same as JSON-able values."""
    return [
        {
            "model": each.rtl.model.name,
            "cfu": each.cfu,
            "cycles_apart": each.cycles_apart,
            "times_as_fast": each.times_as_fast,
            **{
                name: {
                    "mhz": each.megahertz(profile),
                    "mips": each.mips(profile),
                    "profile": profile_json(profile),
                }
                for name, profile in (("fast", each.fast), ("rtl", each.rtl))
            },
        }
        for each in benchmarks
    ]


_HEAD = """\
# Simulators

Written by `{command}`; do not edit.

`--simulator verilator` simulates the registers and wires of the whole system, and is the truth that
every count is held to. `--simulator fast` goes through the program instruction by instruction. It
knows how VexRiscv's pipeline and caches, LiteX's bus and block RAM let cycles pass, and drives the
CFU's own Verilog, so that its counts are the same. It is for systems of block RAM, such as board
`sim` and any board with `--ideal-memory`, and for CFUs without a scratchpad.

A run that names no simulator takes `fast` where it can, and says so where it cannot. `--trace`
takes `verilator`. `cfu run --both` simulates with both and insists on the same cycles, instructions
and outputs of every layer. What `fast` sees and hardware does not is an error: a load, store or
jump to where no memory is, a store to ROM, and a stack that grows into variables. What hardware
does and `fast` does not: stores that a kernel has not published may still wait in the CPU when a
CFU reads memory by itself ([memory_port.md](memory_port.md)); here they are there at once.
"""
_LEGEND = """\
Cycles are those of one inference, by the CPU's own counter; `apart` adds up how far the two are
from each other in each layer. MHz are simulated cycles, and MIPS ended instructions, in a
microsecond of wall time (host). Start-up and communication are included; both runs are new ones,
one after the other. `cfu run MODEL --cfu CFU --both --fresh` does one row.

## What the RTL's speed is made of

Nearly all of the Verilated SoC's time is one function, straight code for all that a cycle changes,
without a hot spot. Verilator's locks around an evaluation are left out, memories are filled before
the first one so that none is read again, and reset comes from a register, as what depends on a pin
is evaluated twice. What is tried and not kept, as it gains little or nothing: leaving out the
evaluation of the falling edge, other optimization levels, the host's own instruction set (whose
program runs on one kind of processor only), GCC with and without a profile of the same run, and two
threads. Clang's own PGO needs a run-time library that is in no wheel.
"""


def _conditions(benchmarks: Sequence[SimulatorsBenchmark]) -> str:
    first = benchmarks[0]
    rtl, compiler = first.rtl, first.rtl.compiler
    return (
        f"- rtl: {rtl.simulator.name} {rtl.simulator.version}; fast: {first.fast.simulator.name} "
        f"{first.fast.simulator.version}\n"
        f"- CPU `{rtl.cpu}`, board `{rtl.board}`, {rtl.memory.note}\n"
        f"- compiler: {compiler.name} {compiler.version}, the same firmware for both\n"
        f"- every layer of every run is bit-exact with TensorFlow Lite Micro\n"
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
