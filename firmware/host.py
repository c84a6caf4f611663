"""A model's generated code and kernels, compiled for this machine and run in a child process."""

from __future__ import annotations

__all__ = ["HostProgram", "build_for_host", "run_on_host"]

import signal
import struct
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from firmware.arena import ArenaPlan, plan_arena
from firmware.codegen import generate
from firmware.host_compiler import HostCompiler
from firmware.kernel_sources import reference_source, support_sources
from firmware.model import Model
from firmware.operators import prepare
from toolchain import ArtifactCache, PlaygroundError, digest

Array = npt.NDArray[np.generic]

_CONSTANTS = """\
.section .rodata
.balign 16
.globl playground_constants
playground_constants:
.incbin "constants.bin"
.section .note.GNU-stack,"",@progbits
"""


@dataclass(frozen=True)
class HostProgram:
    """A model as a program for this machine.

    Attributes
    ----------
    executable
        Speaks the protocol that kernels/host/host_main.cc describes.
    """

    model: Model
    arena: ArenaPlan
    executable: Path

    def run(
        self, inputs: Sequence[Array], *, timeout_seconds: float = 300.0
    ) -> Mapping[int, tuple[Array, ...]]:
        """Run one inference.

        Parameters
        ----------
        inputs
            One array per graph input, in the file's order, of the tensor's dtype and shape.

        Returns
        -------
        Mapping
            Layer index to the arrays of its outputs, as they were right after the layer ran.

        Raises
        ------
        PlaygroundError
            If an input does not fit, or the program crashes or takes too long.
        """
        request = _inputs(self.model, inputs) + b"".join(
            struct.pack("=I", len(spans)) + b"".join(struct.pack("=II", *span) for span in spans)
            for spans in self._spans()
        )
        try:
            finished = subprocess.run(
                [self.executable],
                input=request,
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise self._stopped(
                error.stdout or b"", f"took more than {timeout_seconds:g} s"
            ) from None
        if finished.returncode != 0:
            code = finished.returncode
            ending = f"exit status {code}" if code > 0 else signal.Signals(-code).name
            raise self._stopped(finished.stdout, f"crashed ({ending})")
        return self._outputs(finished.stdout)

    def _spans(self) -> list[list[tuple[int, int]]]:
        return [
            [
                (self.arena.tensor_offsets[index], self.model.tensors[index].bytes)
                for index in layer.outputs
            ]
            for layer in self.model.layers
        ]

    def _outputs(self, written: bytes) -> Mapping[int, tuple[Array, ...]]:
        outputs: dict[int, tuple[Array, ...]] = {}
        position = 0
        for layer in self.model.layers:
            position += 1
            arrays = []
            for index in layer.outputs:
                tensor = self.model.tensors[index]
                data = written[position : position + tensor.bytes]
                arrays.append(np.frombuffer(data, dtype=tensor.dtype).reshape(tensor.shape))
                position += tensor.bytes
            outputs[layer.index] = tuple(arrays)
        return outputs

    def _stopped(self, written: bytes, what: str) -> PlaygroundError:
        position = 0
        for layer, spans in zip(self.model.layers, self._spans(), strict=True):
            position += 1 + sum(size for _, size in spans)
            if position > len(written):
                return PlaygroundError(
                    f"`{self.model.name}` {what} on the host in layer {layer.index} "
                    f"(`{layer.operator}`)"
                )
        return PlaygroundError(f"`{self.model.name}` {what} on the host after its last layer")


def run_on_host(
    model: Model,
    inputs: Sequence[Array],
    *,
    overrides: Mapping[str, Path] | None = None,
    include: Sequence[Path] = (),
    support: Sequence[Path] = (),
    checked: bool = False,
    cache: ArtifactCache | None = None,
    timeout_seconds: float = 300.0,
) -> Mapping[int, tuple[Array, ...]]:
    """Compile a model for this machine as `build_for_host` does and run it as `HostProgram.run`."""
    program = build_for_host(
        model, overrides=overrides, include=include, support=support, checked=checked, cache=cache
    )
    return program.run(inputs, timeout_seconds=timeout_seconds)


def build_for_host(
    model: Model,
    *,
    overrides: Mapping[str, Path] | None = None,
    include: Sequence[Path] = (),
    support: Sequence[Path] = (),
    checked: bool = False,
    cache: ArtifactCache | None = None,
) -> HostProgram:
    """Compile a model's generated code with the reference kernels.

    Every object is cached on its own, so that another model compiles nothing but its own code.

    Parameters
    ----------
    overrides
        Kernel name to the C++ file that overrides it.
    include
        Directories of headers that `overrides` and `support` include besides the project's.
    support
        Further C++ files to link, such as a model of the CFU the overrides use.
    checked
        Trap on undefined behaviour.

    Raises
    ------
    PlaygroundError
        If a layer is not supported.
    ToolFailed
        If a source does not compile.
    """
    overrides = overrides or {}
    cache = cache or ArtifactCache.default()
    prepared = [prepare(model, layer) for layer in model.layers]
    scratch = {layer.index: layer.scratch_bytes for layer in prepared if layer.scratch_bytes}
    arena = plan_arena(model, scratch)
    generated = generate(model, arena, prepared, overrides)
    compiler = HostCompiler(cache, checked=checked)

    def write_model(directory: Path) -> None:
        (directory / "model.cc").write_text(generated.model_cc)
        (directory / "constants.bin").write_bytes(generated.constants)
        (directory / "constants.S").write_text(_CONSTANTS)

    key = digest(generated.model_cc, generated.constants, _CONSTANTS)
    sources = cache.build("host-model", key, write_model)
    main = Path(__file__).parent / "kernels" / "host" / "host_main.cc"
    kernels = [reference_source(kernel) for kernel in generated.kernels]
    extra = [*(path for _, path in sorted(overrides.items())), *support]
    with ThreadPoolExecutor() as pool:
        compiled = [
            pool.submit(compiler.compile, sources / "model.cc", optimized=False),
            *(pool.submit(compiler.compile, path) for path in (main, *support_sources(), *kernels)),
            *(pool.submit(compiler.compile, path, include=include, strict=False) for path in extra),
        ]
    executable = compiler.link([job.result() for job in compiled], data=sources)
    return HostProgram(model=model, arena=arena, executable=executable)


def _inputs(model: Model, inputs: Sequence[Array]) -> bytes:
    if len(inputs) != len(model.inputs):
        raise PlaygroundError(
            f"`{model.name}` takes {len(model.inputs)} inputs, but {len(inputs)} are given"
        )
    data = []
    for index, value in zip(model.inputs, inputs, strict=True):
        tensor = model.tensors[index]
        if value.shape != tensor.shape or value.dtype.name != tensor.dtype:
            raise PlaygroundError(
                f"input `{tensor.name}` of `{model.name}` is {tensor.dtype} of shape "
                f"{list(tensor.shape)}, but the one given is {value.dtype.name} of shape "
                f"{list(value.shape)}"
            )
        data.append(np.ascontiguousarray(value).tobytes())
    return b"".join(data)
