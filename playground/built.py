"""From a design to what is built of it."""

from __future__ import annotations

__all__ = [
    "BuiltDesign",
    "DesignParts",
    "build_design",
    "build_image",
    "build_simulated_soc",
    "read_design",
]

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from boards import Board, find_board
from firmware.application import SERVE, Application
from firmware.compiler import Compiler, find_compiler
from firmware.image import FirmwareImage, FirmwareSources, build_firmware
from firmware.model import Model
from firmware.operators import prepare
from firmware.placement import parse_placement
from firmware.tflite_reader import read_model
from gateware import CfuArtifact, intrinsics_header, load_cfu
from playground.design import Design
from playground.overrides import kernel_overrides, undefined_override
from playground.progress import Progress
from soc import CpuVariant, SocBuild, build_soc, find_cpu
from toolchain import ArtifactCache, ToolFailed


@dataclass(frozen=True)
class DesignParts:
    """What a design names, found and read.

    Attributes
    ----------
    overrides
        C++ file of each kernel that is overridden, by kernel.
    application
        The program around the model.
    place
        See `Design.place`.
    """

    model: Model
    board: Board
    cpu: CpuVariant
    cfu: CfuArtifact
    compiler: Compiler
    overrides: Mapping[str, Path]
    application: Application
    place: str


@dataclass(frozen=True)
class BuiltDesign(DesignParts):
    """A design's hardware for simulation, and its firmware."""

    soc: SocBuild
    image: FirmwareImage

    @classmethod
    def of(cls, parts: DesignParts, soc: SocBuild, image: FirmwareImage) -> BuiltDesign:
        """Return parts with what was built of them."""
        return cls(**vars(parts), soc=soc, image=image)


def read_design(
    design: Design,
    *,
    application: Callable[[Model], Application] = lambda model: SERVE,
    cache: ArtifactCache,
) -> DesignParts:
    """Find and read what a design names.

    Parameters
    ----------
    application
        Gives the program around the model, which may depend on it.

    Raises
    ------
    PlaygroundError
        If something is not there or not supported; an unsupported operator is named here, before
        anything is built.
    """
    board = find_board(design.board)
    cpu = find_cpu(design.cpu or board.cpu)
    if design.ideal_memory:
        board = board.idealized()
    model = read_model(design.model)
    for layer in model.layers:
        prepare(model, layer)
    return DesignParts(
        model=model,
        board=board,
        cpu=cpu,
        cfu=load_cfu(design.cfu, directory=design.cfu_directory),
        compiler=find_compiler(design.compiler, isa=cpu.isa, cache=cache),
        overrides=kernel_overrides(design.kernel_files),
        application=application(model),
        place=design.place,
    )


def build_simulated_soc(parts: DesignParts, *, cache: ArtifactCache) -> SocBuild:
    """Build the SoC for the simulator; see `soc.build_soc`."""
    return build_soc(parts.board, parts.cpu, ports=parts.cfu.spec.ports, cache=cache)


def build_image(parts: DesignParts, soc: SocBuild, *, cache: ArtifactCache) -> FirmwareImage:
    """Build the firmware for a SoC; see `firmware.image.build_firmware`."""
    try:
        return build_firmware(
            parts.model,
            soc.memory_map,
            sources=FirmwareSources(parts.overrides, intrinsics_header(parts.cfu.spec)),
            compiler=parts.compiler,
            cache=cache,
            application=parts.application,
            cpu=parts.cpu,
            placement=parse_placement(parts.place, soc.memory_map),
        )
    except ToolFailed as error:
        undefined = undefined_override(error, parts.overrides)
        if undefined is None:
            raise
        raise undefined from error


def build_design(
    design: Design,
    *,
    application: Callable[[Model], Application] = lambda model: SERVE,
    cache: ArtifactCache,
    progress: Progress,
) -> BuiltDesign:
    """Build the SoC and the firmware of a design, for something else than a profile.

    Raises
    ------
    PlaygroundError
        For anything that keeps it from being built.
    """
    with progress.phase("read", "reading the model and the CFU"):
        parts = read_design(design, application=application, cache=cache)
    with progress.phase("soc", f"building the SoC of board `{parts.board.name}`"):
        soc = build_simulated_soc(parts, cache=cache)
    with progress.phase("firmware", f"compiling the firmware of `{parts.model.name}`"):
        image = build_image(parts, soc, cache=cache)
    return BuiltDesign.of(parts, soc, image)
