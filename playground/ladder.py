"""The ladder: every rung, from the reference kernels to the largest CFU, on every model."""

from __future__ import annotations

__all__ = [
    "DRAM_BOARD",
    "ECP5",
    "FPGAS",
    "UP5K",
    "UP5K_MODEL",
    "Fpga",
    "Ladder",
    "Refusal",
    "Rung",
    "ladder_rungs",
    "measure_ladder",
    "rung_design",
]

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateware import shipped_cfus
from gateware.load import make_cfu
from playground.advising import advise_design
from playground.catalog import CatalogModel
from playground.design import NO_CFU, RTL_SIMULATOR, Design
from playground.flow import run_design
from playground.progress import Progress
from playground.resolve import NO_KERNELS, Choices, resolve, shipped_kernels
from playground.synthesis import HardwareDesign, synthesize_design
from profiles import Profile, require_exact
from profiles.advice import Advice
from soc.synthesis import DoesNotFit, SynthReport
from toolchain import ArtifactCache, PlaygroundError, ToolFailed, ToolMissing

DRAM_BOARD = "arty_a7_35"
UP5K_MODEL = "kws01"
_UP5K_PLACE = "kernels=sram,weights=sram"
_DRAM_RUNGS = 3
_SEEDS = (1, 2)

Tell = Callable[[str], Progress]


@dataclass(frozen=True)
class Rung:
    """A CFU and the kernels it runs with.

    Attributes
    ----------
    cfu
        Name of a CFU that comes along; "none" for no CFU.
    kernels
        As `cfu run --kernels` takes it; `None` for those of the CFU.
    teaches
        What it shows, in one line.
    """

    name: str
    cfu: str
    kernels: str | None
    teaches: str


_TFLM = Rung(
    "tflm", NO_CFU, NO_KERNELS, "where everybody begins: TensorFlow Lite Micro's reference kernels"
)
_PORTABLE = Rung("portable", NO_CFU, "portable", "what better C++ gives by itself, without a CFU")


@dataclass(frozen=True)
class Fpga:
    """An FPGA that CFUs are synthesized for.

    Attributes
    ----------
    board
        A board with it.
    is_placed
        Whether systems can be placed here, so that they have a clock frequency.
    smaller_cpu
        To be taken if a CFU does not fit beside the board's own CPU.
    """

    title: str
    board: str
    is_placed: bool
    smaller_cpu: str | None = None


UP5K = Fpga("iCE40 UP5K", "fomu", is_placed=True, smaller_cpu="min:instruction_cache=2048")
ECP5 = Fpga("ECP5", "ulx3s", is_placed=True)
FPGAS = (UP5K, ECP5, Fpga("Xilinx 7", DRAM_BOARD, is_placed=False))


@dataclass(frozen=True)
class Refusal:
    """Why there is no figure."""

    reason: str


Synthesized = SynthReport | Refusal


@dataclass(frozen=True)
class Ladder:
    """What was measured.

    Attributes
    ----------
    models
        Names and one line about each.
    ideal
        Profiles on board `sim` by rung and model.
    gcc
        Profiles of the reference kernels there, compiled by GCC, by model.
    alone, systems
        Each CFU by itself and in a board's system, by CFU and board.
    up5k
        Profiles of `UP5K_MODEL` on the UP5K's board by rung; empty if it was not among the models.
    dram
        Profiles on `DRAM_BOARD` by rung and model, of the rungs that are fastest on `sim`.
    advice
        On the best rung's run on `sim`, by model.
    """

    rungs: tuple[Rung, ...]
    models: Mapping[str, str]
    ideal: Mapping[tuple[str, str], Profile]
    gcc: Mapping[str, Profile] | Refusal
    alone: Mapping[tuple[str, str], Synthesized]
    systems: Mapping[tuple[str, str], Synthesized]
    up5k: Mapping[str, Profile | Refusal]
    dram: Mapping[tuple[str, str], Profile]
    advice: Mapping[str, Advice]

    def best(self, model: str) -> Rung:
        """Return the rung of fewest cycles on board `sim`; of equals, the lowest."""
        return _best(self.rungs, self.ideal, model)


def ladder_rungs() -> tuple[Rung, ...]:
    """Return the rungs, lowest first: two without a CFU, then the CFUs that declare a `rung`."""
    found = []
    for name in shipped_cfus():
        cfu = make_cfu(name, directory=Path())
        if cfu is not None and cfu.rung is not None:
            found.append((cfu.rung, name, cfu.teaches))
    rungs = [Rung(name, name, None, teaches) for _, name, teaches in sorted(found)]
    return (_TFLM, *([_PORTABLE] if _PORTABLE.name in shipped_kernels() else []), *rungs)


