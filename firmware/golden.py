"""The judge of every run: TensorFlow Lite Micro's own interpreter, from the `tflite-micro` wheel.

The interpreter is native code that ends the process on some models, so it lives in a child process.
"""

from __future__ import annotations

__all__ = ["Golden", "golden_runs", "golden_tensors", "golden_version"]

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from firmware import golden_worker
from firmware.golden_worker import receive, send
from firmware.model import Model
from firmware.tflite_reader import parse_model
from toolchain import PlaygroundError, ToolFailed, wheel_version

Array = npt.NDArray[np.generic]
Tensors = Mapping[int, Array]

DEFAULT_TIMEOUT_SECONDS = 120.0

# The interpreter is given far more than any model needs: it takes no longer for that (the pages it
# does not touch are never made), while an arena that is too small ends its process in some cases.
_SPARE_ARENA_BYTES = 64 << 20
_LARGEST_TENSORS_BYTES = 512 << 20  # all tensors together; far beyond any microcontroller
_EXIT_SECONDS = 10.0
_MESSAGE_LINES = 12  # of what the interpreter printed, the last of which tell most


def golden_version() -> str:
    """Return the version of the interpreter's wheel."""
    return wheel_version("tflite-micro")


def golden_tensors(
    model_bytes: bytes, inputs: Sequence[Array], *, wanted: Sequence[int]
) -> Tensors:
    """Run one inference and return tensors, intermediate ones included.

    Parameters
    ----------
    model_bytes
        Content of the `.tflite` file.
    inputs
        One array per graph input, in the file's order, of the tensor's dtype and shape.
    wanted
        Indices of the tensors to return.

    Returns
    -------
    Mapping
        Tensor index to array, of the tensor's dtype and shape.

    Raises
    ------
    PlaygroundError
        If the file is not a valid model or an input does not fit it.
    ToolFailed
        If the interpreter refuses the model, crashes or takes too long; with its own words.
    """
    return golden_runs(model_bytes, [inputs], wanted=wanted)[0]


def golden_runs(
    model_bytes: bytes, runs: Sequence[Sequence[Array]], *, wanted: Sequence[int]
) -> tuple[Tensors, ...]:
    """Run several inferences of one model, as `golden_tensors` does, in one child process."""
    with Golden() as golden:
        return golden.run(parse_model(model_bytes, name="model"), runs, wanted=wanted)


