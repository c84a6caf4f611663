"""A design: everything that decides what a run will show."""

from __future__ import annotations

__all__ = [
    "BOARD_SIMULATOR",
    "FAST_SIMULATOR",
    "NO_CFU",
    "RTL_SIMULATOR",
    "SIMULATORS",
    "Design",
    "Trace",
    "baseline_of",
    "parse_layers",
]

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

from toolchain import PlaygroundError

NO_CFU = "none"
RTL_SIMULATOR = "verilator"
FAST_SIMULATOR = "fast"
BOARD_SIMULATOR = "board"
SIMULATORS = (RTL_SIMULATOR, FAST_SIMULATOR, BOARD_SIMULATOR)


@dataclass(frozen=True)
class Trace:
    """A waveform to write.

    Attributes
    ----------
    path
        The FST file.
    layers
        Indices of the layers to record; `None` for the whole run.
    """

    path: Path
    layers: frozenset[int] | None = None


@dataclass(frozen=True)
class Design:
    """A model, the hardware and kernels to run it with, and what to run it on.

    Attributes
    ----------
    model
        The .tflite file.
    cfu
        As `gateware.load_cfu` takes it; "none" for no CFU.
    cfu_directory
        What a file name in `cfu` is relative to.
    kernels
        Directory of overrides, each named after its operator ("conv_2d.cc"); `None` for none.
    inputs
        Files as `playground.inputs.read_inputs` takes them; with none, seeded noise is used.
    labels
        Expected class of each inference, for accuracy; empty when unknown.
    cpu
        As `soc.find_cpu` takes it; `None` for the board's own.
    compiler
        As `firmware.compiler.find_compiler` takes it.
    simulator
        One of `SIMULATORS`; `None` leaves it to `playground.simulation`.
    max_cycles
        Cycles after which an inference is given up; `None` leaves it to the flow, which allows
        several times what the slowest kernels take.
    place
        Which parts of the firmware are in which memory, as `firmware.placement.parse_placement`
        takes it; what is not named is where the board loads firmware.
    ideal_memory
        Whether the board's memories answer at once, in simulation.
    port
        Serial port of the board, if the simulator is "board", which is no simulator.
    fresh
        Whether to simulate even if the same run is recorded in the cache.
    why
        Whether to tell where each layer's cycles went.
    """

    model: Path
    cfu: str = NO_CFU
    cfu_directory: Path = Path()
    kernels: Path | None = None
    board: str = "sim"
    cpu: str | None = None
    compiler: str = "zig"
    simulator: str | None = None
    inputs: tuple[Path, ...] = ()
    labels: tuple[int, ...] = ()
    trace: Trace | None = None
    max_cycles: int | None = None
    place: str = ""
    ideal_memory: bool = False
    port: str | None = None
    fresh: bool = False
    why: bool = False

    @property
    def kernel_files(self) -> tuple[Path, ...]:
        """The overrides, sorted by name."""
        return tuple(sorted(self.kernels.glob("*.cc"))) if self.kernels is not None else ()


def baseline_of(design: Design) -> Design:
    """Return the design without its CFU and kernels, all else alike."""
    return dataclasses.replace(design, cfu=NO_CFU, kernels=None, trace=None)


def parse_layers(text: str, option: str = "--trace-layers") -> frozenset[int]:
    """Return the layer indices that "3,5-7" names, the value of some option.

    Raises
    ------
    PlaygroundError
        If it is of another form.
    """
    layers: set[int] = set()
    for part in text.split(","):
        ends = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:-\s*([0-9]{1,6})\s*)?", part)
        if ends is None or (ends[2] and int(ends[1]) > int(ends[2])):
            raise PlaygroundError(
                f"`{part.strip()}` in `{option} {text}` is no layer or range of layers",
                hint=f"layers are given as in `{option} 3,5-7`; `cfu run` shows their numbers",
            )
        layers.update(range(int(ends[1]), int(ends[2] or ends[1]) + 1))
    return frozenset(layers)
