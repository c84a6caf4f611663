"""What bounds each layer of a run, and what speeding it up would bring.

A layer's cycles are split in four by what the run counted (cycles, instructions), what the model
says (multiply-accumulates, outputs, bytes) and a few costs. It is an estimate: the CPU counts what
it does, not why.

- MACs: multiply-accumulates, at the peak rate of the CFU if it ran the layer, and else as one
  multiplying and one adding instruction each.
- requantization: sums to int8, at 30 instructions each in software and at a cycle each in a CFU
  that requantizes. 30 is what ADD, which does three for an output, takes of TFLM's kernels.
- loads: bringing operands. Without a CFU two (input and filter) for each MAC; with one, in words of
  four. Not more than half of the instructions that are left, since something has to be done with
  what is loaded; not less than what brings each byte of inputs and weights once. Where the CPU
  waits in a layer of a CFU, up to 17 cycles for each 32 bytes are the data cache's misses: what
  they take, of ideal memory, in fully connected layers, which use each weight once.
- overhead: the rest. Addresses, loops, calls, and waiting for memory.

Instructions become cycles by the layer's own ratio of the two. In a layer of a CFU, for which the
CPU may wait, it is taken to be 1.7 at most; the reference kernels take 1.4 to 2.3. Parts may
overlap, so that shares can add up to more than one. The largest is called the bound.

The roof of a layer is the lower of two: the peak, and what four bytes a cycle, the width of the
bus, allow at its arithmetic intensity (Williams et al., "Roofline", CACM 52(4), 2009). The gain is
Amdahl's: all cycles by those that are left without the layer's.
"""

from __future__ import annotations

__all__ = [
    "BYTES_PER_CYCLE",
    "Advice",
    "Bound",
    "Engine",
    "LayerAdvice",
    "OperatorAdvice",
    "advice_json",
    "advise",
    "amdahl",
    "layer_bytes",
]

import enum
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from firmware.model import Model
from profiles.profile import LayerProfile, Profile

BYTES_PER_CYCLE = 4.0
_CPU_PEAK = 0.5  # MACs a cycle: a multiply and an add, one instruction a cycle
_INSTRUCTIONS_PER_MAC = 2
_LOADS_PER_MAC = 2
_REQUANTIZE_INSTRUCTIONS = 30
_REQUANTIZE_CYCLES = 1  # of a CFU
_CYCLES_PER_INSTRUCTION = 1.7  # of a CPU that does not count them, or that waits for a CFU
_WORD_BYTES = 4
_LINE_BYTES = 32
_MISS_CYCLES = 17
_REQUANTIZATIONS = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 1,
    "TRANSPOSE_CONV": 1,
    "FULLY_CONNECTED": 1,
    "MUL": 1,
    "ADD": 3,
    "SUB": 3,
}


class Bound(enum.StrEnum):
    """What a layer's cycles are spent on."""

    MACS = "MACs"
    LOADS = "loads"
    REQUANTIZATION = "requantization"
    OVERHEAD = "overhead"


@dataclass(frozen=True)
class Engine:
    """What does the multiply-accumulates of layers whose kernel is not the reference.

    Attributes
    ----------
    name
        The CFU's, or "CPU".
    peak_macs_per_cycle
        `None` for one that does not say.
    requantizes
        Whether it scales sums to int8.
    """

    name: str = "CPU"
    peak_macs_per_cycle: float | None = None
    requantizes: bool = False

    @property
    def is_cfu(self) -> bool:
        """Whether its peak is known, so that it can be told from the CPU."""
        return self.peak_macs_per_cycle is not None


@dataclass(frozen=True)
class LayerAdvice:
    """What is estimated of a layer.

    Attributes
    ----------
    parts
        Cycles by what they are spent on; what overlaps is counted twice.
    bytes
        Of inputs, weights and outputs, each once.
    peak
        MACs a cycle of what ran the layer.
    gain
        The inference's cycles by those without this layer; `None` if there is nothing else.
    """

    index: int
    operator: str
    cycles: int
    share: float
    parts: Mapping[Bound, float]
    macs: int
    bytes: int
    peak: float
    gain: float | None

    @property
    def bound(self) -> Bound:
        """The largest part."""
        return max(Bound, key=lambda bound: self.parts[bound])

    @property
    def intensity(self) -> float:
        """MACs per byte."""
        return self.macs / self.bytes if self.bytes else 0.0

    @property
    def macs_per_cycle(self) -> float:
        return self.macs / self.cycles if self.cycles else 0.0

    @property
    def roof(self) -> float:
        """The most MACs a cycle that its intensity and the peak allow."""
        return min(self.peak, self.intensity * BYTES_PER_CYCLE)

    @property
    def of_peak(self) -> float:
        return self.macs_per_cycle / self.peak

    @property
    def of_roof(self) -> float | None:
        """`None` for a layer without MACs."""
        return self.macs_per_cycle / self.roof if self.roof else None


@dataclass(frozen=True)
class OperatorAdvice:
    """All layers of one operator together; see `LayerAdvice`."""

    operator: str
    layers: int
    cycles: int
    share: float
    gain: float | None


@dataclass(frozen=True)
class Advice:
    """What is estimated of a run.

    Attributes
    ----------
    operators
        Most cycles first.
    counts_instructions
        Whether the CPU counted them; if not, they are taken to be of average length.
    """

    engine: Engine
    total_cycles: int
    layers: tuple[LayerAdvice, ...]
    operators: tuple[OperatorAdvice, ...]
    counts_instructions: bool