class Golden:
    """A child process that runs models, for when there are many; a context manager.

    The process starts with the first run. After a run that failed, the next one gets a new process.

    Parameters
    ----------
    timeout_seconds
        How long all inferences of one call of `run` may take together.
    """

    def __init__(self, *, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process, if there is one."""
        process, log = self._process, self._log
        self._process, self._log = None, None
        if process is not None:
            process.kill()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            process.wait()
        if log is not None:
            log.close()

    def run(
        self, model: Model, runs: Sequence[Sequence[Array]], *, wanted: Sequence[int]
    ) -> tuple[Tensors, ...]:
        """Run inferences of a model and return tensors of each.

        Parameters
        ----------
        model
            A model that was read, and so checked: the interpreter itself trusts the file blindly.
        runs
            The inputs of each inference, as for `golden_tensors`.
        wanted
            Indices of the tensors to return.

        Raises
        ------
        PlaygroundError, ToolFailed
            As `golden_tensors` does.
        """
        _check_size(model)
        for inputs in runs:
            _check_inputs(model, inputs)
        computed = [index for index in wanted if not model.tensors[index].is_constant]
        request = {
            "model": np.frombuffer(model.content, np.uint8),
            "arena": np.array(_arena_bytes(model)),
            "runs": np.array(len(runs)),
            "inputs": np.array(len(model.inputs)),
            "wanted": np.array(computed, np.int64),
        }
        for run, inputs in enumerate(runs):
            for position, value in enumerate(inputs):
                request[f"input_{run}_{position}"] = np.asarray(value, order="C")
        answer = self._exchange(model, request)
        return tuple(
            {index: _tensor(model, index, answer.get(f"tensor_{run}_{index}")) for index in wanted}
            for run in range(len(runs))
        )

    def _exchange(self, model: Model, request: Mapping[str, Array]) -> Mapping[str, Array]:
        # Of a process that is yet to start, everything that it prints counts.
        log_start = len(self._printed()) if self._process is not None else 0
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            process.kill()

        watchdog = threading.Timer(self._timeout_seconds, give_up)
        watchdog.start()
        try:
            send(process.stdin, request)
            answer = receive(process.stdout)
        except (EOFError, OSError):
            status = self._wait()
            what = f"took more than {self._timeout_seconds:g} s" if timed_out.is_set() else status
            raise self._failure(model, what, log_start) from None
        except BaseException:  # Ctrl-C: an answer that comes late must not be taken for the next
            self.close()
            raise
        finally:
            watchdog.cancel()
        if "error" in answer:
            what = f"says `{answer['error'].tobytes().decode().strip()}`"
            raise self._failure(model, what, log_start)
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            golden_version()  # raises if the wheel is missing, which is told better from here
            self._log = tempfile.TemporaryFile()  # noqa: SIM115
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(Path(golden_worker.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
            )
        return self._process

    def _wait(self) -> str:
        """Return how the child process ended."""
        assert self._process is not None
        try:
            status = self._process.wait(timeout=_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its output and did not end"
        if status < 0:
            return f"crashed with {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def _printed(self) -> bytes:
        # Not by seek and read: the child writes at the position that both share.
        assert self._log is not None
        log = self._log.fileno()
        return os.pread(log, os.fstat(log).st_size, 0)

    def _failure(self, model: Model, what: str, log_start: int) -> ToolFailed:
        """Return the error to raise, having ended the child process."""
        said = self._printed()[log_start:].decode(errors="replace").strip().splitlines()
        self.close()
        return ToolFailed(
            f"TensorFlow Lite Micro's interpreter cannot run `{model.name}`: it {what}",
            hint="without it no result can be checked; see what it printed, if anything",
            details="\n".join(said[-_MESSAGE_LINES:]) or None,
        )


def _arena_bytes(model: Model) -> int:
    # Each tensor keeps a place of its own, and kernels take scratch buffers besides.
    tensors = sum(tensor.bytes + 64 for tensor in model.tensors if not tensor.is_constant)
    return _SPARE_ARENA_BYTES + 4 * tensors + 4 * len(model.content)


def _check_size(model: Model) -> None:
    tensors_bytes = sum(tensor.bytes for tensor in model.tensors)
    if tensors_bytes > _LARGEST_TENSORS_BYTES:
        raise PlaygroundError(
            f"the tensors of `{model.name}` take {tensors_bytes:,} bytes together,"
            f" {_LARGEST_TENSORS_BYTES:,} at most can be checked",
            hint="a model of that size fits no board; is the file damaged?",
        )


def _check_inputs(model: Model, inputs: Sequence[Array]) -> None:
    if len(inputs) != len(model.inputs):
        raise PlaygroundError(
            f"`{model.name}` takes {len(model.inputs)} inputs, {len(inputs)} were given",
            hint="give one array per input, in the model's order",
        )
    for index, value in zip(model.inputs, inputs, strict=True):
        tensor = model.tensors[index]
        if value.shape != tensor.shape or value.dtype != tensor.dtype:
            raise PlaygroundError(
                f"input `{tensor.name}` of `{model.name}` is {tensor.dtype} of shape"
                f" {tensor.shape}, not {value.dtype} of shape {value.shape}",
                hint="quantize and reshape the input as the model takes it",
            )


def _tensor(model: Model, index: int, value: Array | None) -> Array:
    tensor = model.tensors[index]
    if value is None:
        return tensor.array()
    if value.dtype != tensor.dtype or value.size != tensor.elements:
        raise ToolFailed(
            f"TensorFlow Lite Micro computes tensor {index} `{tensor.name}` of `{model.name}` as"
            f" {value.dtype} of shape {value.shape}; the file says {tensor.dtype}, {tensor.shape}",
            hint="the shapes in the file do not follow from its layers; export the model again",
        )
    return value.reshape(tensor.shape)
