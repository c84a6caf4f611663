"""The part of a SoC's run that is inside the simulator, under cocotb.

Speaks with the firmware over the UART, and writes what happens on the CFU's bus to a file; judging
it is left to the process that started the simulator. What to send, and where to write, says the
JSON file that the environment variable `CFU_BENCH` names.
"""

from __future__ import annotations

__all__ = ["BUS_CYCLE_BYTES", "run_firmware"]

import json
import os
from pathlib import Path
from typing import IO, Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Event, Timer, ValueChange
from cocotb.utils import get_sim_time

from firmware.protocol import FrameStream, FrameType

BUS_CYCLE_BYTES = 22
"""Of a record of the CFU's bus: `bus_cycle` of soc_bench.sv, little-endian."""

_PERIOD_NS = 10
_RESET_CYCLES = 16  # for which the SoC keeps itself in reset, and some more


@cocotb.test()
async def run_firmware(dut: Any) -> None:
    """Run one inference, until its outputs are there or it is clear that they will not come."""
    settings = json.loads(Path(os.environ["CFU_BENCH"]).read_text())
    end = _End()
    dut.host_valid.value = 0
    Clock(dut.clk, _PERIOD_NS, "ns", impl="gpi").start()
    with Path(settings["bus"]).open("wb") as file:
        host = _Host(dut, outputs=settings["outputs"], end=end)
        bus = _BusRecorder(dut, file, end=end)
        cocotb.start_soon(host.send(bytes.fromhex(settings["commands"])))
        cocotb.start_soon(host.receive())
        cocotb.start_soon(bus.record())
        cocotb.start_soon(bus.watch(settings["patience_cycles"]))
        cocotb.start_soon(end.come_after(settings["max_cycles"]))
        await end.event.wait()
        # Of the last byte's cycle, too.
        await _cycles(2)
    Path(settings["received"]).write_bytes(host.received)
    result = {"ended": end.reason, "cycles": _cycle(), "marker": int(dut.marker.value)}
    Path(settings["output"]).write_text(json.dumps(result))


def _cycles(count: int) -> Timer:
    return Timer(count * _PERIOD_NS, "ns")


def _cycle() -> int:
    return int(get_sim_time("ns")) // _PERIOD_NS


class _End:
    """Why the run ends: the first reason there is."""

    def __init__(self) -> None:
        self.event = Event()
        self.reason: str | None = None

    def because(self, reason: str) -> None:
        if self.reason is None:
            self.reason = reason
            self.event.set()

    async def come_after(self, cycles: int) -> None:
        await _cycles(cycles)
        self.because("out_of_cycles")


class _Host:
    """The other end of the UART.

    Parameters
    ----------
    outputs
        How many frames of output end an inference.

    Attributes
    ----------
    received
        What came so far.
    """

    def __init__(self, dut: Any, *, outputs: int, end: _End) -> None:
        self._dut = dut
        self._missing = outputs
        self._end = end
        self.received = bytearray()

    async def send(self, data: bytes) -> None:
        """Send bytes as fast as they are taken."""
        dut = self._dut
        taken = ValueChange(dut.host_event)
        await _cycles(_RESET_CYCLES)
        dut.host_valid.value = 1
        for byte in data:
            dut.host_byte.value = byte
            await taken
        dut.host_valid.value = 0

    async def receive(self) -> None:
        """Collect what comes, and end the run after the last output or a refusal."""
        sent, byte = ValueChange(self._dut.soc_event), self._dut.soc_byte
        stream = FrameStream()
        while True:
            await sent
            self.received.append(int(byte.value))
            for frame in stream.feed(bytes(self.received[-1:])):
                self._missing -= frame.type is FrameType.OUTPUT
                if not self._missing:
                    self._end.because("finished")
                elif frame.type in (FrameType.TRAP, FrameType.REFUSED):
                    self._end.because(frame.type.name.lower())


class _BusRecorder:
    """Writes each cycle of the CFU's bus in which something happens to a file."""

    def __init__(self, dut: Any, file: IO[bytes], *, end: _End) -> None:
        self._dut = dut
        self._file = file
        self._end = end
        self._unanswered = 0
        self._is_offered = False
        self._progress = 0  # in which cycle something was accepted or taken, or began to wait

    @property
    def _waits(self) -> bool:
        return bool(self._unanswered or self._is_offered)

    async def record(self) -> None:
        """Write cycle after cycle."""
        happened, bus_cycle, write = (
            ValueChange(self._dut.bus_event),
            self._dut.bus_cycle,
            self._file.write,
        )
        while True:
            await happened
            record = int(bus_cycle.value)
            write(record.to_bytes(BUS_CYCLE_BYTES, "little"))
            valid_ready = record >> 108 & 3, record >> 32 & 3
            accepted, taken = (bits == 3 for bits in valid_ready)
            waited = self._waits
            self._is_offered = bool(valid_ready[0] & 2)
            self._unanswered += accepted - taken
            if accepted or taken or not waited:
                self._progress = _cycle()

    async def watch(self, patience_cycles: int) -> None:
        """End the run if a command waits for too long."""
        while True:
            await _cycles(patience_cycles)
            if self._waits and _cycle() - self._progress > patience_cycles:
                self._end.because("stuck")