def measure_ladder(
    models: Sequence[CatalogModel],
    rungs: Sequence[Rung],
    *,
    cache: ArtifactCache,
    progress: Tell,
) -> Ladder:
    """Run every rung on every model and synthesize every CFU, or find it all in the cache.

    Parameters
    ----------
    models
        All of them fetched.
    progress
        Called with what is measured: "kws01, simd_mac".

    Raises
    ------
    PlaygroundError
        If a run fails or is not bit-exact. That a CFU does not fit an FPGA is no error, but a
        figure's `Refusal`.
    """
    names = [model.name for model in models]
    measuring = _Measuring(cache, progress)
    ideal = {
        (rung.name, name): measuring.run(rung_design(name, rung), rung.name)
        for name in names
        for rung in rungs
    }
    cfus = tuple(dict.fromkeys(rung.cfu for rung in rungs))
    alone = {
        (cfu, fpga.board): measuring.synthesize(cfu, fpga, cfu_only=True)
        for cfu in cfus
        if cfu != NO_CFU
        for fpga in FPGAS
    }
    systems = {
        (cfu, fpga.board): measuring.synthesize(cfu, fpga)
        for cfu in cfus
        for fpga in FPGAS
        if fpga.is_placed
    }
    fastest = _fastest(rungs, names, ideal)
    return Ladder(
        rungs=tuple(rungs),
        models={model.name: model.summary for model in models},
        ideal=ideal,
        alone=alone,
        systems=systems,
        up5k={
            rung.name: _on_up5k(rung, systems[rung.cfu, UP5K.board], measuring)
            for rung in rungs
            if UP5K_MODEL in names
        },
        dram={
            (rung.name, name): measuring.run(rung_design(name, rung, board=DRAM_BOARD), rung.name)
            for name in names
            for rung in fastest
        },
        gcc=_by_gcc(names, rungs, measuring),
        advice={
            name: advise_design(rung_design(name, best), ideal[best.name, name])
            for name in names
            for best in (_best(rungs, ideal, name),)
        },
    )


@dataclass(frozen=True)
class _Measuring:
    """Runs and syntheses that are told of."""

    cache: ArtifactCache
    progress: Tell

    def run(self, design: Design, rung: str) -> Profile:
        return require_exact(self._run(design, rung))

    def run_if_it_fits(self, design: Design, rung: str) -> Profile | Refusal:
        """Run a design on a board whose memories may be too small for it."""
        try:
            profile = self._run(design, rung)
        except (ToolFailed, ToolMissing):
            raise
        except PlaygroundError as error:
            return Refusal(error.message)
        return require_exact(profile)

    def _run(self, design: Design, rung: str) -> Profile:
        what = f"{design.model.stem}, {rung}"
        if design.board != Design.board:
            what += f", {design.board}"
        return run_design(design, cache=self.cache, progress=self.progress(what))

    def synthesize(self, cfu: str, fpga: Fpga, *, cfu_only: bool = False) -> Synthesized:
        """Synthesize a CFU or its system, which may be tried with a smaller CPU."""
        found = self._synthesize(cfu, fpga, cfu_only=cfu_only, cpu=None)
        if isinstance(found, Refusal) and fpga.smaller_cpu is not None and not cfu_only:
            found = self._synthesize(cfu, fpga, cfu_only=False, cpu=fpga.smaller_cpu)
        return found

    def _synthesize(self, cfu: str, fpga: Fpga, *, cfu_only: bool, cpu: str | None) -> Synthesized:
        """Synthesize a CFU or its system; a system that is too slow is placed more than once."""
        hardware = HardwareDesign(board=fpga.board, cpu=cpu, cfu=cfu, cfu_directory=Path())
        told = self.progress(f"{cfu}, {fpga.title}")
        try:
            report = synthesize_design(hardware, cfu_only=cfu_only, cache=self.cache, progress=told)
            if report.timing_met is False and not cfu_only:
                report = synthesize_design(hardware, seeds=_SEEDS, cache=self.cache, progress=told)
        except DoesNotFit as error:
            return Refusal(f"does not fit: {error.needs}")
        return report


def rung_design(
    model: str,
    rung: Rung,
    *,
    board: str | None = None,
    cpu: str | None = None,
    place: str | None = None,
    compiler: str | None = None,
) -> Design:
    """Return the design that runs a rung on a model, on the RTL; the rest is as in `Choices`.

    Raises
    ------
    PlaygroundError
        If the model is one that has to be fetched first.
    """
    named = Choices(
        directory=Path.cwd(),
        model=model,
        cfu=rung.cfu,
        kernels=rung.kernels,
        board=board,
        cpu=cpu,
        place=place,
        compiler=compiler,
        simulator=RTL_SIMULATOR,
    )
    return resolve(named, project=None)


def _by_gcc(
    names: Sequence[str], rungs: Sequence[Rung], measuring: _Measuring
) -> Mapping[str, Profile] | Refusal:
    """Run the lowest rung, compiled by GCC, if there is one."""
    try:
        return {
            name: measuring.run(
                rung_design(name, rungs[0], compiler="gcc"), f"{rungs[0].name}, gcc"
            )
            for name in names
        }
    except ToolMissing as error:
        return Refusal(error.message)


def _on_up5k(rung: Rung, system: Synthesized, measuring: _Measuring) -> Profile | Refusal:
    if isinstance(system, Refusal):
        return system
    design = rung_design(UP5K_MODEL, rung, board=UP5K.board, cpu=system.cpu, place=_UP5K_PLACE)
    return measuring.run_if_it_fits(design, rung.name)


def _best(rungs: Sequence[Rung], ideal: Mapping[tuple[str, str], Profile], model: str) -> Rung:
    return min(rungs, key=lambda rung: ideal[rung.name, model].total_cycles)


def _fastest(
    rungs: Sequence[Rung], names: Sequence[str], ideal: Mapping[tuple[str, str], Profile]
) -> tuple[Rung, ...]:
    """Return the rungs of fewest cycles, all models weighing the same, in the ladder's order."""

    def cycles(rung: Rung) -> float:
        return sum(math.log(max(1, ideal[rung.name, name].total_cycles)) for name in names)

    chosen = sorted(rungs, key=cycles)[:_DRAM_RUNGS]
    return tuple(rung for rung in rungs if rung in chosen)
