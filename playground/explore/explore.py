"""A search from beginning to end: what `cfu explore` does between its flags and its tables."""

from __future__ import annotations

__all__ = ["PATIENCE_SECONDS", "Exploration", "Found", "explore", "prepare_exploration"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from boards import board_names, find_board
from playground.design import BOARD_SIMULATOR, Design
from playground.explore.confirm import confirm
from playground.explore.files import pack, unpack
from playground.explore.front import Point, front_of
from playground.explore.identity import identity
from playground.explore.objectives import Goal, Limits, Measured, find_objectives
from playground.explore.search import Orders, search
from playground.explore.settings import Settings
from playground.explore.space import Space, read_space
from playground.explore.storage import open_storage
from playground.explore.study import Record, Study, StudyPlan, open_study
from playground.explore.workers import Crew
from playground.names import unknown_name
from soc.synthesis import board_device
from soc.synthesis.device import find_device
from soc.synthesis.estimate import capacity_of
from toolchain import ArtifactCache, PlaygroundError, digest

_FPGA = "ulx3s"  # of designs for a board without one
PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class Exploration:
    """A search that is about to begin.

    Attributes
    ----------
    name
        Of the study.
    """

    name: str
    space: Space
    goal: Goal
    orders: Orders
    plan: StudyPlan
    settings: Settings

    @property
    def area_note(self) -> str:
        """What the figures of area are."""
        device = f"the FPGA of `{self.orders.fpga}`"
        what = "the whole system" if self.orders.base_cpu is not None else "CPU and CFU"
        return (
            f"cells, DSP and RAM: {what} on {device}, estimated by Yosys without place and route, "
            "CPU and CFU each by itself"
        )


@dataclass(frozen=True)
class Found:
    """What a search found."""

    study: Study
    records: tuple[Record, ...]
    points: tuple[Point, ...]
    default: Measured | None
    importances: Mapping[str, Mapping[str, float]]


def prepare_exploration(
    design: Design, settings: Settings, *, name: str | None, cache: ArtifactCache
) -> Exploration:
    """Return the search that settings describe around a design.

    The design's files are copied, so that editing them does not change what is searched.

    Raises
    ------
    PlaygroundError
        If something named does not exist or is not possible.
    """
    if design.simulator == BOARD_SIMULATOR:
        raise PlaygroundError(
            "a board cannot be rebuilt for each trial", hint="leave out `simulator`"
        )
    objectives = find_objectives(settings.objectives)
    needs_clock = any(objective.needs_clock for objective in objectives)
    for kind in (settings.fits, settings.fpga):
        if kind is not None and kind not in board_names():
            raise unknown_name("board", kind, board_names(), listed_by="cfu list boards")
    own = find_board(design.board)
    fpga = settings.fits or settings.fpga or (own.name if own.hardware is not None else _FPGA)
    limits = _limits(settings, fpga, cache)
    packed = pack(design)
    snapshot = unpack(packed, cache=cache)
    space = read_space(snapshot, settings.search)
    base_cpu = find_board(fpga).cpu if settings.fits is not None else None
    orders = Orders(fpga=fpga, base_cpu=base_cpu, needs_clock=needs_clock)
    return Exploration(
        name=name or design.model.stem,
        space=space,
        goal=Goal(objectives, limits),
        orders=orders,
        plan=StudyPlan(
            design=_in_words(design, space),
            files=digest(dict(packed.files)),
            space=space.describe(),
            objectives=tuple(objective.name for objective in objectives),
            limits=str(limits),
            fpga=fpga,
            tools=identity(),
        ),
        settings=settings,
    )


def _limits(settings: Settings, fpga: str, cache: ArtifactCache) -> Limits:
    limits = Limits(settings.max_cells, settings.max_dsp, settings.max_ram)
    if settings.fits is None:
        return limits
    device = board_device(find_board(fpga), cache=cache)
    capacity = capacity_of(find_device(device))
    if capacity is None:
        raise PlaygroundError(
            f"what the FPGA `{device}` of board `{fpga}` holds is not known",
            hint="`--max-cells`, `--max-dsp` and `--max-ram` say it",
        )

    def least(own: int | None, available: int) -> int:
        return available if own is None else min(own, available)

    return Limits(
        cells=least(limits.cells, capacity.cells),
        dsp=least(limits.dsp, capacity.dsp),
        ram=least(limits.ram, capacity.ram),
        board=fpga,
    )


def _in_words(design: Design, space: Space) -> dict[str, str]:
    searched = {dimension.name for dimension in space.dimensions}
    words = {
        "model": design.model.name,
        "cfu": design.cfu,
        "kernels": design.kernels.name if design.kernels is not None else "none",
        "board": design.board,
        "cpu": design.cpu or find_board(design.board).cpu,
        "compiler": design.compiler,
        "place": design.place,
        "ideal_memory": "yes" if design.ideal_memory else "no",
        "simulator": design.simulator or "",
    }
    if "kernels" not in searched and design.kernels is not None and "cfu" in searched:
        words["kernels"] = "those of the CFU"
    return words


def explore(
    exploration: Exploration,
    crew: Callable[[], Crew],
    *,
    storage: str | Path,
    resume: bool,
    confirms: bool,
    told: Callable[[Record], None],
    confirmed: Callable[[Point, int], None],
    tell: Callable[[str], None],
    begun: Callable[[Study], None] = lambda study: None,
    confirming: Callable[[int], None] = lambda number: None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Found:
    """Search, confirm the front on the RTL, and return what was found.

    Parameters
    ----------
    crew
        Makes those who make trials.
    told, confirmed
        Called with each trial that ended and each point that the RTL confirmed.
    begun
        Called with the study once it is open.
    confirming
        Called with how many points the RTL is to run, before it does.

    Raises
    ------
    PlaygroundError
        As `open_study`, `search` and `confirm` do, and if no design is within the limits.
    """
    opened = open_storage(storage)
    try:
        study = open_study(
            exploration.name,
            exploration.plan,
            exploration.goal,
            exploration.space,
            opened,
            resume=resume,
            sampler=exploration.settings.sampler,
            trials=exploration.settings.trials,
            seed=exploration.settings.seed,
            patience_seconds=patience_seconds,
            tell=tell,
        )
        begun(study)
        with crew() as workers:
            trials = exploration.settings.trials
            if study.is_grid:
                trials = min(trials, exploration.space.size)
            search(study, workers, exploration.orders, trials=trials, told=told)
            records = study.records()
            outcome = study.default()
            default = outcome if isinstance(outcome, Measured) else None
            points = front_of(records, exploration.goal, default)
            if not points:
                raise _nothing_feasible(records, exploration.goal)
            if confirms:
                confirm(
                    study,
                    workers,
                    exploration.orders,
                    points,
                    begun=confirming,
                    told=confirmed,
                )
        importances = {
            objective.name: study.importances(index)
            for index, objective in enumerate(exploration.goal.objectives)
        }
        return Found(study, records, points, default, importances)
    except BaseException:
        opened.close()
        raise


def _nothing_feasible(records: Sequence[Record], goal: Goal) -> PlaygroundError:
    measured = [r for r in records if isinstance(r.outcome, Measured)]
    if not measured:
        reasons = sorted({getattr(r.outcome, "reason", "") for r in records})
        return PlaygroundError(
            f"all {len(records)} trials failed: {reasons[0] if reasons else 'none was made'}",
            hint="search other values, or more trials with `--resume --trials N`",
        )

    def excess(record: Record) -> int:
        assert isinstance(record.outcome, Measured)
        return sum(max(over, 0) for over in goal.limits.excess(record.outcome).values())

    nearest = min(measured, key=excess)
    assert isinstance(nearest.outcome, Measured)
    over = ", ".join(
        f"{amount:,} {name}"
        for name, amount in goal.limits.excess(nearest.outcome).items()
        if amount > 0
    )
    return PlaygroundError(
        f"none of {len(measured)} designs is within the limits ({goal.limits}); nearest is trial "
        f"{nearest.number}, with {over} too many",
        hint="search smaller values, a smaller CFU with `--cfu`, or more trials with "
        "`--resume --trials N`",
    )
