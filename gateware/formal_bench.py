"""A CFU among anything that the CPU and memory may do, watched by the rules of its buses."""

from __future__ import annotations

__all__ = ["BENCH", "TRACED", "HandshakeBench"]

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from amaranth.back import verilog
from amaranth.hdl import Cat, ClockDomain, Elaboratable, Instance, Module, Mux, Signal

from gateware.formal_rules import (
    COUNT_BITS,
    AcceptanceRules,
    FollowedCommand,
    MemoryRules,
    Promise,
    ResponseRules,
)
from gateware.memory_port import MEMORY_PORTS
from gateware.spec import CfuSpec

BENCH = "handshake_bench"
"""Name of the top module, which instantiates module `Cfu`."""

_RESET_CYCLES = 3


TRACED = MappingProxyType(
    {
        "cmd_valid": 1,
        "cmd_ready": 1,
        "function_id": 10,
        "in0": 32,
        "in1": 32,
        "rsp_valid": 1,
        "rsp_ready": 1,
        "payload": 32,
    }
)
"""Outputs of the top module to look at, with their widths in bits."""


class HandshakeBench(Elaboratable):
    """Everything around module `Cfu`.

    Parameters
    ----------
    spec
        Of the CFU.
    promises, other
        What is followed; see `gateware.formal_rules.FollowedCommand`.
    watches_acceptance
        Whether only to watch that commands are accepted, and else everything but that.

    Attributes
    ----------
    rules : tuple of str
        Names of what is watched, keys of `gateware.formal_rules.RULES`.
    free : mapping of str to int
        Names of the inputs of the top module that are anything in each cycle, with their widths
        in bits. `clk` is the other input.
    """

    def __init__(
        self,
        spec: CfuSpec,
        promises: Mapping[int, Promise | None],
        *,
        other: Promise | None,
        watches_acceptance: bool = False,
    ) -> None:
        self._spec = spec
        self._acceptance = AcceptanceRules()
        self._responses = ResponseRules(spec)
        self._followed = FollowedCommand(promises, other=other)
        self._memory = MemoryRules() if spec.memory_port else None
        watched: dict[Elaboratable, tuple[str, ...]] = {
            self._responses: ("unasked", "withdrawn", "changed"),
            self._followed: ("early", "late", "not_zero"),
        }
        if self._memory is not None:
            watched[self._memory] = ("memory_changed", "memory_burst", "memory_strobe")
        if watches_acceptance:
            watched = {self._acceptance: ("refused",)}
        self._breaks = {name: getattr(by, name) for by, names in watched.items() for name in names}
        self.rules = tuple(self._breaks)
        widths = {"sends": 1, "function_id": 10, "in0": 32, "in1": 32, "takes": 1, "follows": 1}
        if spec.memory_port:
            widths |= {"acknowledges": 1, "word": 32}
        self._free = {name: Signal(width, name=f"free_{name}") for name, width in widths.items()}
        self.free = {signal.name: len(signal) for signal in self._free.values()}
        self._clk = Signal(name="clk")
        self._failed, self._running = Signal(name="failed"), Signal(name="running")
        self._broken = Signal(len(self.rules), name="broken")
        self._traced = {name: Signal(width, name=name) for name, width in TRACED.items()}

    def verilog(self) -> str:
        """Return Verilog of module `BENCH`, of which each object can be asked once.

        Its output `failed` is high after a cycle in which a rule was broken; bit n of `broken`
        is for rule n. It is not `running` in the first cycles, in which the CFU is reset.
        """
        outputs = (self._failed, self._broken, self._running, *self._traced.values())
        text = verilog.convert(
            self,
            name=BENCH,
            ports=[self._clk, *self._free.values(), *outputs],
            emit_src=False,
            strip_internal_attrs=True,
        )
        return str(text)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        domain = ClockDomain("sync", reset_less=True)
        m.domains += domain
        reset_cycles = Signal(range(_RESET_CYCLES + 1), init=_RESET_CYCLES)
        m.d.comb += [domain.clk.eq(self._clk), self._running.eq(reset_cycles == 0)]
        with m.If(~self._running):
            m.d.sync += reset_cycles.eq(reset_cycles - 1)
        ports = self._connect_bus(m)
        if self._memory is not None:
            ports |= self._connect_memory(m, self._memory)
        m.submodules.cfu = Instance("Cfu", i_clk=self._clk, i_reset=~self._running, **ports)
        breaks = Cat(self._breaks.values()) & self._running.replicate(len(self._broken))
        m.d.sync += self._broken.eq(self._broken | breaks)
        m.d.comb += self._failed.eq(self._broken.any())
        return m

    def _connect_bus(self, m: Module) -> dict[str, Any]:
        """Send any command and keep it until it is accepted; return the CFU's ports."""
        free, responses, followed = self._free, self._responses, self._followed
        m.submodules.responses, m.submodules.followed = responses, followed
        m.submodules.acceptance = acceptance = self._acceptance
        valid, ready, waits = Signal(), Signal(), Signal()
        rsp_valid = Signal()
        command = {name: Signal(free[name].shape()) for name in ("function_id", "in0", "in1")}
        # The CPU has two commands unanswered at most.
        has_room = responses.unanswered < (1 << COUNT_BITS) - 2
        m.d.comb += valid.eq(self._running & (waits | (free["sends"] & has_room)))
        m.d.sync += waits.eq(valid & ~ready)
        for name, value in command.items():
            kept = Signal.like(value)
            m.d.comb += value.eq(Mux(waits, kept, free[name]))
            m.d.sync += kept.eq(value)
        m.d.comb += [
            responses.cmd_valid.eq(valid),
            responses.cmd_ready.eq(ready),
            responses.function_id.eq(command["function_id"]),
            responses.rsp_valid.eq(rsp_valid & self._running),
            responses.rsp_ready.eq(free["takes"]),
            followed.follows.eq(free["follows"]),
            followed.accepted.eq(valid & ready),
            followed.function_id.eq(command["function_id"]),
            followed.rsp_valid.eq(responses.rsp_valid),
            followed.taken.eq(responses.rsp_valid & responses.rsp_ready),
            followed.payload.eq(responses.payload),
            followed.unanswered.eq(responses.unanswered),
            acceptance.waits.eq(valid & ~ready),
            acceptance.unanswered.eq(responses.unanswered),
            acceptance.rsp_ready.eq(responses.rsp_ready),
        ]
        shown = {
            "cmd_valid": valid,
            "cmd_ready": ready,
            **command,
            "rsp_valid": responses.rsp_valid,
            "rsp_ready": responses.rsp_ready,
            "payload": responses.payload,
        }
        m.d.comb += [self._traced[name].eq(value) for name, value in shown.items()]
        return {
            "i_cmd_valid": valid,
            "o_cmd_ready": ready,
            "i_cmd_payload_function_id": command["function_id"],
            "i_cmd_payload_inputs_0": command["in0"],
            "i_cmd_payload_inputs_1": command["in1"],
            "o_rsp_valid": rsp_valid,
            "i_rsp_ready": free["takes"],
            "o_rsp_payload_outputs_0": responses.payload,
        }

    def _connect_memory(self, m: Module, memory: MemoryRules) -> dict[str, Any]:
        """Answer the memory port at any time with anything; return the CFU's ports."""
        free = self._free
        m.submodules.memory = memory
        m.d.comb += [
            memory.ack.eq(free["acknowledges"] & memory.cyc & memory.stb),
            memory.err.eq(0),  # LiteX has no errors here
            memory.dat_r.eq(free["word"]),
            self._followed.pauses.eq(memory.waits),
            self._acceptance.pauses.eq(memory.waits),
        ]
        return {
            f"{direction[0]}_{name}": getattr(memory, name.removeprefix("mem_"))
            for name, (direction, _) in MEMORY_PORTS.items()
        }
