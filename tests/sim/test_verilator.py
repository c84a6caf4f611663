"""What only the RTL can show: waveforms. The rest is in test_simulators.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.sim.bench import Bench, relu_kernel, relu_model
from toolchain import PlaygroundError

_VALUES = np.array([[-4, 3, -2, 1, 0, 127, -128, 5]], np.int8)


def test_waveforms_of_chosen_layers(bench: Bench, tmp_path: Path) -> None:
    whole, chosen = tmp_path / "whole.fst", tmp_path / "chosen.fst"
    model = relu_model(3)
    plain = bench.run(model, [_VALUES])
    everything = bench.run(model, [_VALUES], trace=whole)
    bench.run(model, [_VALUES], trace=chosen, trace_layers=frozenset({1}))
    assert everything.inferences == plain.inferences
    for path in (whole, chosen):
        # Block type 0 (header) of 329 bytes begins an FST file.
        assert path.read_bytes()[:9] == bytes([0]) + (329).to_bytes(8, "big")
    assert 0 < chosen.stat().st_size < whole.stat().st_size / 2


def test_a_waveform_that_cannot_be_written_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError) as caught:
        bench.run(relu_model(), [_VALUES], trace=tmp_path / "nowhere" / "x.fst")
    assert caught.value.message == (
        f"the waveform `{tmp_path}/nowhere/x.fst` cannot be written: No such file or directory"
    )


def test_a_jump_to_where_no_memory_is(bench: Bench, tmp_path: Path) -> None:
    """The bus gives up and returns all ones, which is an illegal instruction."""
    body = "reinterpret_cast<void (*)()>(0x20000000)(); return true;"
    with pytest.raises(
        PlaygroundError, match=r"which is in no function, layer 0 \(RELU\)"
    ) as caught:
        relu_kernel(bench, tmp_path, body).run(relu_model(), [_VALUES])
    assert "in `playground::relu`" in (caught.value.hint or "")
