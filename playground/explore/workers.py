"""Trials at work side by side, in processes of this machine."""

from __future__ import annotations

__all__ = ["Crew", "Evaluate", "LocalCrew", "Settled", "evaluate_here"]

import concurrent.futures
import ctypes
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from playground.explore.trial import Failure, Order, Outcome, evaluate
from toolchain import ArtifactCache

_ATTEMPTS = 3
_PR_SET_PDEATHSIG = 1

Evaluate = Callable[[Order, ArtifactCache], Outcome]


@dataclass(frozen=True)
class Settled:
    """What came of an order.

    Attributes
    ----------
    number
        As it was given with the order.
    """

    number: int
    outcome: Outcome


class Crew(Protocol):
    """Those who make trials; a trial whose worker is lost is made by another one."""

    @property
    def size(self) -> int:
        """How many trials to have at work at once."""
        ...

    def put(self, number: int, order: Order) -> None:
        """Begin a trial."""
        ...

    def take(self) -> Settled:
        """Wait for any trial to end."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def evaluate_here(order: Order, cache: ArtifactCache) -> Outcome:
    """Evaluate an order; what nobody foresaw is a failure of the trial alone."""
    try:
        return evaluate(order, cache=cache)
    except Exception as error:  # one trial must not end a night's search
        return Failure(f"internal error: {type(error).__name__}: {error}", is_final=False)


class LocalCrew:
    """Processes of this machine.

    Parameters
    ----------
    evaluate
        Made in the processes, so a function of a module.
    """

    def __init__(
        self, size: int, cache: ArtifactCache, *, evaluate: Evaluate = evaluate_here
    ) -> None:
        self._size = size
        self._cache = cache
        self._evaluate = evaluate
        self._pool = self._new_pool()
        self._running: dict[concurrent.futures.Future[Outcome], tuple[int, Order]] = {}
        self._lost: dict[int, int] = {}
        self._hopeless: list[Settled] = []

    @property
    def size(self) -> int:
        return self._size

    def put(self, number: int, order: Order) -> None:
        self._begin([(number, order)])

    def take(self) -> Settled:
        while not self._hopeless:
            done, _ = concurrent.futures.wait(
                self._running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            future = done.pop()
            number, _ = self._running[future]
            try:
                outcome = future.result()
            except BrokenProcessPool:
                self._begin(self._recover())
                continue
            del self._running[future]
            return Settled(number, outcome)
        return self._hopeless.pop()

    def _begin(self, orders: list[tuple[int, Order]]) -> None:
        while orders:
            number, order = orders[0]
            try:
                future = self._pool.submit(self._evaluate, order, self._cache)
            except BrokenProcessPool:  # a worker died while nobody was waiting
                orders = [*orders, *self._recover()]
                continue
            self._running[future] = number, order
            orders = orders[1:]

    def _recover(self) -> list[tuple[int, Order]]:
        """Return what was at work when a worker died, as nobody says whose fault it was.

        What has lost its worker too often is given up.
        """
        begun = list(self._running.values())
        self._running.clear()
        self._renew()
        again = []
        for number, order in begun:
            self._lost[number] = self._lost.get(number, 0) + 1
            if self._lost[number] < _ATTEMPTS:
                again.append((number, order))
            else:
                reason = f"the worker died, {_ATTEMPTS} times; perhaps for want of memory"
                self._hopeless.append(Settled(number, Failure(reason, is_final=False)))
        return again

    def _renew(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._new_pool()

    def _new_pool(self) -> concurrent.futures.ProcessPoolExecutor:
        return concurrent.futures.ProcessPoolExecutor(
            max_workers=self._size,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_end_with_parent,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        if kind is not None:  # what is at work is made by whoever goes on
            for process in processes:
                process.terminate()


def _end_with_parent() -> None:
    """Have the system end this process when the one that began it ends, however that comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the parent's to handle
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
