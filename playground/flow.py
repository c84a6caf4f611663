"""The one flow: from a design to its profile."""

from __future__ import annotations

__all__ = ["run_design"]

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boards import Board, find_board
from firmware.compiler import Compiler, find_compiler
from firmware.golden import golden_runs, golden_version
from firmware.image import FirmwareImage, FirmwareSources, build_firmware
from firmware.model import Layer, Model
from firmware.operators import prepare
from firmware.placement import parse_placement
from firmware.tflite_reader import read_model
from gateware import CfuArtifact, intrinsics_header, load_cfu
from playground.design import NO_CFU, Design, Trace
from playground.inputs import ModelInputs, read_inputs
from playground.overrides import kernel_overrides
from playground.progress import Progress
from profiles import (
    Accuracy,
    CfuIdentity,
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
from sim.recorded import RecordedSimulator
from sim.simulator import RunRequest, RunResult, Simulator
from sim.verilated_soc import build_verilated_soc
from sim.verilator import VerilatorSimulator
from soc import CpuVariant, build_soc, find_cpu
from toolchain import ArtifactCache, PlaygroundError, digest, wheel_version

Array = npt.NDArray[np.generic]
Tensors = Mapping[int, Array]

_SHOWN_OUTPUT_ELEMENTS = 1024
_CODE_SECTIONS = ("start", "text", "kernels", "copies")


def run_design(design: Design, *, cache: ArtifactCache, progress: Progress) -> Profile:
    """Build a design, run it and compare every layer with TensorFlow Lite Micro.

    Parameters
    ----------
    progress
        Told of each phase; its `seconds` become the profile's `wall_seconds`.

    Returns
    -------
    Profile
        Layers that differ are marked in it; `profiles.require_exact` refuses such a profile.

    Raises
    ------
    PlaygroundError
        For anything that keeps the design from running to its end.
    """
    board = find_board(design.board)
    cpu = find_cpu(design.cpu or board.cpu)
    if design.ideal_memory:
        board = board.idealized()
    with progress.phase("read", "reading the model and the CFU"):
        model = read_model(design.model)
        for layer in model.layers:
            prepare(model, layer)  # an unsupported one is named before anything is built
        inputs = read_inputs(model, design.inputs)
        if design.trace is not None:
            _check_traced_layers(design.trace, model)
            inputs = inputs.first()  # one inference is enough to look at
        labels = _checked_labels(design, inputs)
        overrides = kernel_overrides(design.kernel_files)
        cfu = load_cfu(design.cfu, directory=design.cfu_directory)
        compiler = find_compiler(design.compiler, isa=cpu.isa, cache=cache)

    with ThreadPoolExecutor(max_workers=2) as pool:
        golden = pool.submit(_golden, model, inputs)
        with progress.phase("soc", f"building the SoC of board `{board.name}`"):
            soc = build_soc(board, cpu, cache=cache)
        simulated_soc = pool.submit(
            build_verilated_soc, soc, cfu.verilog, traces=design.trace is not None, cache=cache
        )
        with progress.phase("firmware", f"compiling the firmware of `{model.name}`"):
            image = build_firmware(
                model,
                soc.memory_map,
                sources=FirmwareSources(overrides, intrinsics_header(cfu.spec)),
                compiler=compiler,
                cache=cache,
                cpu=cpu,
                placement=parse_placement(design.place, soc.memory_map),
            )
        with progress.phase("verilate", f"building the simulator with CFU `{cfu.spec.name}`"):
            simulator: Simulator = VerilatorSimulator(simulated_soc.result(), cfu.spec)
        if not design.fresh:
            simulator = RecordedSimulator(simulator, cache)
        layers = len(model.layers) * len(inputs.inferences)
        with progress.phase("simulate", f"simulating `{model.name}`", total=layers) as step:
            result = simulator.run(
                image,
                _request(design, image, inputs),
                progress=lambda layers_done, cycles: step(layers_done),
            )
        with progress.phase("compare", "comparing with TensorFlow Lite Micro"):
            expected = golden.result()
            mismatches = _mismatches(model, result, expected)

    ran = _Ran(
        design=design,
        board=board,
        cpu=cpu,
        cfu=cfu,
        compiler=compiler,
        overrides=overrides,
        image=image,
        simulator=simulator,
        inputs=inputs,
        labels=labels,
        result=result,
    )
    return _profile(ran, mismatches, progress.seconds)


@dataclass(frozen=True)
class _Ran:
    """A design with everything that was made of it."""

    design: Design
    board: Board
    cpu: CpuVariant
    cfu: CfuArtifact
    compiler: Compiler
    overrides: Mapping[str, Path]
    image: FirmwareImage
    simulator: Simulator
    inputs: ModelInputs
    labels: Sequence[int]
    result: RunResult


def _check_traced_layers(trace: Trace, model: Model) -> None:
    for index in sorted(trace.layers or ()):
        if index >= len(model.layers):
            raise PlaygroundError(
                f"there is no layer {index} to trace, `{model.name}` has {len(model.layers)}"
            )


def _checked_labels(design: Design, inputs: ModelInputs) -> Sequence[int]:
    if design.trace is not None:
        return design.labels[:1]
    if design.labels and len(design.labels) != len(inputs.inferences):
        raise PlaygroundError(
            f"there are {len(design.labels)} labels for {len(inputs.inferences)} inferences",
            hint="give one expected class for each inference, in their order",
        )
    return design.labels


def _golden(model: Model, inputs: ModelInputs) -> tuple[Tensors, ...]:
    """Return every layer's outputs as TensorFlow Lite Micro computes them, by inference."""
    tensors = [model.tensors[index] for index in model.inputs]
    runs = [
        [
            np.frombuffer(data, tensor.dtype).reshape(tensor.shape)
            for data, tensor in zip(inference, tensors, strict=True)
        ]
        for inference in inputs.inferences
    ]
    wanted = sorted({index for layer in model.layers for index in layer.outputs})
    return golden_runs(model.content, runs, wanted=wanted)


def _request(design: Design, image: FirmwareImage, inputs: ModelInputs) -> RunRequest:
    trace_layers = design.trace.layers if design.trace is not None else None
    return RunRequest(
        inferences=inputs.inferences,
        max_cycles=design.max_cycles or _generous_cycles(image),
        trace=design.trace.path if design.trace is not None else None,
        trace_layers=trace_layers or frozenset(),
    )


def _generous_cycles(image: FirmwareImage) -> int:
    """Return many times the cycles that the slowest kernels need for one inference."""
    model = image.model
    macs = sum(layer.macs for layer in image.prepared)
    elements = sum(model.tensors[i].elements for layer in model.layers for i in layer.outputs)
    return 20_000_000 + 200 * macs + 5_000 * elements


def _mismatches(
    model: Model, result: RunResult, expected: Sequence[Tensors]
) -> Mapping[int, Mismatch]:
    """Return the first difference of each layer that differs in any inference."""
    found: dict[int, Mismatch] = {}
    runs = zip(result.inferences, expected, strict=True)
    for number, (inference, tensors) in enumerate(runs):
        for layer, snapshots in inference.snapshots.items():
            for snapshot in snapshots:
                wanted = tensors[snapshot.tensor]
                if layer not in found and snapshot.data != wanted.tobytes():
                    name = model.tensors[snapshot.tensor].name
                    found[layer] = _mismatch(name, number, wanted, snapshot.data)
    return found


def _mismatch(tensor: str, inference: int, expected: Array, data: bytes) -> Mismatch:
    actual = np.frombuffer(data, expected.dtype).reshape(expected.shape)
    # Compared as bytes, so that the sign of a zero and a NaN count too.
    as_bytes = np.dtype((np.void, expected.dtype.itemsize))
    differs = np.ascontiguousarray(expected).reshape(-1).view(as_bytes) != np.ascontiguousarray(
        actual
    ).reshape(-1).view(as_bytes)
    first = int(np.flatnonzero(differs)[0])
    index = tuple(int(i) for i in np.unravel_index(first, expected.shape))
    return Mismatch(
        tensor=tensor,
        inference=inference,
        index=index,
        expected=expected.reshape(-1)[first].item(),
        actual=actual.reshape(-1)[first].item(),
        count=int(np.count_nonzero(differs)),
        elements=int(expected.size),
    )


def _profile(
    ran: _Ran, mismatches: Mapping[int, Mismatch], seconds: Mapping[str, float]
) -> Profile:
    model = ran.image.model
    first = ran.result.inferences[0]
    provenance = Provenance(ran.simulator.provenance)
    kernels = {
        k: p for k, p in ran.overrides.items() if k in {x.kernel for x in ran.image.prepared}
    }
    sections = ran.image.section_bytes
    return Profile(
        date=datetime.now(UTC),
        model=ModelIdentity(name=model.name, digest=model.digest),
        cfu=CfuIdentity(
            name=ran.cfu.spec.name, digest="" if ran.design.cfu == NO_CFU else ran.cfu.digest
        ),
        kernels=tuple(sorted(path.name for path in kernels.values())),
        kernels_digest=digest(dict(kernels)) if kernels else "",
        cpu=ran.cpu.name,
        board=ran.board.name,
        memory=Memory(
            ideal=ran.board.ideal_memory,
            note=_memory_note(ran),
        ),
        clock_hz=ran.board.sys_clk_hz,
        compiler=CompilerIdentity(
            name=ran.compiler.driver.name,
            version=ran.compiler.driver.version,
            flags=tuple(ran.compiler.flags_description.split()),
        ),
        simulator=SimulatorIdentity(name=ran.simulator.name, version=ran.simulator.version),
        sources=Sources(cycles=provenance, instructions=provenance),
        layers=tuple(
            _layer_profile(ran, layer, mismatches.get(layer.index)) for layer in model.layers
        ),
        total_cycles=first.cycles,
        sizes=Sizes(
            text_bytes=sum(sections.get(part, 0) for part in _CODE_SECTIONS),
            rodata_bytes=sections.get("rodata", 0),
            data_bytes=sections.get("data", 0),
            bss_bytes=sections.get("bss", 0),
            arena_bytes=ran.image.arena.size_bytes,
            constants_bytes=sections.get("constants", 0),
        ),
        inferences=len(ran.result.inferences),
        inputs=ran.inputs.sources,
        outputs=_outputs(ran),
        accuracy=_accuracy(ran),
        text=ran.result.text,
        recorded=ran.result.recorded,
        simulated_cycles=ran.result.simulated_cycles,
        wall_seconds={**seconds, "simulate": ran.result.wall_seconds},
        tools={
            "tflite-micro": golden_version(),
            "litex": wheel_version("litex"),
            "amaranth": wheel_version("amaranth"),
            ran.simulator.name: ran.simulator.version,
            ran.compiler.driver.name: ran.compiler.driver.version,
        },
    )


def _memory_note(ran: _Ran) -> str:
    """Return which memory holds what, such as "ideal main_ram, 16,384 KiB"."""
    placement, board = ran.image.placement, ran.board
    contents: dict[str, list[str]] = {}
    for part, memory in {**vars(placement), "data": board.work_memory}.items():
        contents.setdefault(memory, []).append(part)
    notes = []
    for name, parts in contents.items():
        memory = board.memory(name)
        holding = f" ({', '.join(parts)})" if len(contents) > 1 else ""
        notes.append(f"{name}, {memory.bytes >> 10:,} KiB{holding}")
    return f"{'ideal ' if board.ideal_memory else ''}{' and '.join(notes)}"


def _layer_profile(ran: _Ran, layer: Layer, mismatch: Mismatch | None) -> LayerProfile:
    model, prepared = ran.image.model, ran.image.prepared[layer.index]
    record = ran.result.inferences[0].layers[layer.index]
    return LayerProfile(
        index=layer.index,
        operator=layer.operator,
        name=model.tensors[layer.outputs[0]].name,
        input_shapes=tuple(model.tensors[i].shape for i in layer.inputs if i >= 0),
        output_shapes=tuple(model.tensors[i].shape for i in layer.outputs),
        macs=prepared.macs,
        cycles=record.cycles,
        instructions=record.instructions if ran.cpu.counts_instructions else None,
        kernel=ran.overrides[prepared.kernel].name if record.overridden else "reference",
        bit_exact=mismatch is None,
        mismatch=mismatch,
    )


def _computed(ran: _Ran, inference: int, tensor: int) -> bytes | None:
    """Return a tensor's bytes as the last layer that computes it left them."""
    for snapshots in ran.result.inferences[inference].snapshots.values():
        for snapshot in snapshots:
            if snapshot.tensor == tensor:
                return snapshot.data
    return None


def _outputs(ran: _Ran) -> tuple[OutputTensor, ...]:
    outputs = []
    for index in ran.image.model.outputs:
        data = _computed(ran, 0, index)
        if data is None:
            continue  # an output that is an input or a constant
        tensor = ran.image.model.tensors[index]
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


def _accuracy(ran: _Ran) -> Accuracy | None:
    """Count the inferences whose first output is largest at the label."""
    if not ran.labels:
        return None
    index = ran.image.model.outputs[0]
    dtype = ran.image.model.tensors[index].dtype
    correct = 0
    for inference, label in enumerate(ran.labels):
        data = _computed(ran, inference, index)
        if data is not None and int(np.argmax(np.frombuffer(data, dtype))) == label:
            correct += 1
    return Accuracy(correct=correct, total=len(ran.labels))
