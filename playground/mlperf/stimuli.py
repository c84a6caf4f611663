"""What the device is sent: the inputs of a run, or a data set of the benchmark."""

from __future__ import annotations

__all__ = ["LABELS_FILE", "Stimulus", "evenly", "read_dataset", "stimuli_of_inputs"]

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from firmware.mlperf import Scoring, Task, encode_input, stimulus_bytes
from firmware.model import Model
from playground.inputs import read_inputs
from toolchain import PlaygroundError

LABELS_FILE = "y_labels.csv"


@dataclass(frozen=True)
class Stimulus:
    """One example.

    Attributes
    ----------
    windows
        What the device is sent for each inference. Only a score by reconstruction has several: it
        is the mean over them.
    label
        The expected class; of a score by reconstruction 0 for normal and 1 for anomalous. `None` if
        it is not known.
    """

    name: str
    windows: tuple[bytes, ...] = field(repr=False)
    label: int | None = None


def stimuli_of_inputs(
    model: Model, task: Task, files: Sequence[Path], *, labels: Sequence[int] = ()
) -> tuple[Stimulus, ...]:
    """Return what to send for raw input tensors, as `playground.inputs.read_inputs` takes them.

    A file with several tensors is several examples, or several windows of one if the task scores
    by reconstruction.

    Raises
    ------
    PlaygroundError
        If a file does not fit the model, or there is not one label for each example.
    """
    stimuli: list[Stimulus] = []
    for chosen in [[path] for path in files] or [[]]:
        inputs = read_inputs(model, chosen)
        name = inputs.sources[0].name
        windows = tuple(encode_input(task, model, tensors[0]) for tensors in inputs.inferences)
        if task.scoring is Scoring.RECONSTRUCTION_ERROR:
            stimuli.append(Stimulus(name, windows))
        else:
            numbered = len(windows) > 1
            stimuli += [
                Stimulus(f"{name} #{number}" if numbered else name, (window,))
                for number, window in enumerate(windows, 1)
            ]
    if not labels:
        return tuple(stimuli)
    if len(labels) != len(stimuli):
        raise PlaygroundError(
            f"there are {len(labels)} labels for {len(stimuli)} examples",
            hint="give one expected class for each, in their order",
        )
    return tuple(Stimulus(s.name, s.windows, k) for s, k in zip(stimuli, labels, strict=True))


def read_dataset(model: Model, task: Task, directory: Path) -> tuple[Stimulus, ...]:
    """Read a data set as mlcommons/tiny lays it out (`benchmark/evaluation/datasets`).

    `y_labels.csv` has a line for each file: its name, the number of classes and the class, and for
    sliding windows their width and the step between them, in bytes. Files hold what the device is
    sent.

    Raises
    ------
    PlaygroundError
        If something is missing, malformed or made for another model.
    """
    path = directory / LABELS_FILE
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise PlaygroundError(
            f"cannot read the data set's `{path}`: {error}",
            hint=f"a data set is a directory with `{LABELS_FILE}` and the files it names",
        ) from error
    stimuli = []
    for number, row in enumerate(rows, 1):
        if not row:
            continue
        where = f"line {number} of `{path}`"
        try:
            name, _, label, *window = row
            expected = int(label)
            width, step = map(int, window) if window else (0, 0)
            if window and min(width, step) <= 0:
                raise ValueError
        except ValueError as error:
            raise PlaygroundError(
                f"{where} is `{','.join(row)}`",
                hint="expected are a file, the number of classes, the class, and for sliding "
                "windows their width and step in bytes",
            ) from error
        data = _read_file(directory / name, where)
        windows = _windows(data, width, step) if window else (data,)
        size = stimulus_bytes(task, model)
        if not windows or any(len(each) != size for each in windows):
            raise PlaygroundError(
                f"`{directory / name}` has {len(data):,} bytes, in windows of {width:,}"
                if width
                else f"`{directory / name}` has {len(data):,} bytes",
                hint=f"the task `{task.model_id}` with model `{model.name}` takes {size:,}",
            )
        stimuli.append(Stimulus(name, windows, expected))
    if not stimuli:
        raise PlaygroundError(f"the data set's `{path}` is empty")
    return tuple(stimuli)


def evenly(stimuli: Sequence[Stimulus], count: int) -> tuple[Stimulus, ...]:
    """Return so many stimuli, spread over all: data sets are often sorted by class."""
    count = min(count, len(stimuli))
    return tuple(stimuli[i * len(stimuli) // count] for i in range(count))


def _read_file(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlaygroundError(
            f"{where} names `{path}`, which cannot be read: {error.strerror}",
            hint="the benchmark's data sets are made by the scripts in mlcommons/tiny, `benchmark/"
            "training`",
        ) from error


def _windows(data: bytes, width: int, step: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + width] for at in range(0, len(data) - width + 1, step))
