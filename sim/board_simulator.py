"""A board on a serial port, behind the protocol of simulators."""

from __future__ import annotations

__all__ = ["BoardSimulator", "simulated_mark", "slowdown_at"]

import contextlib
import random
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from boards import Board
from firmware.image import FirmwareImage
from firmware.protocol import (
    Frame,
    FrameType,
    LayerRecord,
    decode_result,
    decode_stepped,
    encode_inputs,
    encode_run,
    encode_step,
)
from sim.board_link import BoardLink, InputsLost, Trapped
from sim.board_start import start_board
from sim.diagnosis import trap_error
from sim.serial_line import SerialLine
from sim.simulator import InferenceResult, Progress, RunRequest, RunResult, TensorSnapshot
from toolchain import PlaygroundError, digest

T = TypeVar("T")

_INPUT_ATTEMPTS = 8
_LEAST_SECONDS = 5.0
_FIRST_LAYER = 0
_PSEUDO_TERMINALS = Path("/dev/pts")
_SIMULATED_HZ = 2e6  # at least, on a machine that is not too busy


@dataclass(frozen=True)
class BoardSimulator:
    """Runs firmware on a board over its serial port.

    A board lets nobody look into its memory while it runs. So each inference runs twice. First it
    runs layer by layer: after each one the firmware answers with digests of the outputs, and sends
    those that are not as expected. Then it runs in one go, as in simulation, and that is what is
    measured, since the digests leave other things in the caches than a run without them.

    Parameters
    ----------
    port
        Path of the serial port.
    baud
        Bits a second.
    slowdown
        How many times longer than real hardware the board takes for everything. By default 1, and
        on a pseudo-terminal, where only a simulated board can be, what simulation takes.
    """

    board: Board
    port: str
    baud: int
    slowdown: float | None = None
    name: str = "board"
    provenance: str = "board"

    @property
    def version(self) -> str:
        """The board's name, and whether it is a simulated one on a pseudo-terminal."""
        return f"{self.board.name}{simulated_mark(self.port)}"

    @property
    def identity(self) -> str:
        """See `Simulator.identity`; a board's runs are not recorded."""
        return digest(self.board, self.port, self.baud)

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        """Run a session on the board; see `Simulator.run`.

        With `request.expected`, only outputs that differ from it are sent over the line.
        """
        if request.trace is not None:
            raise PlaygroundError(
                "a board writes no waveform", hint="`--trace` goes with `--simulator verilator`"
            )
        try:
            return self._run(image, request, progress)
        except Trapped as trapped:
            # Outside of any layer: those explain theirs themselves.
            raise trap_error(image, trapped.trap, len(image.model.layers)) from None

    def _run(
        self, image: FirmwareImage, request: RunRequest, progress: Progress | None
    ) -> RunResult:
        begin = time.monotonic()
        slowdown = self.slowdown or slowdown_at(self.port, self.board)
        with SerialLine(self.port, self.baud) as line:
            link = start_board(
                line,
                image,
                board=self.board,
                slowdown=slowdown,
                patience_seconds=request.max_cycles / self.board.sys_clk_hz,
                progress=lambda done: None,
            )
            session = _Session(link, image, request, self.board.sys_clk_hz, progress)
            inferences, text = [], b""
            for number in range(len(request.inferences)):
                inferences.append(session.infer(number))
                text += b"".join(link.text)
        return RunResult(
            inferences=tuple(inferences),
            simulated_cycles=sum(inference.cycles for inference in inferences),
            wall_seconds=time.monotonic() - begin,
            text=text.decode(errors="replace"),
        )


def simulated_mark(port: str) -> str:
    """Return what to put behind the name of a board on a port: ", simulated" if it is, or ""."""
    return ", simulated" if _is_pseudo_terminal(port) else ""


def slowdown_at(port: str, board: Board) -> float:
    """Return how many times slower than real hardware a board is that is on a port."""
    return max(1.0, board.sys_clk_hz / _SIMULATED_HZ) if _is_pseudo_terminal(port) else 1.0


def _is_pseudo_terminal(port: str) -> bool:
    return Path(port).resolve().is_relative_to(_PSEUDO_TERMINALS)


