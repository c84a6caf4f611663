"""From a design to its profile, and what keeps a design from having one."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from firmware.tflite_writer import ModelWriter
from playground import simulation
from playground.design import Design, Trace
from playground.flow import run_design
from playground.progress import ConsoleProgress, Silent
from profiles import Profile, Provenance, require_exact
from toolchain import ArtifactCache, PlaygroundError

_WRONG = """\
#include "playground/relu.h"
#include "print.h"
namespace playground {
bool relu(const ReluLayer& layer) {
  Print("hello\\n");
  reference::relu(layer);
  layer.output_data[2] += 1;
  layer.output_data[3] += 1;
  return true;
}
}  // namespace playground
"""


def _relu(writer: ModelWriter, name: str) -> tuple[int, int]:
    source = writer.tensor(f"{name}_in", (1, 4), scale=1.0)
    target = writer.tensor(f"{name}_out", (1, 4), scale=1.0)
    writer.layer("RELU", (source,), (target,))
    return source, target


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with two inputs and two outputs, each pair a RELU."""
    writer = ModelWriter()
    pairs = [_relu(writer, name) for name in ("a", "b")]
    path = tmp_path / "pair.tflite"
    path.write_bytes(writer.finish([p[0] for p in pairs], [p[1] for p in pairs]))
    return path


def _files(directory: Path, *contents: list[int]) -> tuple[Path, ...]:
    paths = []
    for index, content in enumerate(contents):
        path = directory / f"input{index}.dat"
        path.write_bytes(np.array(content, np.int8).tobytes())
        paths.append(path)
    return tuple(paths)


def _run(design: Design) -> Profile:
    return run_design(design, cache=ArtifactCache.default(), progress=Silent())


def _refusal(design: Design) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        _run(design)
    return caught.value


def test_a_model_with_several_inputs_and_outputs(model: Path, tmp_path: Path) -> None:
    inputs = _files(tmp_path, [-1, 2, -3, 4], [5, -6, 7, -8])
    profile = require_exact(_run(Design(model=model, inputs=inputs, simulator="verilator")))
    assert [output.values for output in profile.outputs] == [(0, 2, 0, 4), (5, 0, 7, 0)]
    assert profile.sources.cycles is Provenance.RTL
    assert profile.simulator.name == "verilator"
    assert profile.memory.ideal
    assert profile.total_cycles == sum(layer.cycles for layer in profile.layers)
    assert profile.compiler.flags
    assert {"firmware", "simulate", "compare"} <= set(profile.wall_seconds)


def test_several_inferences_and_their_accuracy(model: Path, tmp_path: Path) -> None:
    inputs = _files(tmp_path, [1, 9, 0, 0, 0, 0, 9, 0], [0] * 8)
    profile = _run(Design(model=model, inputs=inputs, labels=(1, 3)))
    assert profile.inferences == 2
    assert profile.accuracy is not None
    assert (profile.accuracy.correct, profile.accuracy.total) == (1, 2)


def test_made_up_inputs_are_the_same_every_time(model: Path) -> None:
    first, second = (_run(Design(model=model)) for _ in range(2))
    assert first.outputs == second.outputs
    assert first.inputs == second.inputs


