"""From a run to its advice."""

from __future__ import annotations

__all__ = ["advise_design", "engine_of"]

from firmware.tflite_reader import read_model
from gateware.load import make_cfu
from playground.design import NO_CFU, Design
from profiles import Profile
from profiles.advice import Advice, Engine, advise, layer_bytes


def advise_design(design: Design, profile: Profile) -> Advice:
    """Return what bounds the layers of a design that was run.

    Raises
    ------
    PlaygroundError
        If the model or the CFU cannot be read any more.
    """
    return advise(profile, engine_of(design), bytes_of=layer_bytes(read_model(design.model)))


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
