"""The rules of a CFU's bus, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gateware import CfuSpec, InstructionSpec, Latency
from gateware.bus_monitor import BusMonitor, CheckReport
from gateware.stimulus import BusInputs, BusOutputs

_SPEC = CfuSpec(
    "sample",
    (
        InstructionSpec("now", 0, 0, Latency.combinational()),
        InstructionSpec("two", 1, 0, Latency.fixed(2)),
        InstructionSpec("soon", 2, 0, Latency.variable(3)),
    ),
)


@dataclass(frozen=True)
class _Cycle:
    """One cycle: "c" a command, "C" one that is accepted, "r" a response, "R" one that is taken."""

    what: str
    id: int = 1
    operand: int = 0
    result: int = 0
    memory_waits: bool = False

    def observed_by(self, monitor: BusMonitor) -> None:
        what = self.what
        monitor.observe(
            BusInputs("c" in what.lower(), self.id, self.operand, 0, "R" in what),
            BusOutputs("C" in what, "r" in what.lower(), self.result),
            memory_waits=self.memory_waits,
        )


def _cycles(*whats: str, id: int = 1) -> list[_Cycle]:  # noqa: A002 - as on the bus
    return [_Cycle(what, id=id) for what in whats]


def _report(cycles: list[_Cycle]) -> CheckReport:
    monitor = BusMonitor(_SPEC, None, answers_zero=False)
    for cycle in cycles:
        cycle.observed_by(monitor)
    return monitor.report("here", 0, is_stuck=False)


@pytest.mark.parametrize(
    "cycles",
    [
        _cycles("c", "c", "C", "", "r", "r", "R", ""),
        _cycles("C", "C", "CR", "R", "R"),
        _cycles("cr", "cr", "CR", "", id=0),
        _cycles("C", "", "", "R", id=2),
        # Behind another one, there are a latency and a cycle from when that one has left.
        _cycles("C", "C", "r", "r", "R", "", "", "R"),
        [_Cycle("C"), _Cycle("", memory_waits=True), _Cycle("R")],
        [_Cycle("C"), _Cycle("", memory_waits=True), _Cycle("", memory_waits=True), _Cycle("R")],
    ],
)
def test_what_is_allowed(cycles: list[_Cycle]) -> None:
    report = _report(cycles)
    assert report.failures == ()
    assert report.commands == sum("R" in cycle.what for cycle in cycles)


@pytest.mark.parametrize(
    ("cycles", "failure"),
    [
        (_cycles("c", ""), "cycle 1: cmd_valid fell before the command was accepted"),
        ([_Cycle("c"), _Cycle("c", id=2)], "cycle 1: the command changed before it was accepted"),
        (
            [_Cycle("c"), _Cycle("C", operand=1)],
            "cycle 1: the command changed before it was accepted",
        ),
        (_cycles("C", "", "r", ""), "cycle 3: rsp_valid fell before the response was taken"),
        (
            [*_cycles("C", "", "r"), _Cycle("r", result=9)],
            "cycle 3: the response changed from 0x0 to 0x9 before it was taken",
        ),
        (_cycles("", "r"), "cycle 1: a response without a command"),
        (_cycles("cr"), "cycle 0: a response without a command"),
        (_cycles("C", "", "R", "R"), "cycle 3: a response without a command"),
        (_cycles("C", "R"), "cycle 1: `two` answered after 1 cycle(s); it promises 2 cycles"),
        (_cycles("C", "", "", "R"), "cycle 3: `two` answered after 3 cycle(s)"),
        (_cycles("C", "", "C", "", "", "", "R", id=2), "`soon` answered after 6 cycle(s)"),
        (
            _cycles("C", "", "CR", "", "", "", "R", id=2),
            "cycle 6: `soon` answered after 4 cycle(s); it promises 1 to 3 cycles",
        ),
        (
            _cycles("C", "C", "R", "", "", "", "R"),
            "cycle 6: `two` answered after 5 cycle(s), 4 after the one before it; it promises 2",
        ),
        (
            _cycles("C", "", "CR", "r"),
            "cycle 3: `two` answered after 1 cycle(s); it promises 2 cycles",
        ),
        (
            [_Cycle("C"), _Cycle("", memory_waits=True), *_cycles("", "", "R")],
            "cycle 4: `two` answered after 4 cycle(s), 1 of them waiting for memory",
        ),
    ],
)
def test_what_is_not_allowed(cycles: list[_Cycle], failure: str) -> None:
    failures = _report(cycles).failures
    assert len(failures) == 1
    assert failure in failures[0]


def test_quiet_cycles_can_be_passed_over() -> None:
    monitor = BusMonitor(_SPEC, None, answers_zero=False)
    _Cycle("C").observed_by(monitor)
    monitor.skip(40, memory_waits=39)
    _Cycle("R").observed_by(monitor)
    monitor.skip(1000)
    _Cycle("C").observed_by(monitor)
    monitor.skip(5)
    _Cycle("R").observed_by(monitor)
    report = monitor.report("here", 0, is_stuck=False)
    assert report.failures == ("cycle 1048: `two` answered after 6 cycle(s); it promises 2 cycles",)
