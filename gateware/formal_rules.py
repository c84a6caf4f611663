"""What a CFU must never do on its buses, as hardware that watches it."""

from __future__ import annotations

__all__ = [
    "COUNT_BITS",
    "REFUSED_CYCLES",
    "RULES",
    "AcceptanceRules",
    "FollowedCommand",
    "MemoryRules",
    "Promise",
    "ResponseRules",
]

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.latency import Latency
from gateware.memory_port import BURST, MemoryPort
from gateware.spec import CfuSpec

RULES = MappingProxyType(
    {
        "unasked": "a response comes without a command",
        "withdrawn": "rsp_valid falls before the response is taken",
        "changed": "the response changes before it is taken",
        "early": "a response comes earlier than its instruction promises",
        "late": "a response comes later than its instruction promises, or never",
        "not_zero": "the response is not 0 although the instruction has no result",
        "refused": "a command is not accepted although every earlier one is answered",
        "memory_changed": "a request to memory changes before it is acknowledged",
        "memory_burst": "a burst to memory does not go on at the next address in the next cycle",
        "memory_strobe": "mem_stb is high while mem_cyc is low",
    }
)
"""What is not allowed, by the name of the output that tells."""

COUNT_BITS = 4
"""Width of the number of unanswered commands."""

REFUSED_CYCLES = 64
"""For how many cycles in a row a command has to wait for `refused` to be broken."""


@dataclass(frozen=True)
class Promise:
    """What an instruction promises of its response.

    Attributes
    ----------
    is_zero
        Whether it is 0.
    """

    latency: Latency
    is_zero: bool


