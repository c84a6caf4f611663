"""A session with a program that simulates a system: files in, files and a report out."""

from __future__ import annotations

__all__ = ["Ended", "ProgramSession"]

import json
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from firmware.image import FirmwareImage
from firmware.protocol import (
    FrameType,
    LayerRecord,
    Refusal,
    decode_frames,
    decode_result,
    decode_trap,
    encode_exit,
    encode_inference,
)
from gateware import CfuSpec
from sim.cycle_split import LayerSplit, layer_splits
from sim.diagnosis import (
    Fault,
    Stage,
    fault_error,
    out_of_cycles_error,
    stall_error,
    trap_error,
)
from sim.simulator import InferenceResult, Progress, RunRequest, RunResult, TensorSnapshot
from sim.startup import startup_contents
from toolchain import PlaygroundError, ToolFailed, ends_with_us

_REPORT = '{"exit":'  # how the program's report begins
_END_BYTES = 1 << 20  # of what the program prints, more than its report
_MESSAGE_LINES = 12


@dataclass(frozen=True)
class Ended:
    """How a program's session ended.

    Attributes
    ----------
    report
        What the program said of it.
    wall_seconds
        How long it took.
    """

    report: Mapping[str, Any]
    wall_seconds: float


@dataclass(frozen=True)
class ProgramSession:
    """A firmware's inferences, run by a program that takes the options of `harness/options.h`.

    Parameters
    ----------
    directory
        An empty one, for the session's files.
    spec
        The CFU in the system, to name its instructions in errors.
    """

    directory: Path
    image: FirmwareImage
    request: RunRequest
    spec: CfuSpec

    def execute(
        self,
        program: Path,
        options: Mapping[str, object],
        *,
        reset_address: int,
        progress: Progress | None,
    ) -> Ended:
        """Run the program to its end.

        Parameters
        ----------
        options
            Those that are the simulator's own.
        reset_address
            Where the CPU starts.

        Raises
        ------
        ToolFailed
            If the program ends without a report.
        """
        commands = b"".join(encode_inference(inputs) for inputs in self.request.inferences)
        (self.directory / "uart_input").write_bytes(commands + encode_exit())
        (self.directory / "snapshots").write_text(
            "".join(
                f"{layer} {self.image.tensor_address(tensor)} {size}\n"
                for layer, tensors in _output_tensors(self.image).items()
                for tensor, size in tensors
            )
        )
        arguments: dict[str, object] = {
            "--uart-input": "uart_input",
            "--uart-output": "uart_output",
            "--snapshots": "snapshots",
            "--snapshot-output": "snapshot_output",
            "--max-cycles": self.request.max_cycles,
            "--stall-cycles": self.request.stall_cycles,
            **({"--why": "why"} if self.request.why else {}),
            **options,
        }
        command = [str(program)]
        contents = startup_contents(self.image, reset_address, self.directory)
        for address, file in contents.items():
            command += ["--load", str(address), str(file)]
        for option, value in arguments.items():
            command += [option, str(value)]
        begin = time.perf_counter()
        report = _execute(command, self.directory, progress)
        return Ended(report, wall_seconds=time.perf_counter() - begin)

    def result(self, ended: Ended) -> RunResult:
        """Return what the session showed.

        Raises
        ------
        PlaygroundError
            If it did not end well; see `Simulator.run`.
        """
        frames = decode_frames((self.directory / "uart_output").read_bytes())
        text = b"".join(f.payload for f in frames if f.type is FrameType.TEXT)
        traps = [f.payload for f in frames if f.type is FrameType.TRAP]
        self._raise_unless_finished(ended.report, traps)
        for frame in frames:
            if frame.type is FrameType.REFUSED:
                reason = Refusal(int.from_bytes(frame.payload[:4], "little"))
                raise PlaygroundError(
                    f"the firmware refused what it was sent: {reason.name.lower()}",
                    hint="does a kernel read from the UART or overwrite the runtime's memory?",
                )
        records = [decode_result(f.payload) for f in frames if f.type is FrameType.RESULT]
        wanted = len(self.request.inferences)
        if len(records) != wanted:
            raise PlaygroundError(
                f"the firmware reported {len(records)} inferences, not {wanted}",
                hint="does a kernel write to the UART or overwrite the runtime's memory?",
            )
        snapshots = (self.directory / "snapshot_output").read_bytes()
        splits: tuple[LayerSplit, ...] | None = None
        if self.request.why:
            with (self.directory / "why").open() as lines:
                splits = layer_splits(lines, self.image.elf)
        return RunResult(
            inferences=_split(records, _output_tensors(self.image), snapshots, splits),
            simulated_cycles=ended.report["cycles"],
            simulated_instructions=ended.report.get("instructions"),
            wall_seconds=ended.wall_seconds,
            text=text.decode(errors="replace"),
        )

    def _raise_unless_finished(self, report: Mapping[str, Any], traps: list[bytes]) -> None:
        stages = [Stage(**stage) for stage in report["stages"]]
        layer = report["marker"] & 0xFFFFFF
        match report["exit"]:
            case "finished":
                return
            case "fault":
                raise fault_error(self.image, Fault(**report["fault"]), layer)
            case "trapped" if traps:
                raise trap_error(self.image, decode_trap(traps[-1]), layer)
            case "out_of_cycles":
                raise out_of_cycles_error(self.image, stages, layer, self.request.max_cycles)
            case _:
                raise stall_error(self.image, self.spec, stages, layer)


