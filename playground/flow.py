"""The one flow: from a design to its profile."""

from __future__ import annotations

__all__ = ["run_design", "simulate_design"]

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from firmware.golden import golden_runs
from firmware.image import FirmwareImage
from firmware.model import Model
from playground.built import (
    BuiltDesign,
    DesignParts,
    build_image,
    build_simulated_soc,
    read_design,
)
from playground.design import BOARD_SIMULATOR, Design, Trace
from playground.inputs import ModelInputs, read_inputs
from playground.progress import Progress
from playground.run_profile import Ran, profile_of
from playground.simulation import build_simulator, choose_simulator
from profiles import Mismatch, Profile
from sim.board_simulator import BoardSimulator
from sim.recorded import RecordedSimulator
from sim.simulator import RunRequest, RunResult, Simulator
from toolchain import ArtifactCache, PlaygroundError

Array = npt.NDArray[np.generic]
Tensors = Mapping[int, Array]

_WAITING = 10  # times longer, at most, that code and data from a serial flash take


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
    return profile_of(simulate_design(design, cache=cache, progress=progress), progress.seconds)


def simulate_design(design: Design, *, cache: ArtifactCache, progress: Progress) -> Ran:
    """Do what `run_design` does and return all that the run showed."""
    if design.port is not None and design.simulator != BOARD_SIMULATOR:
        raise PlaygroundError(
            f"`--port {design.port}` is for a board, and this run is simulated",
            hint=f"`--simulator {BOARD_SIMULATOR}` runs it on the board",
        )
    if design.why and design.simulator == BOARD_SIMULATOR:
        raise PlaygroundError(
            "nobody sees where a board's cycles go",
            hint="`--why` is for simulators; boards can be simulated, too, by `--board`",
        )
    with progress.phase("read", "reading the model and the CFU"):
        parts = read_design(design, cache=cache)
        model = parts.model
        inputs = read_inputs(model, design.inputs)
        if design.trace is not None:
            _check_traced_layers(design.trace, model)
            inputs = inputs.first()  # one inference is enough to look at
        labels = _checked_labels(design, inputs)
    choice = choose_simulator(design, parts.board, parts.cfu.spec.ports)
    if choice.reason is not None:
        progress.tell(f"simulated by {choice.name}: {choice.reason}")

    with ThreadPoolExecutor(max_workers=2) as pool:
        golden = pool.submit(_golden, model, inputs)
        with progress.phase("soc", f"building the SoC of board `{parts.board.name}`"):
            soc = build_simulated_soc(parts, cache=cache)
        on_board = choice.name == BOARD_SIMULATOR
        if not on_board:
            built = pool.submit(
                build_simulator,
                choice.name,
                soc,
                parts.cfu,
                traces=design.trace is not None,
                accounts=design.why,
                cache=cache,
            )
        with progress.phase("firmware", f"compiling the firmware of `{model.name}`"):
            image = build_image(parts, soc, cache=cache)
        simulator: Simulator
        if on_board:
            simulator = _board_simulator(design, parts)
            request = _request(design, parts, image, inputs, golden.result())
        else:
            name = parts.cfu.spec.name
            with progress.phase("verilate", f"building the simulator with CFU `{name}`"):
                simulator = built.result()
            if not design.fresh:
                simulator = RecordedSimulator(simulator, cache)
            request = _request(design, parts, image, inputs, None)
        layers = len(model.layers) * len(inputs.inferences)
        with progress.phase("simulate", _doing(design, model), total=layers) as step:
            result = simulator.run(
                image, request, progress=lambda layers_done, cycles: step(layers_done)
            )
        with progress.phase("compare", "comparing with TensorFlow Lite Micro"):
            mismatches = _mismatches(model, result, golden.result())

    return Ran(
        design=design,
        built=BuiltDesign.of(parts, soc, image),
        simulator=simulator,
        inputs=inputs,
        labels=labels,
        result=result,
        mismatches=mismatches,
    )


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


def _request(
    design: Design,
    parts: DesignParts,
    image: FirmwareImage,
    inputs: ModelInputs,
    expected: Sequence[Tensors] | None,
) -> RunRequest:
    trace_layers = design.trace.layers if design.trace is not None else None
    return RunRequest(
        inferences=inputs.inferences,
        max_cycles=design.max_cycles or _generous_cycles(parts, image),
        expected=[
            {index: tensor.tobytes() for index, tensor in tensors.items()} for tensors in expected
        ]
        if expected is not None
        else None,
        trace=design.trace.path if design.trace is not None else None,
        trace_layers=trace_layers or frozenset(),
        why=design.why,
    )


def _board_simulator(design: Design, parts: DesignParts) -> BoardSimulator:
    """Return the board on the port that the design names."""
    board = parts.board
    if board.hardware is None:
        raise PlaygroundError(
            f"board `{design.board}` exists in simulation only"
            if not design.ideal_memory
            else "a board's memory is not ideal: `--ideal-memory` is for simulation",
            hint="`cfu list boards` shows those that have an FPGA",
        )
    if design.port is None:
        raise PlaygroundError(
            f"which serial port is board `{board.name}` on?",
            hint="name it with `--port /dev/ttyUSB0`",
        )
    return BoardSimulator(board, design.port, board.hardware.baud)


def _doing(design: Design, model: Model) -> str:
    if design.simulator == BOARD_SIMULATOR:
        return f"running `{model.name}` on the board; one that is busy is called for a minute"
    return f"simulating `{model.name}`"


def _generous_cycles(parts: DesignParts, image: FirmwareImage) -> int:
    """Return many times the cycles that the slowest kernels need for one inference."""
    model = parts.model
    macs = sum(layer.macs for layer in image.prepared)
    elements = sum(model.tensors[i].elements for layer in model.layers for i in layer.outputs)
    patience = 1 if parts.board.ideal_memory else _WAITING
    return patience * (20_000_000 + 200 * macs + 5_000 * elements)


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
