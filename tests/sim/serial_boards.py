"""Simulated boards on pseudo-terminals, and lines to them that can be tampered with."""

from __future__ import annotations

__all__ = [
    "Meddler",
    "SerialBench",
    "litex_term_uploads",
    "records_of",
    "serial_bench",
]

import os
import pty
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import serial

from boards import Board, find_board
from firmware.image import FirmwareImage
from firmware.model import Model
from firmware.protocol import (
    Frame,
    FrameType,
    LayerRecord,
    decode_result,
    encode_inputs,
    encode_run,
)
from gateware import load_cfu
from sim.board_link import BoardLink
from sim.board_simulator import BoardSimulator
from sim.simulator import RunRequest, RunResult
from sim.terminal import TerminalBoard
from sim.verilated_soc import build_verilated_soc
from soc import build_soc, find_cpu
from soc.bios import build_bios
from tests.sim.bench import Bench
from toolchain import ArtifactCache

_READY = b"\xc5\xf0\x81"  # how the first frame of a firmware begins
Tamper = Callable[[bytes], bytes]
MAX_CYCLES = 4_000_000
_CLOCK_HZ = 4_000_000
_SLOWDOWN = 3.0  # on a busy machine


def _untouched(data: bytes) -> bytes:
    return data


class Meddler:
    """A second pseudo-terminal in front of a board's, for bytes to get lost or changed between.

    Parameters
    ----------
    to_board, to_host
        Given the bytes of one direction as they come, return what arrives.
    """

    def __init__(
        self, port: str, baud: int, *, to_board: Tamper = _untouched, to_host: Tamper = _untouched
    ) -> None:
        self._board = serial.Serial(port, baud, timeout=0.05)
        self._master, slave = pty.openpty()
        tty.setraw(slave)  # lest it echoes the board's words to the board
        self.port = os.ttyname(slave)
        self._slave = slave  # kept open, so that the host may come and go
        self._ended = threading.Event()
        self._threads = (
            threading.Thread(target=self._down, args=(to_board,)),
            threading.Thread(target=self._up, args=(to_host,)),
        )

    def __enter__(self) -> Meddler:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        os.close(self._slave)
        for thread in self._threads:
            thread.join()
        self._board.close()
        os.close(self._master)

    def _down(self, tamper: Tamper) -> None:
        os.set_blocking(self._master, False)
        while not self._ended.wait(0.002):
            try:
                data = os.read(self._master, 4096)
            except OSError:  # nothing there
                continue
            self._board.write(tamper(data))

    def _up(self, tamper: Tamper) -> None:
        while not self._ended.is_set():
            data = self._board.read(1)
            data += self._board.read(self._board.in_waiting)
            if data:
                os.write(self._master, tamper(data))


@dataclass(frozen=True)
class SerialBench:
    """A board that starts with LiteX's BIOS, simulated on a pseudo-terminal."""

    board: Board
    bench: Bench
    contents: Mapping[int, Path]

    @property
    def baud(self) -> int:
        return 115_200

    def image(self, model: Model) -> FirmwareImage:
        return self.bench.image(model)

    def with_kernel(self, directory: Path, name: str, text: str) -> SerialBench:
        return replace(self, bench=self.bench.with_kernel(directory, name, text))

    @contextmanager
    def switched_on(self, contents: Mapping[int, Path] | None = None) -> Iterator[TerminalBoard]:
        verilated = build_verilated_soc(
            self.bench.soc, self.bench.cfu.verilog, traces=False, cache=self.bench.cache
        )
        contents = self.contents if contents is None else contents
        with TerminalBoard(verilated, contents, baud=self.baud) as board:
            yield board

    def run(
        self,
        port: str,
        image: FirmwareImage,
        inferences: Sequence[Sequence[bytes]],
        *,
        expected: Sequence[Mapping[int, bytes]] | None = None,
        baud: int | None = None,
        slowdown: float = _SLOWDOWN,
        max_cycles: int = MAX_CYCLES,
    ) -> RunResult:
        simulator = BoardSimulator(self.board, port, baud or self.baud, slowdown=slowdown)
        request = RunRequest(inferences, max_cycles=max_cycles, expected=expected)
        return simulator.run(image, request)


def serial_bench() -> SerialBench:
    """Return the ULX3S with ideal memory, which starts quickly, without a CFU.

    It is clocked about as fast as it is simulated, so that the seconds that LiteX's BIOS waits for
    this or that are not minutes.
    """
    cache = ArtifactCache.default()
    board = replace(find_board("ulx3s").idealized(), sys_clk_hz=_CLOCK_HZ)
    soc = build_soc(board, find_cpu(board.cpu), cache=cache)
    assert soc.software is not None
    rom = board.memory("rom")
    bios = build_bios(soc.software, isa="rv32im", rom_bytes=rom.bytes, cache=cache)
    bench = Bench(soc=soc, cache=cache, cfu=load_cfu("none", directory=Path()))
    return SerialBench(board=board, bench=bench, contents={rom.origin: bios})


def litex_term_uploads(port: str, baud: int, image: FirmwareImage) -> None:
    """Let LiteX's own terminal upload a firmware, and return when that is ready."""
    keyboard, terminal = pty.openpty()
    program = Path(sys.executable).with_name("litex_term")
    address = hex(image.elf.load_address)
    command = [program, "--speed", str(baud), "--kernel", image.program, "--kernel-adr", address]
    said = b""
    with subprocess.Popen(
        [*command, port], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as litex_term:
        assert litex_term.stdout is not None
        while _READY not in said and (read := os.read(litex_term.stdout.fileno(), 4096)):
            said += read
        litex_term.kill()
    os.close(keyboard)
    os.close(terminal)
    assert b"Received firmware download request from the device" in said
    assert b"Upload complete" in said
    assert b"Liftoff!" in said


def records_of(link: BoardLink, inputs: Sequence[bytes]) -> tuple[LayerRecord, ...]:
    """Run the model on a firmware that waits for commands."""

    def answer(frame: Frame) -> tuple[LayerRecord, ...] | None:
        return decode_result(frame.payload) if frame.type is FrameType.RESULT else None

    link.line.write(encode_inputs(inputs))
    return link.ask(encode_run(inputs), answer, seconds=10, doing="running")
