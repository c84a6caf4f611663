"""Reports for tests, among them one in which every name is hostile."""

from __future__ import annotations

__all__ = ["HOSTILE", "example_report", "example_steps", "hostile_report", "shipped_model"]

import dataclasses
import datetime
from typing import Any

from firmware.model import Model
from firmware.tflite_reader import read_model
from playground.catalog import find_model
from profiles import Profile, compare
from profiles.advice import Engine, advise, layer_bytes
from profiles.report import MemoryUse, Report, ReportRun, Step
from tests.profiles.examples import example_layer, example_profile, example_split
from toolchain import ArtifactCache

HOSTILE = (
    "</title></script></style><script>window.stolen = 1</script>"
    "<img src=x onerror='window.stolen = 2'>\"'`]]>$x^2$\x00\u202e\ud800&lt;#000001"
)
"""Markup, script, quotes, mathematics, control and turning characters, half of a character."""

_MEMORY = MemoryUse("main_ram", 65_536, {"code": 20_000, "weights": 6_000, "arena": 1_280})


def shipped_model() -> Model:
    """Return `digits_cnn`, which has six layers."""
    path = find_model("digits_cnn", cache=ArtifactCache.default()).path
    assert path is not None
    return read_model(path)


def _profile(model: Model, *, factor: int = 1, **changes: Any) -> Profile:
    layers = tuple(
        example_layer(
            layer.index,
            operator=layer.operator,
            name=model.tensors[layer.outputs[0]].name,
            macs=9_000 if layer.index < 3 else 0,
            cycles=(7 - layer.index) * 10_000 // factor,
            instructions=(7 - layer.index) * 6_000 // factor,
            output_shapes=tuple(model.tensors[index].shape for index in layer.outputs),
            split=example_split(),
            kernel="reference" if factor == 1 else "conv_2d.cc",
        )
        for layer in model.layers
    )
    return example_profile(layers=layers, **changes)


def example_report(*, model: Model | None = None, **changes: Any) -> Report:
    """Return a report of a baseline and of a CFU that is four times as fast."""
    model = model or shipped_model()
    baseline = _profile(model)
    faster = _profile(model, factor=4, **changes)
    runs = tuple(
        ReportRun(
            profile,
            name=name,
            origin=f"the profile `{name}`",
            command="cfu run digits_cnn --cfu none",
            advice=advise(profile, Engine("mac", 4.0), bytes_of=layer_bytes(model)),
            memories=(_MEMORY,),
            facts={"commit": "0123abcd"},
        )
        for name, profile in (("a.json", baseline), ("b.json", faster))
    )
    return Report(
        runs=runs,
        comparison=compare(baseline, faster, allow_unlike=True),
        model=model,
        steps=example_steps(),
        notes=("Something was not at hand.",),
    )


def example_steps() -> tuple[Step, ...]:
    """Return three runs, the second of which was wrong."""
    return tuple(
        Step(
            number=number,
            time=datetime.datetime(2026, 11, 21, 12, number, tzinfo=datetime.UTC),
            title=title,
            cycles=cycles,
            is_bit_exact=number != 2,
            provenance="fast",
            is_shown=number == 3,
        )
        for number, title, cycles in ((1, "baseline", 900), (2, "dot4", 90), (3, "dot4", 120))
    )


def hostile_report() -> Report:
    """Return a report in which everything that a file can name is named `HOSTILE`."""
    model = shipped_model()
    model = dataclasses.replace(
        model,
        name=HOSTILE,
        tensors=tuple(dataclasses.replace(tensor, name=HOSTILE) for tensor in model.tensors),
    )
    # Half of a character cannot be in a profile, which is UTF-8.
    name = HOSTILE.replace("\ud800", "")
    example = _profile(shipped_model(), factor=4)
    layers = tuple(
        layer.model_copy(
            update={
                "operator": name,
                "name": name,
                "kernel": name,
                "split": example_split(
                    cfu={name: 3},
                    functions=(example_split().functions[0].model_copy(update={"name": name}),),
                ),
            }
        )
        for layer in example.layers
    )
    profile = example.model_copy(
        update={
            "layers": layers,
            "model": example.model.model_copy(update={"name": name}),
            "cfu": example.cfu.model_copy(update={"name": name, "digest": "ab"}),
            "kernels": (name,),
            "kernels_digest": "cd",
            "board": name,
            "cpu": name,
            "memory": example.memory.model_copy(update={"note": name}),
            "compiler": example.compiler.model_copy(update={"flags": (name,)}),
            "tools": {name: name},
            "inputs": (example.inputs[0].model_copy(update={"name": name}),),
        }
    )
    run = ReportRun(
        profile,
        name=HOSTILE,
        origin=HOSTILE,
        command=HOSTILE,
        advice=advise(profile, Engine(HOSTILE, 4.0), bytes_of=layer_bytes(model)),
        memories=(MemoryUse(HOSTILE, 65_536, {HOSTILE: 20_000}),),
        facts={HOSTILE: HOSTILE},
    )
    steps = tuple(
        dataclasses.replace(step, title=HOSTILE, note=HOSTILE) for step in example_steps()
    )
    return Report(
        runs=(run, run),
        comparison=compare(profile, profile),
        model=model,
        steps=steps,
        notes=(HOSTILE,),
    )
