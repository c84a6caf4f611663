"""Trials at work on many machines, by way of a Dask scheduler."""

from __future__ import annotations

__all__ = ["DaskCrew"]

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import distributed
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from playground.explore.identity import differences, identity
from playground.explore.trial import Failure, Order, Outcome
from playground.explore.workers import Evaluate, Settled, evaluate_here
from toolchain import ArtifactCache, PlaygroundError
from toolchain.shared_cache import SharedCache, open_store

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 10.0  # for which a search waits at first for workers to say what they are
_LOOK_SECONDS = 0.5  # between looks for workers that came and futures that were lost
_ATTEMPTS = 3
_START = "`dask worker ADDRESS --nthreads 1`, from this version's environment, starts one"


@dataclass(frozen=True)
class _Refused:
    """A worker that does not make trials as we do.

    Attributes
    ----------
    reasons
        In what it differs.
    """

    worker: str
    reasons: tuple[str, ...]


@dataclass
class _Running:
    """A trial; `future` is None until it is given to a worker."""

    order: Order
    future: Any = None  # distributed.Future
    lost: int = 0


def _facts(dask_worker: distributed.Worker) -> tuple[Mapping[str, str], int]:
    """Return what a worker is made of, and how many trials it would make at once."""
    return identity(), dask_worker.state.nthreads


def _work(
    order: Order, ours: Mapping[str, str], artifacts: str | None, evaluate: Evaluate
) -> Outcome | _Refused:
    """Make a trial on a worker."""
    found = differences(ours, identity())
    if found:
        return _Refused(distributed.get_worker().address, found)
    try:
        store = open_store(artifacts) if artifacts is not None else None
        cache = SharedCache(ArtifactCache.default().root, store)
        return evaluate(order, cache)
    except PlaygroundError as error:  # of the store, which is no fault of the design's
        return Failure(error.message, error.hint, is_final=False)


