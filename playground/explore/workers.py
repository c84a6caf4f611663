"""Trials at work side by side, in processes of this machine."""

from __future__ import annotations

__all__ = ["Crew", "Evaluate", "LocalCrew", "Settled", "evaluate_here"]

import concurrent.futures
import ctypes
import multiprocessing
import os
import signal
from collections import deque
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


@dataclass
class _Trial:
    number: int
    order: Order
    deaths: int = 0


class _Worker:
    """A process that makes one trial at a time, and is another one after it died."""

    def __init__(self) -> None:
        self._pool = _new_pool()

    def begin(
        self, evaluate: Evaluate, order: Order, cache: ArtifactCache
    ) -> concurrent.futures.Future[Outcome]:
        try:
            return self._pool.submit(evaluate, order, cache)
        except BrokenProcessPool:  # it died while it had nothing to do
            self.renew()
            return self._pool.submit(evaluate, order, cache)

    def renew(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = _new_pool()

    def leave(self, *, at_once: bool) -> None:
        """Have the process end, when it is done or at once."""
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        if at_once:
            for process in processes:
                process.terminate()


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
        self._cache = cache
        self._evaluate = evaluate
        # A pool for each, as a pool of several that loses one ends all, and does not say which
        # trial was the one's.
        self._workers = tuple(_Worker() for _ in range(size))
        self._idle = list(self._workers)
        self._waiting: deque[_Trial] = deque()
        self._running: dict[concurrent.futures.Future[Outcome], tuple[_Trial, _Worker]] = {}

    @property
    def size(self) -> int:
        return len(self._workers)

    def put(self, number: int, order: Order) -> None:
        self._waiting.append(_Trial(number, order))
        self._begin_waiting()

    def take(self) -> Settled:
        while True:
            done, _ = concurrent.futures.wait(
                self._running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            future = done.pop()
            trial, worker = self._running.pop(future)
            try:
                outcome = future.result()
            except BrokenProcessPool:
                worker.renew()
                trial.deaths += 1
                if trial.deaths < _ATTEMPTS:
                    self._begin(trial, worker)
                    continue
                reason = f"the worker died, {_ATTEMPTS} times; perhaps for want of memory"
                outcome = Failure(reason, is_final=False)
            self._idle.append(worker)
            self._begin_waiting()
            return Settled(trial.number, outcome)

    def _begin_waiting(self) -> None:
        while self._waiting and self._idle:
            self._begin(self._waiting.popleft(), self._idle.pop())

    def _begin(self, trial: _Trial, worker: _Worker) -> None:
        future = worker.begin(self._evaluate, trial.order, self._cache)
        self._running[future] = trial, worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:  # what is at work is made by whoever goes on
            worker.leave(at_once=kind is not None)


def _new_pool() -> concurrent.futures.ProcessPoolExecutor:
    return concurrent.futures.ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
        initargs=(os.getpid(),),
    )


def _end_with_parent(parent: int) -> None:
    """Have the system end this process when the one that began it ends, however that comes.

    The tools that it started end after it (see `toolchain.run_tool`), so that no trial is told or
    kept as one that failed since its tool was ended.
    """
    # The terminal's Ctrl-C is the parent's to handle. The tools are to ignore it, too, and do, as
    # this is inherited: one that answers it by exiting would look like one that the design fails.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before that
        os.kill(os.getpid(), signal.SIGTERM)
