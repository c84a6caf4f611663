"""Runs that were simulated before: the same firmware on the same hardware does the same again."""

from __future__ import annotations

__all__ = ["RecordedSimulator"]

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from firmware.image import FirmwareImage
from firmware.protocol import LayerRecord
from sim.cycle_split import Cause, Event, LayerSplit
from sim.simulator import (
    InferenceResult,
    Progress,
    RunRequest,
    RunResult,
    Simulator,
    TensorSnapshot,
)
from toolchain import ArtifactCache, digest

_RESULT = "result.json"
_SNAPSHOTS = "snapshots.bin"


@dataclass(frozen=True)
class RecordedSimulator:
    """A deterministic simulator whose results are kept in the artifact cache.

    A run that ended well is recorded with the time it took; asked for again, the record is
    returned. A run with a waveform or a time line is always simulated, and one that is to tell
    where its cycles went is another than one that is not.

    Parameters
    ----------
    simulator
        What runs that are not recorded are run on.
    """

    simulator: Simulator
    cache: ArtifactCache

    @property
    def name(self) -> str:
        return self.simulator.name

    @property
    def provenance(self) -> str:
        return self.simulator.provenance

    @property
    def version(self) -> str:
        return self.simulator.version

    @property
    def identity(self) -> str:
        return self.simulator.identity

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        """Return the record of a run, simulating it if there is none; see `Simulator.run`."""
        if request.trace is not None or request.timeline is not None:
            return self.simulator.run(image, request, progress=progress)
        key = digest(
            self.identity,
            image.program,
            image.elf.load_address,
            [
                [(image.tensor_address(i), image.model.tensors[i].bytes) for i in layer.outputs]
                for layer in image.model.layers
            ],
            request.max_cycles,
            [list(inputs) for inputs in request.inferences],
            request.why,
            Path(__file__),
        )

        recorded = self.cache.find("run", key) is not None

        def produce(directory: Path) -> None:
            _write(self.simulator.run(image, request, progress=progress), directory)

        return replace(_read(self.cache.build("run", key, produce)), recorded=recorded)


def _write(result: RunResult, directory: Path) -> None:
    with (directory / _SNAPSHOTS).open("wb") as file:
        for inference in result.inferences:
            for snapshots in inference.snapshots.values():
                file.writelines(snapshot.data for snapshot in snapshots)
    described = {
        "simulated_cycles": result.simulated_cycles,
        "simulated_instructions": result.simulated_instructions,
        "wall_seconds": result.wall_seconds,
        "text": result.text,
        "inferences": [
            {
                "layers": [asdict(layer) for layer in inference.layers],
                "snapshots": [
                    [layer, snapshot.tensor, len(snapshot.data)]
                    for layer, snapshots in inference.snapshots.items()
                    for snapshot in snapshots
                ],
                "splits": [asdict(split) for split in inference.splits]
                if inference.splits is not None
                else None,
            }
            for inference in result.inferences
        ],
    }
    (directory / _RESULT).write_text(json.dumps(described))


def _split(described: Mapping[str, Mapping[str, Any]]) -> LayerSplit:
    """Return a split, whose keys JSON has as text."""
    return LayerSplit(
        cycles={Cause(cause): count for cause, count in described["cycles"].items()},
        events={Event(event): count for event, count in described["events"].items()},
        cfu={int(function): count for function, count in described["cfu"].items()},
        functions={
            name: {Cause(cause): count for cause, count in cycles.items()}
            for name, cycles in described["functions"].items()
        },
    )


def _read(directory: Path) -> RunResult:
    described = json.loads((directory / _RESULT).read_text())
    inferences = []
    with (directory / _SNAPSHOTS).open("rb") as file:
        for inference in described["inferences"]:
            snapshots: dict[int, tuple[TensorSnapshot, ...]] = {}
            for layer, tensor, size in inference["snapshots"]:
                copy = TensorSnapshot(tensor, file.read(size))
                snapshots[layer] = (*snapshots.get(layer, ()), copy)
            layers = tuple(LayerRecord(**layer) for layer in inference["layers"])
            splits = inference["splits"]
            inferences.append(
                InferenceResult(
                    layers=layers,
                    snapshots=snapshots,
                    splits=tuple(map(_split, splits)) if splits is not None else None,
                )
            )
    return RunResult(
        inferences=tuple(inferences),
        simulated_cycles=described["simulated_cycles"],
        simulated_instructions=described["simulated_instructions"],
        wall_seconds=described["wall_seconds"],
        text=described["text"],
    )