class _Session:
    """The inferences of one session."""

    def __init__(
        self,
        link: BoardLink,
        image: FirmwareImage,
        request: RunRequest,
        clock_hz: int,
        progress: Progress | None,
    ) -> None:
        self._link = link
        self._image = image
        self._request = request
        self._seconds = _LEAST_SECONDS + request.max_cycles / clock_hz
        self._progress = progress
        self._layers_done = 0
        self._cycles = 0
        # Not what a session before began with: the firmware may still know that one's last step.
        self._sequence = random.SystemRandom().randrange(1, 1 << 31)

    def infer(self, number: int) -> InferenceResult:
        """Run an inference twice, to check it and to measure it."""
        inputs = self._request.inferences[number]
        expected = self._request.expected[number] if self._request.expected else {}
        snapshots = {
            layer.index: self._checked_layer(inputs, layer.index, expected)
            for layer in self._image.model.layers
        }
        self._link.text.clear()  # what kernels print is of the measured run
        measured = self._measured(inputs)
        self._compare_outputs(snapshots)
        return InferenceResult(layers=measured, snapshots=snapshots)

    def _checked_layer(
        self, inputs: Sequence[bytes], layer: int, expected: Mapping[int, bytes]
    ) -> tuple[TensorSnapshot, ...]:
        """Run one layer and return its outputs."""
        model = self._image.model
        self._sequence += 1
        sequence = self._sequence

        def answer(frame: Frame) -> LayerRecord | None:
            if frame.type is not FrameType.STEPPED:
                return None
            answered, record = decode_stepped(frame.payload)
            return record if answered == sequence else None

        record = self._run(
            encode_step(sequence, layer, inputs),
            answer,
            inputs if layer == _FIRST_LAYER else None,
            doing=f"running layer {layer} ({model.layers[layer].operator})",
            layer=layer,
        )
        snapshots = tuple(
            TensorSnapshot(tensor, self._tensor(tensor, expected.get(tensor)))
            for tensor in model.layers[layer].outputs
        )
        self._layers_done += 1
        self._cycles += record.cycles
        if self._progress is not None:
            self._progress(self._layers_done, self._cycles)
        return snapshots

    def _measured(self, inputs: Sequence[bytes]) -> tuple[LayerRecord, ...]:
        """Run all layers in one go and return what was measured of each."""

        def answer(frame: Frame) -> tuple[LayerRecord, ...] | None:
            return decode_result(frame.payload) if frame.type is FrameType.RESULT else None

        return self._run(
            encode_run(inputs),
            answer,
            inputs,
            doing="running all layers",
            layer=len(self._image.model.layers),
        )

    def _compare_outputs(self, snapshots: Mapping[int, Sequence[TensorSnapshot]]) -> None:
        """Insist that the measured run gave the outputs that were checked."""
        checked = {s.tensor: s.data for tensors in snapshots.values() for s in tensors}
        for tensor in self._image.model.outputs:
            if tensor in checked and self._tensor(tensor, checked[tensor]) != checked[tensor]:
                raise PlaygroundError(
                    "the model's outputs differ between two runs with the same inputs on the "
                    f"board on `{self._link.line.port}`",
                    hint="does a kernel keep state, or does the board lose bits?",
                )

    def _run(
        self,
        question: bytes,
        answer: Callable[[Frame], T | None],
        inputs: Sequence[bytes] | None,
        *,
        doing: str,
        layer: int,
    ) -> T:
        """Let the firmware run something, after sending the inputs that it needs, if any."""
        try:
            for _ in range(_INPUT_ATTEMPTS):
                if inputs is not None:
                    self._link.line.write(encode_inputs(inputs))
                with contextlib.suppress(InputsLost):
                    return self._link.ask(question, answer, seconds=self._seconds, doing=doing)
        except Trapped as trapped:
            raise trap_error(self._image, trapped.trap, layer) from None
        raise PlaygroundError(
            f"the inputs did not arrive whole in {_INPUT_ATTEMPTS} attempts, {doing}",
            hint="is the line noisy? Try another cable or port",
        )

    def _tensor(self, tensor: int, expected: bytes | None) -> bytes:
        """Return what a tensor holds, read over the line only if it is not what is expected."""
        address = self._image.tensor_address(tensor)
        size = self._image.model.tensors[tensor].bytes
        if expected is not None and self._link.crc(address, size) == zlib.crc32(expected):
            return expected
        return self._link.content(address, size)
