"""From a run to its advice."""

from __future__ import annotations

__all__ = ["advise_design", "cpu_kernels", "engine_of"]

import re
from collections.abc import Iterable
from pathlib import Path

from firmware.includes import included_files
from firmware.tflite_reader import read_model
from gateware.load import make_cfu
from playground.design import NO_CFU, Design
from profiles import Profile
from profiles.advice import Advice, Engine, advise, layer_bytes

_INCLUDES_CFU = re.compile(rb'^\s*#\s*include\s*["<]cfu\.h[">]', re.MULTILINE)


def advise_design(design: Design, profile: Profile) -> Advice:
    """Return what bounds the layers of a design that was run.

    Raises
    ------
    PlaygroundError
        If the model or the CFU cannot be read any more.
    """
    return advise(
        profile,
        engine_of(design),
        bytes_of=layer_bytes(read_model(design.model)),
        cpu_kernels=cpu_kernels(design.kernel_files),
    )


def cpu_kernels(files: Iterable[Path]) -> frozenset[str]:
    """Return the names of kernels that include no `cfu.h`, so that the CPU does all of their work.

    Includes are followed as far as they are relative to the file they are in.
    """
    return frozenset(file.name for file in files if not _includes_cfu(file))


def _includes_cfu(kernel: Path) -> bool:
    files = (kernel, *(path for _, path in included_files(kernel, ())))
    return any(_INCLUDES_CFU.search(file.read_bytes()) for file in files)


def engine_of(design: Design) -> Engine:
    """Return what a design's CFU declares of itself; one in Verilog declares nothing."""
    if design.cfu == NO_CFU:
        return Engine()
    cfu = make_cfu(design.cfu, directory=design.cfu_directory)
    if cfu is None:
        return Engine(name=design.cfu)
    return Engine(
        name=cfu.spec.name,
        peak_macs_per_cycle=cfu.peak_macs_per_cycle,
        requantizes=cfu.requantizes,
    )