def test_a_wrong_kernel_is_caught_with_layer_element_and_count(model: Path, tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    (kernels / "relu.cc").write_text(_WRONG)
    inputs = _files(tmp_path, [-1, 2, -3, 4], [0, 0, 0, 0])
    profile = _run(Design(model=model, inputs=inputs, kernels=kernels))
    assert profile.text == "hello\n" * 2
    assert [layer.kernel for layer in profile.layers] == ["relu.cc"] * 2
    with pytest.raises(PlaygroundError) as caught:
        require_exact(profile)
    assert caught.value.exit_code == 1
    assert (
        "first in layer 0 RELU run by `relu.cc`: tensor `a_out` at [0, 2] is 1 instead of 0, "
        "2 of 4 elements differ"
    ) in caught.value.message


@pytest.mark.parametrize("simulator", ["fast", "verilator"])
def test_where_the_cycles_went(simulator: str, model: Path) -> None:
    design = Design(model=model, simulator=simulator, cfu="simd_mac")
    assert {layer.split for layer in _run(design).layers} == {None}
    for layer in _run(replace(design, why=True)).layers:
        assert layer.split is not None
        cycles = sum(layer.split.cycles.values())
        assert layer.cycles < cycles < layer.cycles + 100
        assert sum(sum(each.cycles.values()) for each in layer.split.functions) == cycles
        assert "playground::reference::relu" in {each.name for each in layer.split.functions}
        assert layer.split.stores > 0


def test_a_board_does_not_tell_why(model: Path) -> None:
    error = _refusal(
        Design(model=model, board="arty_a7_35", simulator="board", port="/dev/x", why=True)
    )
    assert error.message == "nobody sees where a board's cycles go"


def test_an_unsupported_operator_is_named_before_anything_is_built(tmp_path: Path) -> None:
    writer = ModelWriter()
    source, between = _relu(writer, "a")
    target = writer.tensor("spectrum", (1, 4), scale=1.0)
    writer.layer("COS", (between,), (target,))
    path = tmp_path / "wave.tflite"
    path.write_bytes(writer.finish((source,), (target,)))
    cache = ArtifactCache(tmp_path / "cache")
    with pytest.raises(PlaygroundError) as caught:
        run_design(Design(model=path), cache=cache, progress=Silent())
    assert "layer 1" in caught.value.message
    assert "`COS`" in caught.value.message
    assert not cache.root.exists()


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([[1, 2, 3]], "has 2 inputs, 1 input files do not make whole inferences"),
        ([[1, 2, 3], [1, 2, 3, 4]], "has 3 bytes, but tensor `a_in` (int8, 1×4) takes 4"),
        ([[], [1, 2, 3, 4]], "has 0 bytes, but tensor `a_in` (int8, 1×4) takes 4"),
        ([[1] * 8, [1] * 4], "hold tensors for different numbers of inferences"),
    ],
)
def test_inputs_that_do_not_fit(
    model: Path, tmp_path: Path, contents: list[list[int]], message: str
) -> None:
    assert message in _refusal(Design(model=model, inputs=_files(tmp_path, *contents))).message


def test_an_input_that_is_not_there(model: Path, tmp_path: Path) -> None:
    missing = (tmp_path / "none.dat",) * 2
    assert _refusal(Design(model=model, inputs=missing)).message == (
        f"cannot read input `{missing[0]}`: No such file or directory"
    )


def test_labels_that_do_not_fit(model: Path) -> None:
    assert _refusal(Design(model=model, labels=(1, 2))).message == (
        "there are 2 labels for 1 inferences"
    )


def test_a_kernel_named_after_nothing(model: Path, tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "conv2d.cc").write_text("")
    error = _refusal(Design(model=model, kernels=tmp_path / "kernels"))
    assert "conv2d.cc` is named after no operator; did you mean `conv_2d.cc`?" in error.message


def test_a_kernel_that_is_no_file(model: Path, tmp_path: Path) -> None:
    (tmp_path / "kernels" / "softmax.cc").mkdir(parents=True)
    error = _refusal(Design(model=model, kernels=tmp_path / "kernels"))
    assert error.message.endswith("softmax.cc` is a directory or a link to nothing")
    (tmp_path / "kernels" / "softmax.cc").rmdir()
    (tmp_path / "kernels" / "softmax.cc").symlink_to("absent")
    assert _refusal(Design(model=model, kernels=tmp_path / "kernels")).message == error.message


def test_a_layer_to_trace_that_is_not_there(model: Path, tmp_path: Path) -> None:
    trace = Trace(path=tmp_path / "x.fst", layers=frozenset({1, 2}))
    assert _refusal(Design(model=model, trace=trace)).message == (
        "there is no layer 2 to trace, `pair` has 2"
    )


@pytest.mark.parametrize("prefers_fast", [False, True])
def test_the_default_simulator(
    model: Path, prefers_fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "PREFERS_FAST", prefers_fast)
    profile = _run(Design(model=model))
    assert profile.simulator.name == ("fast" if prefers_fast else "verilator")
    assert profile.sources.cycles is (Provenance.FAST if prefers_fast else Provenance.RTL)
    assert (profile.simulated_instructions is not None) is prefers_fast
    assert profile.tools["verilator"]


def test_why_the_default_gives_way_is_told(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "PREFERS_FAST", True)
    told = io.StringIO()
    trace = Trace(path=tmp_path / "x.fst", layers=frozenset({1}))
    profile = run_design(
        Design(model=model, trace=trace),
        cache=ArtifactCache.default(),
        progress=ConsoleProgress(Console(file=told, width=80)),
    )
    assert profile.simulator.name == "verilator"
    assert trace.path.is_file()
    line = "simulated by verilator: the fast simulator has no signals to write a waveform of\n"
    assert line in told.getvalue()


def test_a_port_is_for_a_board(model: Path) -> None:
    with pytest.raises(PlaygroundError, match="`--port /dev/ttyUSB0` is for a board") as caught:
        _run(Design(model=model, port="/dev/ttyUSB0"))
    assert "--simulator board" in (caught.value.hint or "")
