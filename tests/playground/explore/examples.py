"""Searches whose trials are made up, so that they take no time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from playground.explore.objectives import Goal, Limits, Measured, find_objectives
from playground.explore.search import Orders
from playground.explore.space import Space, parse_search, read_space
from playground.explore.storage import open_storage
from playground.explore.study import Record, Study, StudyPlan, open_study
from playground.explore.trial import Failure, Order, Outcome
from playground.explore.workers import Settled
from playground.resolve import Choices, resolve
from soc import find_cpu

ORDERS = Orders(fpga="ulx3s", base_cpu=None, needs_clock=False)
SEARCHED = (
    "cpu.data_cache=0,1024,2048,4096,8192",
    "cpu.prediction=none,static,dynamic",
    "cpu.bypass=no,yes",
)


def space_of(*searched: str, cfu: str = "mac4") -> Space:
    """Return a space around `digits_cnn` with a CFU."""
    design = resolve(Choices(Path("/"), model="digits_cnn", cfu=cfu), project=None)
    return read_space(design, parse_search(searched or SEARCHED))


def goal_of(*names: str, limits: Limits | None = None) -> Goal:
    return Goal(find_objectives(names or ("cycles", "cells")), limits or Limits())


def plan_of(space: Space, goal: Goal, **changes: object) -> StudyPlan:
    plan: dict[str, object] = {
        "design": {"model": "digits_cnn.tflite", "cfu": space.design.cfu},
        "files": "",
        "space": space.describe(),
        "objectives": tuple(o.name for o in goal.objectives),
        "limits": str(goal.limits),
        "fpga": "ulx3s",
        "tools": {"verilator": "5.48.0"},
    }
    return StudyPlan(**(plan | changes))  # type: ignore[arg-type]


def study_at(
    address: str | Path,
    space: Space,
    goal: Goal,
    *,
    resume: bool = False,
    sampler: str | None = "random",
    patience_seconds: float = 20.0,
    tell: Callable[[str], None] = lambda text: None,
    **changes: object,
) -> Study:
    storage = open_storage(address)
    try:
        return open_study(
            "mine",
            plan_of(space, goal, **changes),
            goal,
            space,
            storage,
            resume=resume,
            sampler=sampler,
            trials=100,
            seed=1,
            patience_seconds=patience_seconds,
            tell=tell,
        )
    except BaseException:
        storage.close()
        raise


def made_up(order: Order) -> Outcome:
    """Return figures that a larger cache and a cleverer CPU make better and larger."""
    design = order.bundle.design
    options = find_cpu(design.cpu or "full").options
    if options.prediction == "dynamic" and options.data_cache == 0:
        return Failure("made up to fail")
    clever = {"none": 0, "static": 1, "dynamic": 2}[options.prediction] + options.bypass
    return Measured(
        cycles=100_000 - options.data_cache - 1_000 * clever,
        provenance="fast",
        simulator="made up",
        cells=3_000 + options.data_cache // 8 + 100 * clever,
        dsp=4,
        ram=options.data_cache // 2048,
    )


class Inline:
    """A crew that makes trials when they are asked for, the last one first."""

    def __init__(self, evaluate: Callable[[Order], Outcome] = made_up, size: int = 3) -> None:
        self._evaluate = evaluate
        self.size = size
        self.put_: list[tuple[int, Order]] = []
        self.made: list[Order] = []

    def put(self, number: int, order: Order) -> None:
        self.put_.append((number, order))

    def take(self) -> Settled:
        number, order = self.put_.pop()
        self.made.append(order)
        return Settled(number, self._evaluate(order))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def nothing(record: Record) -> None:
    """Take no note of a trial."""
