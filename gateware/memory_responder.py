"""The other side of a memory port, for test benches."""

from __future__ import annotations

__all__ = ["MemoryRequest", "MemoryResponder", "MemoryResponse"]

from dataclasses import dataclass
from random import Random

from gateware.memory_port import BURST, MemoryModel

_WORDS = 1 << 30


@dataclass(frozen=True)
class MemoryResponse:
    """What a memory port is answered in a cycle."""

    ack: int = 0
    dat_r: int = 0
    err: int = 0


@dataclass(frozen=True)
class MemoryRequest:
    """What a memory port asks for in a cycle; see `gateware.memory_port.MemoryPort`."""

    cyc: int = 0
    stb: int = 0
    we: int = 0
    adr: int = 0
    dat_w: int = 0
    sel: int = 0b1111
    cti: int = 0
    bte: int = 0

    def waits_for(self, response: MemoryResponse) -> bool:
        """Tell whether memory keeps the CFU waiting by what it answers in this cycle."""
        return bool(self.cyc and self.stb and not (response.ack or response.err))


class MemoryResponder:
    """Memory that answers a port as LiteX's interconnect does, cycle by cycle.

    In each cycle, `respond` gives the answer, which depends on earlier cycles alone, and `observe`
    is then told of the request of that cycle.

    Parameters
    ----------
    memory
        What is read and written.
    random
        Source of the waiting times; with none there are no others than those of block RAM.
    wait
        Probability that a cycle is one of waiting, 0 to 1.
    bursts
        Whether the words of a burst follow each other without waiting.

    Attributes
    ----------
    problems
        What the port did against the rules, a line each.
    transfers
        Number of words read and written.
    """

    def __init__(
        self,
        memory: MemoryModel,
        *,
        random: Random | None = None,
        wait: float = 0.0,
        bursts: bool = True,
    ) -> None:
        self.problems: list[str] = []
        self.transfers = 0
        self._memory = memory
        self._random = random
        self._wait = wait
        self._bursts = bursts
        self._answer = MemoryResponse()
        self._pending: MemoryRequest | None = None  # not acknowledged yet
        self._promised: int | None = None  # address that a burst has to go on with

    def respond(self) -> MemoryResponse:
        """Return the answer of this cycle."""
        return self._answer

    def observe(self, request: MemoryRequest) -> None:
        """Take the request of this cycle."""
        asks = bool(request.cyc and request.stb)
        self._check(request, asks=asks)
        acknowledged = asks and bool(self._answer.ack)
        if acknowledged:
            self._complete(request)
        self._pending = request if asks and not acknowledged else None
        if not acknowledged:
            address = request.adr if asks else None
        elif self._bursts and request.cti == BURST:
            address = (request.adr + 1) % _WORDS
        else:
            address = None
        if acknowledged:
            self._promised = (request.adr + 1) % _WORDS if request.cti == BURST else None
        waits = self._random is not None and self._random.random() < self._wait
        if address is None or waits:
            self._answer = MemoryResponse()
        else:
            self._answer = MemoryResponse(ack=1, dat_r=self._memory.read_word(4 * address))

    def _complete(self, request: MemoryRequest) -> None:
        self.transfers += 1
        if request.we:
            self._memory.write_word(4 * request.adr, request.dat_w, request.sel)

    def _check(self, request: MemoryRequest, *, asks: bool) -> None:
        if self._pending is not None and request != self._pending:
            self.problems.append(
                f"the request {self._pending} became {request} before it was acknowledged"
            )
        if request.stb and not request.cyc:
            self.problems.append("`stb` is high while `cyc` is low")
        if asks and self._promised not in (None, request.adr):
            self.problems.append(
                f"a burst promised word {self._promised:#x} and went on with {request.adr:#x}"
            )
        if not asks and self._promised is not None:
            self.problems.append(
                f"a burst promised word {self._promised:#x} and then asked for none"
            )
        if asks:
            self._promised = None