class DaskCrew:
    """The workers of a Dask scheduler that are of this version.

    Each makes one trial at a time, once it has said what it is made of: a worker that hangs is
    there, and does not say. Workers may come and go; a trial whose worker is lost is made by
    another one, and so is what was at work when the scheduler was started anew.

    Parameters
    ----------
    address
        "tcp://host:8786".
    artifacts
        Address of the store through which workers share artifacts, as `open_store` takes it; None
        if each keeps its own.
    patience_seconds
        For how long a scheduler or workers that are away are waited for.
    tell
        Called with what there is to say.
    evaluate
        Made on the workers, so a function of a module that they have.

    Raises
    ------
    PlaygroundError
        If the scheduler cannot be reached, or has workers and none is of this version.
    """

    def __init__(
        self,
        address: str,
        *,
        artifacts: str | None,
        patience_seconds: float,
        tell: Callable[[str], None],
        evaluate: Evaluate = evaluate_here,
    ) -> None:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we say it ourselves
        if artifacts is not None:
            open_store(artifacts)
        self._address = address
        self._artifacts = artifacts
        self._patience = patience_seconds
        self._tell = tell
        self._evaluate = evaluate
        self._ours = dict(identity())
        self._running: dict[int, _Running] = {}
        self._changed: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._accepted: tuple[str, ...] = ()
        self._refused: dict[str, tuple[str, ...]] = {}
        self._asked: dict[str, Future[object]] = {}
        self._had_workers = False
        self._waits = False
        self._client: Any = self._connected()
        self._look()
        begun = time.monotonic()
        while self._asked and (left := begun + _ANSWER_SECONDS - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._changed.get(timeout=left)
            self._hear()

    @property
    def size(self) -> int:
        return max(len(self._accepted), 1)

    def put(self, number: int, order: Order) -> None:
        self._running[number] = _Running(order)
        self._hand_out()

    def take(self) -> Settled:
        begun_waiting = time.monotonic()
        while True:
            self._hear()
            for number in list(self._running):
                settled = self._ended(number)
                if settled is not None:
                    return settled
            self._hand_out()
            with contextlib.suppress(queue.Empty):
                self._changed.get(timeout=_LOOK_SECONDS)
                continue
            self._look()
            if self._accepted:
                begun_waiting = time.monotonic()
            elif time.monotonic() - begun_waiting > self._patience:
                if self._refused and not self._asked:
                    raise self._none_accepted()
                silent = f"; {', '.join(self._asked)} did not answer" if self._asked else ""
                raise PlaygroundError(
                    f"the scheduler `{self._address}` has had no worker for "
                    f"{self._patience:,.0f} seconds{silent}",
                    hint=f"{_START.replace('ADDRESS', self._address)}; `--resume` goes on",
                )

    def _ended(self, number: int) -> Settled | None:
        """Return what came of a trial if it ended; begin it again if it was lost."""
        running = self._running[number]
        if running.future is None:
            return None
        match running.future.status:
            case "pending":
                return None
            case "finished":
                try:
                    found = running.future.result(timeout=_CONNECT_SECONDS)
                except (TimeoutError, OSError, distributed.client.FutureCancelledError):
                    found = None  # the worker that held it went away
            case "error":
                found = self._failure(running)
            case _:  # cancelled or lost: the scheduler is another one
                found = None
        running.future = None  # to be given to a worker again, unless it has settled
        if found is None:
            return None
        if isinstance(found, _Refused):
            self._refuse(found.worker, found.reasons)
            return None
        if isinstance(found, KilledWorker):
            running.lost += 1
            if running.lost < _ATTEMPTS:
                return None
            reason = "the workers that made it died; perhaps for want of memory"
            found = Failure(reason, is_final=False)
        del self._running[number]
        return Settled(number, found)

    def _failure(self, running: _Running) -> Outcome | KilledWorker | None:
        try:
            error = running.future.exception(timeout=_CONNECT_SECONDS)
        except (TimeoutError, OSError, distributed.client.FutureCancelledError):
            return None
        if isinstance(error, KilledWorker):
            return error
        if isinstance(error, CommClosedError):
            return None
        raise PlaygroundError(
            f"a worker of `{self._address}` cannot make trials: {type(error).__name__}: {error}",
            hint=_START.replace("ADDRESS", self._address),
        )

    def _hand_out(self) -> None:
        """Give trials to workers, as many as there are; the others wait until there are more."""
        waiting = [running for running in self._running.values() if running.future is None]
        if not waiting:
            return
        if self._client.status != "running":
            self._client = self._connected()
            self._asked.clear()
            self._accepted = ()
            self._look()
        free = len(self._accepted) - (len(self._running) - len(waiting))
        for running in waiting[: max(free, 0)]:
            running.future = self._client.submit(
                _work,
                running.order,
                self._ours,
                self._artifacts,
                self._evaluate,
                pure=False,  # the same order again is the same work again
                workers=list(self._accepted),
                allow_other_workers=True,  # if all of these are lost; they are asked then
            )
            running.future.add_done_callback(lambda _: self._changed.put(None))

    def _connected(self) -> Any:
        """Return a client of the scheduler, which is waited for if it was there before."""
        begun = time.monotonic()
        known = hasattr(self, "_client")
        if known:
            self._tell(f"the scheduler `{self._address}` is away; what was at work is begun again")
            with contextlib.suppress(Exception):
                self._client.close(timeout=1)
        while True:
            try:
                client: Any = distributed.Client  # of which few methods have types
                return client(self._address, timeout=_CONNECT_SECONDS, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                if known and time.monotonic() - begun < self._patience:
                    time.sleep(_LOOK_SECONDS)
                    continue
                raise PlaygroundError(
                    f"the scheduler `{self._address}` cannot be reached",
                    hint="`dask scheduler` starts one; see whether its address and port are "
                    "those, and may be connected to from here"
                    + ("; `--resume` goes on" if known else ""),
                ) from error

    def _look(self) -> None:
        """See which workers there are, and ask the new ones what they are made of."""
        if self._client.status != "running":
            return  # it may come back; what is lost by then is begun again
        try:
            present = set(self._client.scheduler_info(n_workers=-1)["workers"])
        except (OSError, TimeoutError):
            return  # the scheduler left in that moment
        self._accepted = tuple(worker for worker in self._accepted if worker in present)
        self._refused = {w: reasons for w, reasons in self._refused.items() if w in present}
        self._asked = {w: answer for w, answer in self._asked.items() if w in present}
        new = sorted(present - {*self._accepted, *self._refused, *self._asked})
        self._asked.update({worker: self._ask(worker) for worker in new})
        if not self._accepted and not new and not self._waits:
            self._waits = True
            silent = "; those that are there do not answer" if self._asked else ""
            self._tell(f"waiting for workers of `{self._address}`{silent}")
        elif self._accepted and self._waits:
            self._waits = False

    def _ask(self, worker: str) -> Future[object]:
        """Ask a worker what it is made of; one that hangs never answers, and keeps nobody waiting.

        It is no task, so that one that is at work answers, too.
        """
        client, answer = self._client, Future[object]()

        def ask() -> None:
            try:
                answer.set_result(client.run(_facts, workers=[worker], on_error="return")[worker])
            except (
                Exception,
                asyncio.CancelledError,
            ) as error:  # the scheduler or the worker left in that moment
                answer.set_exception(error)
            self._changed.put(None)

        threading.Thread(target=ask, name=f"asks {worker}", daemon=True).start()
        return answer

    def _hear(self) -> None:
        """Take note of what workers answered.

        Raises
        ------
        PlaygroundError
            If all have, and none is of this version, nor ever was.
        """
        answered = [worker for worker, answer in self._asked.items() if answer.done()]
        for worker in answered:
            answer = self._asked.pop(worker)
            found = None if answer.exception() is not None else answer.result()
            if isinstance(found, ImportError):
                self._refuse(worker, (f"it lacks the playground: {found}",))
            elif isinstance(found, tuple):  # not an error of its, with which it is asked again
                theirs, threads = found
                reasons = differences(self._ours, theirs)
                if threads != 1:
                    reasons += (f"{threads} threads, of which it may have one",)
                if reasons:
                    self._refuse(worker, reasons)
                else:
                    self._accepted += (worker,)
                    self._had_workers = True
        if self._refused and not self._had_workers and not self._asked:
            raise self._none_accepted()

    def _refuse(self, worker: str, reasons: Sequence[str]) -> None:
        self._refused[worker] = tuple(reasons)
        self._accepted = tuple(each for each in self._accepted if each != worker)
        self._tell(f"worker `{worker}` is refused: {'; '.join(reasons)}")

    def _none_accepted(self) -> PlaygroundError:
        worker, reasons = next(iter(self._refused.items()))
        others = f", nor {len(self._refused) - 1} others" if len(self._refused) > 1 else ""
        return PlaygroundError(
            f"worker `{worker}` cannot make comparable trials{others}: {'; '.join(reasons)}",
            hint=_START.replace("ADDRESS", self._address),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(Exception):  # a scheduler that is gone has nothing to cancel
            given = (running.future for running in self._running.values())
            self._client.cancel([future for future in given if future is not None])
            self._client.close(timeout=5)
