"""From files, or from nothing, to the bytes of a model's inputs."""

from __future__ import annotations

__all__ = ["ModelInputs", "read_inputs"]

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from firmware.model import Model, Tensor
from profiles import InputFile
from toolchain import PlaygroundError, digest

_SEED = 1


@dataclass(frozen=True)
class ModelInputs:
    """The inputs of a run.

    Attributes
    ----------
    inferences
        For each inference the raw bytes of each of the model's inputs.
    sources
        Where they come from.
    """

    inferences: tuple[tuple[bytes, ...], ...] = field(repr=False)
    sources: tuple[InputFile, ...]

    def first(self) -> ModelInputs:
        """Return the inputs of the first inference alone."""
        tensors = len(self.inferences[0])
        return ModelInputs(inferences=self.inferences[:1], sources=self.sources[:tensors])


def read_inputs(model: Model, files: Sequence[Path]) -> ModelInputs:
    """Read input tensors from raw files, or make them up when there are none.

    Parameters
    ----------
    files
        One for each of the model's inputs in turn, over and over for several inferences. Each
        holds the tensor's bytes, row-major, or a multiple of that for several inferences.

    Raises
    ------
    PlaygroundError
        If a file cannot be read, or its size or their number does not fit the model.
    """
    tensors = [model.tensors[index] for index in model.inputs]
    if not files:
        made_up = tuple(_random_bytes(tensor, _SEED + i) for i, tensor in enumerate(tensors))
        source = InputFile(name=f"random, seed {_SEED}", digest=digest(list(made_up)))
        return ModelInputs(inferences=(made_up,), sources=(source,))
    if len(files) % len(tensors):
        raise PlaygroundError(
            f"model `{model.name}` has {len(tensors)} inputs, {len(files)} input files do not "
            "make whole inferences",
            hint="give one file for each input, in the model's order: "
            + ", ".join(f"`{tensor.name}` ({tensor.bytes:,} bytes)" for tensor in tensors),
        )
    inferences: list[tuple[bytes, ...]] = []
    sources = []
    for begin in range(0, len(files), len(tensors)):
        group = files[begin : begin + len(tensors)]
        columns = [_read(path, tensor) for path, tensor in zip(group, tensors, strict=True)]
        if len({len(column) for column in columns}) != 1:
            counts = ", ".join(f"`{p}` {len(c)}" for p, c in zip(group, columns, strict=True))
            raise PlaygroundError(
                f"the input files hold tensors for different numbers of inferences: {counts}"
            )
        inferences += zip(*columns, strict=True)
        sources += [
            InputFile(name=path.name, digest=digest(column))
            for path, column in zip(group, columns, strict=True)
        ]
    return ModelInputs(inferences=tuple(inferences), sources=tuple(sources))


def _read(path: Path, tensor: Tensor) -> list[bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PlaygroundError(f"cannot read input `{path}`: {error.strerror}") from error
    if not data or len(data) % tensor.bytes:
        shape = "×".join(map(str, tensor.shape))
        raise PlaygroundError(
            f"input `{path}` has {len(data):,} bytes, but tensor `{tensor.name}` "
            f"({tensor.dtype}, {shape}) takes {tensor.bytes:,}",
            hint="an input file holds raw tensor values, row-major, of one or several inferences",
        )
    return [data[i : i + tensor.bytes] for i in range(0, len(data), tensor.bytes)]


def _random_bytes(tensor: Tensor, seed: int) -> bytes:
    """Return values that are all in range for the tensor's type."""
    generator = np.random.default_rng(seed)
    dtype = np.dtype(tensor.dtype)
    if dtype.kind == "f":
        return generator.standard_normal(tensor.elements).astype(dtype).tobytes()
    if dtype.kind == "b":
        return generator.integers(0, 2, tensor.elements).astype(dtype).tobytes()
    info = np.iinfo(dtype)
    return generator.integers(info.min, info.max, tensor.elements, dtype, endpoint=True).tobytes()
