"""A trial: one design, run and synthesized, wherever and however often it is asked for."""

from __future__ import annotations

__all__ = ["Failure", "Order", "Outcome", "evaluate", "measured_of"]

import dataclasses
import errno
import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards import find_board
from firmware.compiler import foreign_version
from gateware import CfuArtifact, load_cfu
from playground.design import NO_CFU, Design
from playground.explore.files import Bundle, unpack
from playground.explore.identity import identity
from playground.explore.objectives import Measured
from playground.flow import run_design
from playground.progress import Silent
from playground.synthesis import HardwareDesign, synthesize_design
from profiles import require_exact
from soc import build_hardware, find_cpu
from soc.synthesis import board_device
from soc.synthesis.device import Device, find_device
from soc.synthesis.estimate import Area, estimate_cfu, estimate_cpu, estimate_system
from toolchain import (
    ArtifactCache,
    CacheError,
    PlaygroundError,
    Tool,
    ToolFailed,
    ToolMissing,
    ToolSource,
    digest,
    find_fpga_tools,
)

_RECORD = "trial.json"
_STATUS_OF_SIGNALS = 128  # and above: what shells make of a signal
_SIGNS_OF_THE_MACHINE = (os.strerror(errno.ENOSPC).lower(), "out of memory", "memoryerror")


@dataclass(frozen=True)
class Failure:
    """Why a design has no figures.

    Attributes
    ----------
    is_final
        Whether it is the design's fault, so that another try would end alike.
    """

    reason: str
    hint: str | None = None
    is_final: bool = True


Outcome = Measured | Failure


@dataclass(frozen=True)
class Order:
    """A trial to be made.

    Attributes
    ----------
    fpga
        The board on whose FPGA area is counted.
    base_cpu
        The CPU to synthesize the whole system of the board with, of which CPU and CFU are then
        exchanged by calculation; None to count CPU and CFU alone.
    needs_clock
        Whether to place and route the whole system, for the clock that it reaches.
    compiler_version
        Of a compiler that does not come along, with which it is to be made; None of one that does.
    """

    bundle: Bundle
    fpga: str
    base_cpu: str | None = None
    needs_clock: bool = False
    compiler_version: str | None = None

    @property
    def digest(self) -> str:
        """Of all that decides the outcome, sources and tools included."""
        return digest(
            self.bundle.digest,
            self.fpga,
            self.base_cpu,
            self.needs_clock,
            self.compiler_version,
            dict(identity()),
        )


def evaluate(order: Order, *, cache: ArtifactCache) -> Outcome:
    """Return what is found of a design, from the cache if it was found before.

    What is wrong with a design is an outcome, too. What goes wrong on this machine is one that is
    not kept.
    """

    def produce(directory: Path) -> None:
        outcome = _evaluate(order, cache)
        if isinstance(outcome, Failure) and not outcome.is_final:
            raise _NotFinalError(outcome)
        (directory / _RECORD).write_text(json.dumps(_written(outcome)), encoding="utf-8")

    try:
        entry = cache.build("trial", order.digest, produce)
    except _NotFinalError as error:
        return error.failure
    return measured_of(json.loads((entry / _RECORD).read_text(encoding="utf-8")))


class _NotFinalError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def _written(outcome: Outcome) -> dict[str, Any]:
    kind = "measured" if isinstance(outcome, Measured) else "failed"
    return {kind: dataclasses.asdict(outcome)}


def measured_of(record: Mapping[str, Any]) -> Outcome:
    """Return an outcome from the JSON of its record."""
    if "measured" in record:
        return Measured(**record["measured"])
    return Failure(**record["failed"])


def _evaluate(order: Order, cache: ArtifactCache) -> Outcome:
    try:
        design = unpack(order.bundle, cache=cache)
        _require_compiler(order, design)
        cpu = design.cpu or find_board(design.board).cpu
        area = _area(order, design, cpu, cache)
        profile = require_exact(run_design(design, cache=cache, progress=Silent()))
        fmax_hz = None
        if order.needs_clock:
            hardware = HardwareDesign(order.fpga, cpu, design.cfu, design.cfu_directory)
            fmax_hz = synthesize_design(hardware, cache=cache, progress=Silent()).fmax_hz
            if fmax_hz is None:
                raise PlaygroundError(f"no tool here places designs for board `{order.fpga}`")
    except ToolFailed as error:
        return Failure(_with_first_error(error), error.hint, is_final=_is_of_the_design(error))
    except (CacheError, ToolMissing) as error:
        return Failure(error.message, error.hint, is_final=False)
    except PlaygroundError as error:
        return Failure(error.message, error.hint)
    except OSError as error:
        return Failure(f"{type(error).__name__}: {error}", is_final=False)
    return Measured(
        cycles=profile.total_cycles,
        provenance=profile.sources.cycles.value,
        simulator=f"{profile.simulator.name} {profile.simulator.version}",
        cells=area.cells,
        dsp=area.dsp,
        ram=area.ram,
        fmax_hz=fmax_hz,
    )


def _require_compiler(order: Order, design: Design) -> None:
    found = foreign_version(design.compiler)
    if found != order.compiler_version:
        raise ToolMissing(
            f"`{design.compiler}` is version {found} here, and {order.compiler_version} where the "
            "search began",
            hint="have the same compiler on every machine",
        )


def _with_first_error(error: ToolFailed) -> str:
    lines = (error.details or "").splitlines()
    first = next((line.strip() for line in lines if "error" in line.lower()), "")
    return f"{error.message}: {first}" if first else error.message


def _is_of_the_design(error: ToolFailed) -> bool:
    """Tell whether a tool would fail alike on any machine: it ended by itself, and had room."""
    ended = error.status is not None and 0 < error.status < _STATUS_OF_SIGNALS
    said = (error.details or "").lower()
    return ended and not any(sign in said for sign in _SIGNS_OF_THE_MACHINE)


def _area(order: Order, design: Design, cpu_name: str, cache: ArtifactCache) -> Area:
    board = find_board(order.fpga)
    device = find_device(board_device(board, cache=cache))
    yosys = find_fpga_tools(device.family.name, ToolSource.YOWASP).yosys
    none = load_cfu(NO_CFU, directory=Path())
    cpu = find_cpu(cpu_name)
    area = estimate_cpu(cpu, none, device, yosys=yosys, cache=cache)
    cfu = _cfu(design.cfu, design.cfu_directory)
    area += estimate_cfu(cfu, device, yosys=yosys, cache=cache)
    if order.base_cpu is not None:
        area += _rest_of_system(order.fpga, order.base_cpu, device, yosys, cache)
    return area


@functools.lru_cache(maxsize=32)
def _cfu(reference: str, directory: Path) -> CfuArtifact:
    """Return a CFU, elaborated once: an unpacked bundle does not change."""
    return load_cfu(reference, directory=directory)


def _rest_of_system(
    board: str, base_cpu: str, device: Device, yosys: Tool, cache: ArtifactCache
) -> Area:
    """Return what a board's system takes beside CPU and CFU."""
    none = load_cfu(NO_CFU, directory=Path())
    cpu = find_cpu(base_cpu)
    build = build_hardware(find_board(board), cpu, ports=none.spec.ports, cache=cache)
    data = {path.name: path.read_bytes() for path in build.directory.glob("*.init")}
    if build.rom_init is not None:
        data[build.rom_init] = b""  # block RAMs, whatever they hold
    whole = estimate_system(build, none, device, data=data, yosys=yosys, cache=cache)
    return whole - estimate_cpu(cpu, none, device, yosys=yosys, cache=cache)
