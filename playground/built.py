"""A design's parts, built for something else than a profile."""

from __future__ import annotations

__all__ = ["BuiltDesign", "build_design"]

from collections.abc import Callable
from dataclasses import dataclass

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
from playground.overrides import kernel_overrides
from playground.progress import Progress
from soc import CpuVariant, SocBuild, build_soc, find_cpu
from toolchain import ArtifactCache


@dataclass(frozen=True)
class BuiltDesign:
    """A design's hardware and firmware."""

    model: Model
    board: Board
    cpu: CpuVariant
    cfu: CfuArtifact
    compiler: Compiler
    soc: SocBuild
    image: FirmwareImage


def build_design(
    design: Design,
    *,
    application: Callable[[Model], Application] = lambda model: SERVE,
    cache: ArtifactCache,
    progress: Progress,
) -> BuiltDesign:
    """Build the SoC and the firmware of a design.

    Parameters
    ----------
    application
        The program around the model, which may depend on it.

    Raises
    ------
    PlaygroundError
        For anything that keeps it from being built.
    """
    board = find_board(design.board)
    cpu = find_cpu(design.cpu or board.cpu)
    if design.ideal_memory:
        board = board.idealized()
    with progress.phase("read", "reading the model and the CFU"):
        model = read_model(design.model)
        for layer in model.layers:
            prepare(model, layer)  # an unsupported one is named before anything is built
        chosen = application(model)
        overrides = kernel_overrides(design.kernel_files)
        cfu = load_cfu(design.cfu, directory=design.cfu_directory)
        compiler = find_compiler(design.compiler, isa=cpu.isa, cache=cache)
    with progress.phase("soc", f"building the SoC of board `{board.name}`"):
        soc = build_soc(board, cpu, cache=cache)
    with progress.phase("firmware", f"compiling the firmware of `{model.name}`"):
        image = build_firmware(
            model,
            soc.memory_map,
            sources=FirmwareSources(overrides, intrinsics_header(cfu.spec)),
            compiler=compiler,
            cache=cache,
            application=chosen,
            cpu=cpu,
            placement=parse_placement(design.place, soc.memory_map),
        )
    return BuiltDesign(
        model=model, board=board, cpu=cpu, cfu=cfu, compiler=compiler, soc=soc, image=image
    )