def _execute(command: list[str], directory: Path, progress: Progress | None) -> dict[str, Any]:
    """Run a command in a directory and return its report."""
    messages: list[str] = []
    # Into a file, since a CFU's Verilog may print without end, and nobody would empty a pipe.
    printed = directory / "stdout"
    with (
        printed.open("wb") as stdout,
        subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            assert process.stderr is not None
            with ends_with_us(process.pid):
                _follow(process.stderr, progress, messages)
                status = process.wait()
        except BaseException:
            process.kill()
            raise
    said = _end_of(printed)
    if status != 0:
        ending = f"status {status}" if status > 0 else f"{signal.Signals(-status).name}"
        last_words = said.splitlines(keepends=True)[-_MESSAGE_LINES:]
        if any("DIDNOTCONVERGE" in line for line in (*messages, *last_words)):
            raise PlaygroundError(
                "the CFU's logic does not settle: a signal depends on itself with no register "
                "between",
                hint="look for loops in what is assigned outside of clocked blocks",
            )
        raise ToolFailed(
            f"the simulator ended with {ending}", details="".join([*messages, *last_words])
        )
    report: dict[str, Any]
    # The CFU's Verilog may have printed before and after.
    report, _ = json.JSONDecoder().raw_decode(said, said.rindex(_REPORT))
    return report


def _end_of(file: Path) -> str:
    """Return the end of a text file that may be large."""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _END_BYTES))
        return opened.read().decode(errors="replace")


def _follow(lines: IO[str], progress: Progress | None, messages: list[str]) -> None:
    """Pass on the progress that the program reports, and keep its other messages."""
    layers_done = 0
    for line in lines:
        match line.split():
            case ["layer", _, cycles]:
                layers_done += 1
            case ["cycles", cycles]:
                pass
            case _:
                messages.append(line)
                continue
        if progress is not None:
            progress(layers_done, int(cycles))


def _output_tensors(image: FirmwareImage) -> dict[int, list[tuple[int, int]]]:
    """Return each layer's output tensors with their sizes in bytes."""
    return {
        layer.index: [(index, image.model.tensors[index].bytes) for index in layer.outputs]
        for layer in image.model.layers
    }


def _split(
    records: list[tuple[LayerRecord, ...]],
    outputs: Mapping[int, list[tuple[int, int]]],
    snapshots: bytes,
    splits: tuple[LayerSplit, ...] | None,
) -> tuple[InferenceResult, ...]:
    """Cut the copies of memory into tensors, and what else is in the order of execution."""
    inferences = []
    position = 0
    for number, layers in enumerate(records):
        by_layer = {}
        for layer, tensors in outputs.items():
            copies = []
            for tensor, size in tensors:
                copies.append(TensorSnapshot(tensor, snapshots[position : position + size]))
                position += size
            by_layer[layer] = tuple(copies)
        begin = number * len(layers)
        own = splits[begin : begin + len(layers)] if splits is not None else None
        inferences.append(InferenceResult(layers=layers, snapshots=by_layer, splits=own))
    return tuple(inferences)
