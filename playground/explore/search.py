"""The search: trials are chosen, made side by side and kept, each once."""

from __future__ import annotations

__all__ = ["Orders", "search"]

from collections.abc import Callable
from dataclasses import dataclass

from firmware.compiler import foreign_version
from playground.explore.files import pack
from playground.explore.space import Space, Values
from playground.explore.study import Record, Study
from playground.explore.trial import Failure, Order, Outcome
from playground.explore.workers import Crew
from toolchain import PlaygroundError

_DEFAULT = -1  # the number of the design that the search begins from, which is no trial


@dataclass(frozen=True)
class Orders:
    """How designs become orders; see `Order`."""

    fpga: str
    base_cpu: str | None
    needs_clock: bool

    def of(self, space: Space, values: Values) -> Order:
        """Return the order of a choice of values.

        Raises
        ------
        PlaygroundError
            If there is no such design.
        """
        design = space.apply(values)
        version = foreign_version(design.compiler)
        return Order(pack(design), self.fpga, self.base_cpu, self.needs_clock, version)


def search(
    study: Study,
    crew: Crew,
    orders: Orders,
    *,
    trials: int,
    told: Callable[[Record], None],
) -> None:
    """Make trials until a study has a certain number.

    What another process began and did not end, because it was killed, is made first, under its own
    number. A design that was tried before, or is being tried, is not made again.

    Parameters
    ----------
    told
        Called with each trial that ended.

    Raises
    ------
    PlaygroundError
        If the default design cannot be run, or the study's database stays away.
    """
    _Search(study, crew, orders, told).run(trials)


@dataclass
class _Waiting:
    values: Values
    design: str


class _Search:
    def __init__(
        self, study: Study, crew: Crew, orders: Orders, told: Callable[[Record], None]
    ) -> None:
        self._study = study
        self._crew = crew
        self._orders = orders
        self._told = told
        self._known: dict[str, Outcome] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._makers: dict[str, int] = {}  # who makes a design, by its digest
        self._ended = 0

    def run(self, trials: int) -> None:
        records = self._study.records()
        self._ended = len(records)
        self._known = {
            record.design: record.outcome
            for record in records
            if not (isinstance(record.outcome, Failure) and not record.outcome.is_final)
        }
        self._default(is_new=not records)
        for number in self._study.unfinished():
            self._try(number)
        while True:
            self._settle_known()
            while len(self._makers) < self._crew.size and self._begun < trials:
                if not self._try(self._study.begin()):
                    self._settle_known()
            if self._makers:
                self._take()
            elif self._begun >= trials:
                # A trial whose beginning was kept and whose answer was lost with the database.
                orphans = [n for n in self._study.unfinished() if n not in self._waiting]
                if not orphans:
                    return
                for number in orphans:
                    self._try(number)

    @property
    def _begun(self) -> int:
        return self._ended + sum(number >= 0 for number in self._waiting)

    def _default(self, *, is_new: bool) -> None:
        """Find out about the design that the search begins from, beside the first trials."""
        known = self._study.default()
        if known is not None:
            self._known.setdefault(self._orders.of(self._study.space, {}).digest, known)
            return
        if is_new and self._study.starts_at_default:
            self._study.enqueue(self._study.space.choose(lambda d: d.default))
        self._put(_DEFAULT, {}, self._orders.of(self._study.space, {}))

    def _try(self, number: int) -> bool:
        """Begin a trial; tell whether somebody is at work on it now."""
        values = self._study.choose(number)
        try:
            order = self._orders.of(self._study.space, values)
        except PlaygroundError as error:
            self._end(number, values, Failure(error.message, error.hint), "")
            return False
        if order.digest in self._makers:
            self._waiting[number] = _Waiting(values, order.digest)
            return False
        if order.digest in self._known:
            self._end(number, values, self._known[order.digest], order.digest)
            return False
        self._put(number, values, order)
        return True

    def _put(self, number: int, values: Values, order: Order) -> None:
        self._waiting[number] = _Waiting(values, order.digest)
        self._makers[order.digest] = number
        self._crew.put(number, order)

    def _take(self) -> None:
        settled = self._crew.take()
        made = self._waiting.pop(settled.number)
        del self._makers[made.design]
        self._known[made.design] = settled.outcome
        if settled.number == _DEFAULT:
            if isinstance(settled.outcome, Failure):
                raise PlaygroundError(
                    f"the design that the search begins from fails: {settled.outcome.reason}",
                    hint=settled.outcome.hint or "`cfu run` with the same flags shows more",
                )
            self._study.keep_default(settled.outcome)
        else:
            self._end(settled.number, made.values, settled.outcome, made.design)
        same = [n for n, w in self._waiting.items() if w.design == made.design]
        for number in same:
            waiting = self._waiting.pop(number)
            self._end(number, waiting.values, settled.outcome, made.design)
        if isinstance(settled.outcome, Failure) and not settled.outcome.is_final:
            del self._known[made.design]

    def _settle_known(self) -> None:
        """End trials that wait for a design that nobody makes, as its maker has ended."""
        for number, waiting in list(self._waiting.items()):
            if waiting.design in self._known and waiting.design not in self._makers:
                del self._waiting[number]
                self._end(number, waiting.values, self._known[waiting.design], waiting.design)

    def _end(self, number: int, values: Values, outcome: Outcome, design: str) -> None:
        self._study.end(number, outcome, design=design)
        self._ended += 1
        self._told(Record(number, values, outcome, design))