class ResponseRules(wiring.Component):
    """Watch that responses are asked for and stay until they are taken.

    Parameters
    ----------
    spec
        Which instructions may answer in the command's own cycle, and so offer a response before
        the command is accepted.

    Members
    -------
    cmd_valid, cmd_ready, function_id, rsp_valid, rsp_ready, payload : `In`
        The CFU's bus.
    unanswered : `Out(4)`
        Commands accepted in earlier cycles whose response is not taken.
    unasked, withdrawn, changed : `Out(1)`
        Happens in this cycle; see `RULES`.
    """

    def __init__(self, spec: CfuSpec) -> None:
        self._offers_early = [
            i.function_id for i in spec.instructions if i.latency.is_combinational
        ]
        super().__init__(
            {
                "cmd_valid": In(1),
                "cmd_ready": In(1),
                "function_id": In(10),
                "rsp_valid": In(1),
                "rsp_ready": In(1),
                "payload": In(32),
                "unanswered": Out(COUNT_BITS),
                "unasked": Out(1),
                "withdrawn": Out(1),
                "changed": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        is_held, held = Signal(), Signal(32)
        offers_early = Signal()
        accepted = self.cmd_valid & self.cmd_ready
        taken = self.rsp_valid & self.rsp_ready
        for function_id in self._offers_early:
            with m.If(self.function_id == function_id):
                m.d.comb += offers_early.eq(1)
        is_asked_now = self.cmd_valid & (self.cmd_ready | (offers_early & ~self.rsp_ready))
        m.d.comb += [
            self.unasked.eq(self.rsp_valid & (self.unanswered == 0) & ~is_asked_now),
            self.withdrawn.eq(is_held & ~self.rsp_valid),
            self.changed.eq(is_held & self.rsp_valid & (self.payload != held)),
        ]
        m.d.sync += [
            self.unanswered.eq(self.unanswered + accepted - taken),
            is_held.eq(self.rsp_valid & ~self.rsp_ready),
            held.eq(self.payload),
        ]
        return m


class AcceptanceRules(wiring.Component):
    """Watch that commands are accepted.

    Members
    -------
    waits : `In(1)`
        A command is not accepted in this cycle.
    unanswered : `In(4)`
        See `ResponseRules`.
    rsp_ready : `In(1)`
        A response would be taken.
    pauses : `In(1)`
        This cycle does not count, as memory keeps the CFU waiting.
    refused : `Out(1)`
        It waits for the `REFUSED_CYCLES`th time in a row in which nothing is unanswered and a
        response would be taken.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "waits": In(1),
                "unanswered": In(COUNT_BITS),
                "rsp_ready": In(1),
                "pauses": In(1),
                "refused": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        waited = Signal(range(REFUSED_CYCLES))
        counts = Signal()
        m.d.comb += [
            counts.eq(self.waits & (self.unanswered == 0) & self.rsp_ready),
            self.refused.eq(counts & ~self.pauses & (waited == REFUSED_CYCLES - 1)),
        ]
        with m.If(~counts):
            m.d.sync += waited.eq(0)
        with m.Elif(~self.pauses & ~self.refused):
            m.d.sync += waited.eq(waited + 1)
        return m


class FollowedCommand(wiring.Component):
    """Follow one command, any, from when it is accepted to when its response is there.

    Parameters
    ----------
    promises
        What is followed, by function id; None for an id not to follow.
    other
        What all other function ids promise; None not to follow them.

    Members
    -------
    follows : `In(1)`
        Follow the command accepted in this cycle, if none is followed yet.
    pauses : `In(1)`
        This cycle does not count against a latency's maximum.
    accepted, function_id, rsp_valid, taken, payload, unanswered : `In`
        The CFU's bus.
    early, late, not_zero : `Out(1)`
        Happens in this cycle; see `RULES`.
    """

    def __init__(self, promises: Mapping[int, Promise | None], *, other: Promise | None) -> None:
        self._promises = promises
        self._other = other
        made = [promise for promise in (*promises.values(), other) if promise is not None]
        self._longest = max((promise.latency.maximum for promise in made), default=0)
        super().__init__(
            {
                "follows": In(1),
                "pauses": In(1),
                "accepted": In(1),
                "function_id": In(10),
                "rsp_valid": In(1),
                "taken": In(1),
                "payload": In(32),
                "unanswered": In(COUNT_BITS),
                "early": Out(1),
                "late": Out(1),
                "not_zero": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cycles = range(self._longest + 3)
        minimum, maximum, is_zero, is_followed = self._look_up(m, cycles)
        begins, was_followed = Signal(), Signal()
        waits, ahead, was_alone = Signal(), Signal(COUNT_BITS), Signal()
        least, most, must_be_zero = Signal(cycles), Signal(cycles), Signal()
        age, waited = Signal(cycles), Signal(cycles)
        ahead_now = Signal(COUNT_BITS)
        m.d.comb += [
            begins.eq(self.accepted & self.follows & is_followed & ~was_followed),
            ahead_now.eq(self.unanswered - (self.taken & (self.unanswered != 0))),
        ]
        with m.If(begins):
            m.d.sync += [
                was_followed.eq(1),
                waits.eq(1),
                ahead.eq(ahead_now),
                was_alone.eq(ahead_now == 0),
                least.eq(minimum),
                most.eq(maximum),
                must_be_zero.eq(is_zero),
                age.eq(1),
                waited.eq(1),
            ]
            with m.If(self.unanswered == 0):
                # The response may only come now, and must, if that is what was promised.
                m.d.comb += [
                    self.early.eq(self.rsp_valid & (minimum != 0)),
                    self.late.eq(~self.rsp_valid & (maximum == 0) & ~self.pauses),
                    self.not_zero.eq(self.rsp_valid & is_zero & (self.payload != 0)),
                ]
                with m.If(self.rsp_valid):
                    m.d.sync += waits.eq(0)
        with m.If(waits & (ahead != 0) & self.taken):
            m.d.sync += ahead.eq(ahead - 1)
        with m.If(waits & (ahead == 0)):
            with m.If(self.rsp_valid):
                m.d.sync += waits.eq(0)
                m.d.comb += [
                    self.early.eq(age < least),
                    self.not_zero.eq(must_be_zero & (self.payload != 0)),
                ]
            with m.Elif(~self.pauses):
                # Behind another one, it may begin when that has left.
                m.d.comb += self.late.eq(waited >= most + ~was_alone)
                m.d.sync += waited.eq(waited + 1)
        with m.If(waits):
            m.d.sync += age.eq(Mux(age == cycles[-1], age, age + 1))
        return m

    def _look_up(self, m: Module, cycles: range) -> tuple[Signal, Signal, Signal, Signal]:
        """Return the promise to the command now sent: bounds, whether 0, whether any."""
        minimum, maximum = Signal(cycles), Signal(cycles)
        is_zero, is_followed = Signal(), Signal()
        with m.Switch(self.function_id):
            for function_id, promise in (*self._promises.items(), (None, self._other)):
                with m.Default() if function_id is None else m.Case(function_id):
                    if promise is not None:
                        m.d.comb += [
                            minimum.eq(promise.latency.minimum),
                            maximum.eq(promise.latency.maximum),
                            is_zero.eq(promise.is_zero),
                            is_followed.eq(1),
                        ]
        return minimum, maximum, is_zero, is_followed


class MemoryRules(wiring.Component):
    """Watch a memory port, which LiteX's memories look ahead at.

    Members
    -------
    cyc, stb, we, adr, dat_w, sel, cti, bte, dat_r, ack, err : `In`
        The port.
    memory_changed, memory_burst, memory_strobe : `Out(1)`
        Happens in this cycle; see `RULES`.
    waits : `Out(1)`
        Memory keeps the CFU waiting in this cycle.
    """

    def __init__(self) -> None:
        members = {name: In(member.shape) for name, member in MemoryPort().members.items()}
        super().__init__(
            {
                **members,
                "memory_changed": Out(1),
                "memory_burst": Out(1),
                "memory_strobe": Out(1),
                "waits": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        request = Cat(
            self.stb, self.cyc, self.we, self.adr, self.dat_w, self.sel, self.cti, self.bte
        )
        before = Signal.like(request)
        waited, goes_on, next_address = Signal(), Signal(), Signal(30)
        asks, done = Signal(), Signal()
        m.d.comb += [
            asks.eq(self.cyc & self.stb),
            done.eq(self.ack | self.err),
            self.waits.eq(asks & ~done),
            self.memory_changed.eq(waited & (request != before)),
            self.memory_burst.eq(goes_on & ~(asks & (self.adr == next_address))),
            self.memory_strobe.eq(self.stb & ~self.cyc),
        ]
        m.d.sync += [
            waited.eq(self.waits),
            before.eq(request),
            goes_on.eq(asks & done & (self.cti == BURST)),
            next_address.eq(self.adr + 1),
        ]
        return m
