"""Child process of `firmware.golden`: runs TensorFlow Lite Micro's interpreter on request.

A message is 8 bytes of length (little-endian), then an `.npz` archive. A request holds `model` (the
file's bytes), `arena` (bytes), `wanted` (tensor indices), `runs` and `inputs` (counts) and the
input tensors `input_RUN_POSITION`; the answer holds `tensor_RUN_INDEX`, or `error` with a text.
The child ends when its standard input does.
"""

from __future__ import annotations

__all__ = ["main", "receive", "send"]

import io
import os
import struct
import sys
from collections.abc import Mapping
from typing import IO

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[np.generic]]


def send(stream: IO[bytes], arrays: Arrays) -> None:
    """Write one message."""
    archive = io.BytesIO()
    np.savez(archive, allow_pickle=False, **arrays)
    stream.write(struct.pack("<Q", archive.tell()))
    stream.write(archive.getbuffer())
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, npt.NDArray[np.generic]]:
    """Read one message.

    Raises
    ------
    EOFError
        If the stream ends before the message does.
    """
    header = stream.read(8)
    size = struct.unpack("<Q", header)[0] if len(header) == 8 else 0
    content = stream.read(size)
    if len(header) < 8 or len(content) < size:
        raise EOFError
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def main() -> None:
    """Answer requests on standard input until it ends."""
    # The interpreter may print: what it says must not end up among the answers.
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        try:
            answer = _run(request)
        except Exception as error:  # whatever the wheel raises is its answer
            text = str(error) if isinstance(error, RuntimeError) else repr(error)
            answer = {"error": np.frombuffer(text.encode(), np.uint8)}
        send(answers, answer)


def _run(request: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    from tflite_micro import runtime  # here, since the parent imports this module too

    interpreter = runtime.Interpreter.from_bytes(
        request["model"].tobytes(),
        arena_size=int(request["arena"].item()),
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,  # the wheel spells it so
    )
    answer = {}
    for run in range(int(request["runs"].item())):
        for position in range(int(request["inputs"].item())):
            interpreter.set_input(request[f"input_{run}_{position}"], position)
        interpreter.invoke()
        for index in request["wanted"].tolist():
            tensor = interpreter.GetTensor(index, 0)["tensor_data"]
            answer[f"tensor_{run}_{index}"] = np.array(tensor)
    return answer


if __name__ == "__main__":
    main()
