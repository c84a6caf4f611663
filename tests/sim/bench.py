"""Models, CFUs and kernels to try the simulator with."""

from __future__ import annotations

__all__ = ["RELU_KERNEL", "Bench", "relu_kernel", "relu_model"]

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from firmware.application import SERVE, Application
from firmware.compiler import find_compiler
from firmware.golden import golden_tensors
from firmware.image import FirmwareImage, FirmwareSources, build_firmware
from firmware.model import Model
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter
from gateware import CfuArtifact, intrinsics_header, load_cfu
from playground.design import RTL_SIMULATOR
from playground.simulation import build_simulator
from sim.recorded import RecordedSimulator
from sim.simulator import RunRequest, RunResult, Simulator
from sim.timeline import TimelineRequest
from soc import SocBuild, build_soc
from toolchain import ArtifactCache

_MAX_CYCLES = 50_000_000
RELU_KERNEL = """\
#include "playground/relu.h"
#include "cfu.h"
#include "print.h"
#include <cstdlib>
namespace playground {{
bool relu([[maybe_unused]] const ReluLayer& layer) {{
  {body}
}}
}}  // namespace playground
"""
"""A kernel of RELU whose body is to be filled in."""


def relu_model(layers: int = 1, elements: int = 8) -> Model:
    """Return a model of RELU layers in a row."""
    writer = ModelWriter()
    tensors = [writer.tensor(f"t{i}", (1, elements), scale=0.5) for i in range(layers + 1)]
    for i in range(layers):
        writer.layer("RELU", (tensors[i],), (tensors[i + 1],))
    return parse_model(writer.finish((tensors[0],), (tensors[-1],)), name="relus")


@dataclass(frozen=True)
class Bench:
    """Runs models on board `sim`.

    Attributes
    ----------
    overrides
        Directory of kernels, none by default.
    simulator
        The RTL's or the fast one's name.
    """

    soc: SocBuild
    cache: ArtifactCache
    cfu: CfuArtifact
    overrides: Path | None = None
    compiler: str = "zig"
    simulator: str = RTL_SIMULATOR

    def with_cfu(self, reference: str, directory: Path = Path()) -> Bench:
        """Return a bench with a CFU, and with the SoC that has the ports for it."""
        cfu = load_cfu(reference, directory=directory)
        soc = build_soc(self.soc.board, self.soc.cpu, ports=cfu.spec.ports, cache=self.cache)
        return replace(self, cfu=cfu, soc=soc)

    def with_kernels(self, directory: Path) -> Bench:
        return replace(self, overrides=directory)

    def with_kernel(self, directory: Path, name: str, text: str) -> Bench:
        """Return a bench with one kernel, written to a directory."""
        (directory / f"{name}.cc").write_text(text)
        return self.with_kernels(directory)

    def image(self, model: Model, application: Application = SERVE) -> FirmwareImage:
        files = sorted(self.overrides.glob("*.cc")) if self.overrides else []
        return build_firmware(
            model,
            self.soc.memory_map,
            sources=FirmwareSources(
                {path.stem: path for path in files}, intrinsics_header(self.cfu.spec)
            ),
            cpu=self.soc.cpu,
            compiler=find_compiler(self.compiler, isa=self.soc.cpu.isa, cache=self.cache),
            cache=self.cache,
            application=application,
        )

    def run(
        self,
        model: Model,
        *inferences: Sequence[npt.NDArray[np.generic]],
        max_cycles: int = _MAX_CYCLES,
        stall_cycles: int = 20_000_000,
        trace: Path | None = None,
        trace_layers: frozenset[int] = frozenset(),
        records: ArtifactCache | None = None,
        why: bool = False,
        timeline: TimelineRequest | None = None,
    ) -> RunResult:
        simulator: Simulator = build_simulator(
            self.simulator,
            self.soc,
            self.cfu,
            traces=trace is not None,
            accounts=why,
            cache=self.cache,
        )
        if records is not None:
            simulator = RecordedSimulator(simulator, records)
        request = RunRequest(
            inferences=[[array.tobytes() for array in inputs] for inputs in inferences],
            max_cycles=max_cycles,
            stall_cycles=stall_cycles,
            trace=trace,
            trace_layers=trace_layers,
            why=why,
            timeline=timeline,
        )
        return simulator.run(self.image(model), request)

    def assert_exact(self, model: Model, inputs: Sequence[npt.NDArray[np.generic]]) -> RunResult:
        """Run one inference and compare every layer with TensorFlow Lite Micro."""
        result = self.run(model, inputs)
        wanted = [index for layer in model.layers for index in layer.outputs]
        expected = golden_tensors(model.content, inputs, wanted=wanted)
        for layer in model.layers:
            for snapshot in result.inferences[0].snapshots[layer.index]:
                tensor = expected[snapshot.tensor]
                actual = np.frombuffer(snapshot.data, tensor.dtype).reshape(tensor.shape)
                np.testing.assert_array_equal(
                    actual, tensor, err_msg=f"layer {layer.index} {layer.operator}"
                )
        return result


def relu_kernel(bench: Bench, directory: Path, body: str) -> Bench:
    """Return a bench whose kernel of RELU, written to a directory, has some body."""
    return bench.with_kernel(directory, "relu", RELU_KERNEL.format(body=body))