def advise(
    profile: Profile,
    engine: Engine,
    *,
    bytes_of: Sequence[int],
    cpu_kernels: Collection[str] = (),
) -> Advice:
    """Estimate what bounds each layer of a run.

    Parameters
    ----------
    engine
        What the layers with a kernel of their own ran on.
    bytes_of
        Bytes of inputs, weights and outputs of each layer, as `layer_bytes` returns them.
    cpu_kernels
        File names of kernels that leave the CFU alone.

    Raises
    ------
    ValueError
        If there are not as many `bytes_of` as layers.
    """
    total = profile.total_cycles
    layers = tuple(
        _advise_layer(layer, Engine() if layer.kernel in cpu_kernels else engine, size, total)
        for layer, size in zip(profile.layers, bytes_of, strict=True)
    )
    cycles: dict[str, list[int]] = {}
    for layer in layers:
        cycles.setdefault(layer.operator, []).append(layer.cycles)
    operators = [
        OperatorAdvice(
            name, len(each), sum(each), _share(sum(each), total), amdahl(total, sum(each))
        )
        for name, each in cycles.items()
    ]
    return Advice(
        engine=engine,
        total_cycles=total,
        layers=layers,
        operators=tuple(sorted(operators, key=lambda each: -each.cycles)),
        counts_instructions=profile.instructions is not None,
    )


def amdahl(total: int, part: int) -> float | None:
    """Return how many times as fast all would be if a part took no time; `None` for all of it."""
    return total / (total - part) if total > part else None


def layer_bytes(model: Model) -> tuple[int, ...]:
    """Return the bytes of inputs, weights and outputs of each layer, each tensor once."""
    return tuple(
        sum(
            model.tensors[index].bytes
            for index in dict.fromkeys((*layer.inputs, *layer.outputs))
            if index >= 0
        )
        for layer in model.layers
    )


def advice_json(advice: Advice) -> dict[str, Any]:
    """Return an advice as JSON-able values."""
    return {
        "engine": asdict(advice.engine),
        "bytes_per_cycle": BYTES_PER_CYCLE,
        "counts_instructions": advice.counts_instructions,
        "layers": [
            {
                **{key: value for key, value in asdict(layer).items() if key != "parts"},
                "estimated_cycles": {bound.value: layer.parts[bound] for bound in Bound},
                "bound": layer.bound.value,
                "macs_per_byte": layer.intensity,
                "macs_per_cycle": layer.macs_per_cycle,
                "roof": layer.roof,
                "of_peak": layer.of_peak,
                "of_roof": layer.of_roof,
            }
            for layer in advice.layers
        ],
        "operators": [asdict(operator) for operator in advice.operators],
    }


def _advise_layer(layer: LayerProfile, engine: Engine, size: int, total: int) -> LayerAdvice:
    runner = engine if layer.kernel != "reference" and engine.is_cfu else Engine()
    return LayerAdvice(
        index=layer.index,
        operator=layer.operator,
        cycles=layer.cycles,
        share=_share(layer.cycles, total),
        parts=_parts(layer, runner, size),
        macs=layer.macs,
        bytes=size,
        peak=runner.peak_macs_per_cycle or _CPU_PEAK,
        gain=amdahl(total, layer.cycles),
    )


def _parts(layer: LayerProfile, runner: Engine, size: int) -> dict[Bound, float]:
    """Split a layer's cycles by what they are estimated to be spent on."""
    instructions = float(layer.instructions or 0) or layer.cycles / _CYCLES_PER_INSTRUCTION
    per_instruction = layer.cycles / instructions if instructions else 0.0
    waiting = 0.0
    if runner.is_cfu:
        per_instruction = min(per_instruction, _CYCLES_PER_INSTRUCTION)
        waiting = layer.cycles - instructions * per_instruction
    outputs = sum(math.prod(shape) for shape in layer.output_shapes)
    sums = _REQUANTIZATIONS.get(layer.operator, 0) * outputs
    left = instructions
    if runner.requantizes:
        requantization = float(sums * _REQUANTIZE_CYCLES)
    else:
        scaling = min(left, sums * _REQUANTIZE_INSTRUCTIONS)
        left -= scaling
        requantization = scaling * per_instruction
    if runner.peak_macs_per_cycle is not None:
        macs = layer.macs / runner.peak_macs_per_cycle
        step = _WORD_BYTES
    else:
        multiplying = min(left, layer.macs * _INSTRUCTIONS_PER_MAC)
        left -= multiplying
        macs = multiplying * per_instruction
        step = 1
    most = layer.macs * _LOADS_PER_MAC / step or size / step
    loads = min(left, max(min(left / 2, most), size / _WORD_BYTES))
    known = {
        Bound.MACS: min(macs, float(layer.cycles)),
        Bound.LOADS: loads * per_instruction + min(waiting, size / _LINE_BYTES * _MISS_CYCLES),
        Bound.REQUANTIZATION: min(requantization, float(layer.cycles)),
    }
    return {**known, Bound.OVERHEAD: max(0.0, layer.cycles - sum(known.values()))}


def _share(cycles: int, total: int) -> float:
    return cycles / total if total else 0.0
