"""Running the front on the RTL, whose cycles must be those that the search counted."""

from __future__ import annotations

__all__ = ["CyclesDiffer", "confirm"]

import dataclasses
from collections.abc import Callable, Sequence

from playground.design import RTL_SIMULATOR
from playground.errors import INTERNAL_ERROR
from playground.explore.front import Point
from playground.explore.search import Orders
from playground.explore.study import Study
from playground.explore.trial import Failure
from playground.explore.workers import Crew
from toolchain import PlaygroundError


class CyclesDiffer(PlaygroundError):  # noqa: N818 - named for what happened
    """The RTL takes other cycles than the fast simulator counted."""

    exit_code = INTERNAL_ERROR


def confirm(
    study: Study,
    crew: Crew,
    orders: Orders,
    points: Sequence[Point],
    *,
    begun: Callable[[int], None],
    told: Callable[[Point, int], None],
) -> None:
    """Run each design of a front on the RTL that was not run there yet.

    Parameters
    ----------
    begun
        Called with how many there are to run.
    told
        Called with each point and the cycles the RTL took.

    Raises
    ------
    CyclesDiffer
        If a design takes other cycles there than the fast simulator counted.
    PlaygroundError
        If one does not run there.
    """
    known = study.confirmed()
    waiting = [p for p in points if p.measured.provenance != "rtl" and p.design not in known]
    begun(len(waiting))
    at_work: dict[int, Point] = {}
    while waiting or at_work:
        while waiting and len(at_work) < crew.size:
            point = waiting.pop(0)
            at_work[point.number] = point
            order = orders.of(study.space, point.values)
            design = dataclasses.replace(order.bundle.design, simulator=RTL_SIMULATOR)
            bundle = dataclasses.replace(order.bundle, design=design)
            # Its area is known, and its clock with it.
            crew.put(point.number, dataclasses.replace(order, bundle=bundle, needs_clock=False))
        settled = crew.take()
        point = at_work.pop(settled.number)
        if isinstance(settled.outcome, Failure):
            raise PlaygroundError(
                f"the design of trial {point.number} fails on the RTL: {settled.outcome.reason}",
                hint=settled.outcome.hint,
            )
        study.keep_confirmed(point.design, settled.outcome.cycles)
        told(point, settled.outcome.cycles)
    for point in points:
        cycles = study.confirmed().get(point.design, point.measured.cycles)
        if cycles != point.measured.cycles:
            raise CyclesDiffer(
                f"the design of trial {point.number} takes {cycles:,} cycles on the RTL, and the "
                f"fast simulator counted {point.measured.cycles:,}",
                hint="`cfu run --both` with its options shows where; please report it",
            )
