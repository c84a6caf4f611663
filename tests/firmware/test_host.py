from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware import host_compiler
from firmware.golden import golden_tensors
from firmware.host import build_for_host, run_on_host
from firmware.model import Model
from firmware.random_layers import random_layers
from firmware.tflite_reader import parse_model, read_model
from firmware.tflite_writer import ModelWriter
from tests.reference_models import REFERENCE_MODELS, reference_inputs, reference_model
from toolchain import ArtifactCache, PlaygroundError, ToolFailed, run_tool


def relus(count: int = 2) -> Model:
    """Return a chain of RELU6 layers, for values whose scale is 1/8."""
    writer = ModelWriter()
    tensors = [writer.tensor(f"t{i}", (1, 8), scale=0.125) for i in range(count + 1)]
    for source, target in itertools.pairwise(tensors):
        writer.layer("RELU6", [source], [target])
    return parse_model(writer.finish(tensors[:1], tensors[-1:]), name="relus")


VALUES = np.array([[-128, -1, 0, 1, 20, 48, 49, 127]], np.int8)
CLAMPED = np.array([[0, 0, 0, 1, 20, 48, 48, 48]], np.int8)


def override(directory: Path, body: str) -> dict[str, Path]:
    path = directory / "relu6.cc"
    path.write_text(
        '#include "playground/relu6.h"\n'
        "namespace playground {\n"
        f"bool relu6([[maybe_unused]] const Relu6Layer& layer) {{ {body} }}\n"
        "}  // namespace playground\n"
    )
    return {"relu6": path}


def test_each_layer_is_captured_when_it_ran() -> None:
    # With eight bytes each, the tensors share memory: later layers overwrite earlier outputs.
    results = run_on_host(relus(5), [VALUES])
    assert sorted(results) == [0, 1, 2, 3, 4]
    for (output,) in results.values():
        np.testing.assert_array_equal(output, CLAMPED)


def test_override_replaces_the_reference(tmp_path: Path) -> None:
    body = "for (int i = 0; i < 8; ++i) layer.output_data[i] = 7; return true;"
    results = run_on_host(relus(), [VALUES], overrides=override(tmp_path, body))
    np.testing.assert_array_equal(results[1][0], np.full((1, 8), 7, np.int8))


def test_override_may_decline(tmp_path: Path) -> None:
    results = run_on_host(relus(), [VALUES], overrides=override(tmp_path, "return false;"))
    np.testing.assert_array_equal(results[1][0], CLAMPED)


def test_override_may_use_other_sources(tmp_path: Path) -> None:
    (tmp_path / "answer.h").write_text("int Answer();\n")
    (tmp_path / "answer.cc").write_text('#include "answer.h"\nint Answer() { return 42; }\n')
    sources = override(
        tmp_path, "layer.output_data[0] = static_cast<int8_t>(Answer()); return true;"
    )
    path = sources["relu6"]
    path.write_text('#include "answer.h"\n' + path.read_text())
    results = run_on_host(
        relus(), [VALUES], overrides=sources, include=[tmp_path], support=[tmp_path / "answer.cc"]
    )
    assert results[0][0].ravel()[0] == 42


def test_crash_names_the_layer(tmp_path: Path) -> None:
    body = "if (layer.input_data[0] == 0) __builtin_trap(); return false;"
    with pytest.raises(PlaygroundError) as failed:
        run_on_host(relus(), [VALUES], overrides=override(tmp_path, body))
    assert failed.value.message in (
        "`relus` crashed (SIGILL) on the host in layer 1 (`RELU6`)",
        "`relus` crashed (SIGTRAP) on the host in layer 1 (`RELU6`)",
    )


def test_endless_kernel_is_stopped(tmp_path: Path) -> None:
    body = "volatile int turn = 0; while (turn == 0) {} return true;"
    with pytest.raises(PlaygroundError) as failed:
        run_on_host(relus(), [VALUES], overrides=override(tmp_path, body), timeout_seconds=0.5)
    assert failed.value.message == "`relus` took more than 0.5 s on the host in layer 0 (`RELU6`)"


def test_override_that_does_not_compile_says_why(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"compiling `relu6\.cc` for the host") as failed:
        run_on_host(relus(), [VALUES], overrides=override(tmp_path, "return nonsense;"))
    assert "use of undeclared identifier 'nonsense'" in str(failed.value.details)


def test_undefined_behaviour_is_caught_when_checked(tmp_path: Path) -> None:
    body = (
        "volatile int large = 2147483647; "
        "layer.output_data[0] = static_cast<int8_t>((large + 1) & 1); return true;"
    )
    sources = override(tmp_path, body)
    assert run_on_host(relus(), [VALUES], overrides=sources)
    with pytest.raises(PlaygroundError, match="crashed"):
        run_on_host(relus(), [VALUES], overrides=sources, checked=True)


def test_broken_assumption_of_a_kernel_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"crashed \(SIGABRT\) on the host in layer 0"):
        run_on_host(
            relus(),
            [VALUES],
            overrides=override(tmp_path, "TFLITE_DCHECK_EQ(layer.six, -1); return false;"),
        )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "`relus` takes 1 inputs, but 0 are given"),
        (
            [VALUES.astype(np.int16)],
            (
                "input `t0` of `relus` is int8 of shape [1, 8], "
                "but the one given is int16 of shape [1, 8]"
            ),
        ),
        (
            [VALUES.reshape(8)],
            "input `t0` of `relus` is int8 of shape [1, 8], but the one given is int8 of shape [8]",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_refused(values: list[np.ndarray], message: str) -> None:
    with pytest.raises(PlaygroundError) as refused:
        run_on_host(relus(), values)
    assert refused.value.message == message


def test_another_model_compiles_its_own_code_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def run_and_note(*arguments: Any, what: str, **options: Any) -> str:
        done.append(what)
        return run_tool(*arguments, what=what, **options)

    monkeypatch.setattr(host_compiler, "run_tool", run_and_note)
    cache = ArtifactCache(tmp_path / "cache")
    cache.root.mkdir()
    # Only the compiler's own cache, of its libraries, is shared.
    shared = ArtifactCache.default().root / "zig"
    shared.mkdir(parents=True, exist_ok=True)
    (cache.root / "zig").symlink_to(shared)
    build_for_host(relus(2), cache=cache)
    assert "compiling `relu6.cc` for the host" in done
    done.clear()
    build_for_host(relus(3), cache=cache)
    assert done == ["compiling `model.cc` for the host", "linking a program for the host"]
    done.clear()
    build_for_host(relus(3), cache=cache)
    assert not done


@pytest.mark.parametrize("name", REFERENCE_MODELS)
def test_reference_models_are_bit_exact(name: str) -> None:
    path = reference_model(name)
    model = read_model(path)
    source = model.tensors[model.inputs[0]]
    program = build_for_host(model)
    wanted = [index for layer in model.layers for index in layer.outputs]
    for data in reference_inputs(name)[:4]:
        value = np.fromfile(data, source.dtype)[: source.elements].reshape(source.shape)
        expected = golden_tensors(model.content, [value], wanted=wanted)
        for index, outputs in program.run([value]).items():
            for tensor, output in zip(model.layers[index].outputs, outputs, strict=True):
                np.testing.assert_array_equal(output, expected[tensor], err_msg=f"layer {index}")


def test_several_inputs_and_outputs() -> None:
    layers = random_layers("SUB", 10, seed=8)
    results = run_on_host(layers.model, layers.inputs)
    assert len(layers.model.inputs) > 10
    assert len(results) == len(layers.model.outputs) == 10
