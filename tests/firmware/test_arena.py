"""The memory plan: nothing that is live at the same time overlaps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from firmware.arena import ARENA_ALIGNMENT, ArenaPlan, plan_arena
from firmware.model import Layer, Model, Tensor


def model_of(
    sizes: list[int],
    layers: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    constants: frozenset[int] = frozenset(),
) -> Model:
    """Return a model of int8 vectors; each layer is (inputs, outputs)."""
    return Model(
        name="m",
        tensors=tuple(
            Tensor(i, f"t{i}", "int8", (size,), None, bytes(size) if i in constants else None)
            for i, size in enumerate(sizes)
        ),
        layers=tuple(Layer(i, "ADD", 1, ins, outs, {}) for i, (ins, outs) in enumerate(layers)),
        inputs=inputs,
        outputs=outputs,
        digest="",
        content=b"",
    )


@st.composite
def random_models(draw: st.DrawFn) -> tuple[Model, dict[int, int]]:
    size = st.integers(1, 400)
    input_count = draw(st.integers(1, 3))
    sizes = [draw(size) for _ in range(input_count)]
    layers = []
    for _ in range(draw(st.integers(1, 12))):
        known = st.integers(0, len(sizes) - 1)
        ins = draw(st.lists(known, min_size=1, max_size=3))
        outs = tuple(range(len(sizes), len(sizes) + draw(st.integers(1, 2))))
        sizes += [draw(size) for _ in outs]
        layers.append((tuple(ins), outs))
    outputs = draw(st.lists(st.integers(input_count, len(sizes) - 1), min_size=1, max_size=3))
    scratch = draw(st.dictionaries(st.integers(0, len(layers) - 1), st.integers(0, 500)))
    model = model_of(sizes, layers, tuple(range(input_count)), tuple(outputs))
    return model, scratch


@given(random_models())
def test_no_two_live_buffers_overlap(case: tuple[Model, dict[int, int]]) -> None:
    model, scratch = case
    plan = plan_arena(model, scratch)
    for a, b in itertools.combinations(plan.buffers, 2):
        together = max(a.first, b.first) <= min(a.last, b.last)
        apart = a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
        assert apart or not together


@given(random_models())
def test_every_value_is_held_from_its_making_to_its_last_use(
    case: tuple[Model, dict[int, int]],
) -> None:
    model, scratch = case
    plan = plan_arena(model, scratch)
    held = {b.tensor: b for b in plan.buffers if b.tensor is not None}
    assert set(held) == {t.index for t in model.tensors}
    for layer in model.layers:
        for index in (*layer.inputs, *layer.outputs):
            assert held[index].is_live(layer.index)
    assert all(held[index].first == -1 for index in model.inputs)
    assert all(held[index].last == len(model.layers) for index in model.outputs)
    wanted = {layer: size for layer, size in scratch.items() if size}
    assert {b.layer: b.size for b in plan.buffers if b.layer is not None} == wanted
    assert all(b.first == b.last == b.layer for b in plan.buffers if b.layer is not None)


@given(random_models())
def test_bounds_and_alignment(case: tuple[Model, dict[int, int]]) -> None:
    model, scratch = case
    plan = plan_arena(model, scratch)
    assert plan.lower_bound_bytes <= plan.size_bytes
    assert all(b.offset % ARENA_ALIGNMENT == 0 for b in plan.buffers)
    assert all(b.offset >= 0 and b.offset + b.size <= plan.size_bytes for b in plan.buffers)
    live = [
        sum(-(-b.size // 16) * 16 for b in plan.buffers if b.first <= time <= b.last)
        for time in range(-1, len(model.layers) + 1)
    ]
    assert plan.lower_bound_bytes == max(live) == live[plan.peak_layer + 1]
    assert plan_arena(model, scratch) == plan


@pytest.mark.parametrize("length", [2, 3, 10])
def test_a_chain_of_equal_tensors_takes_two_of_them(length: int) -> None:
    layers = [((i,), (i + 1,)) for i in range(length)]
    plan = plan_arena(model_of([64] * (length + 1), layers, (0,), (length,)), {})
    assert plan.size_bytes == plan.lower_bound_bytes == 128


def test_constants_and_untouched_tensors_are_not_in_the_arena() -> None:
    model = model_of([16, 16, 16, 16], [((0, 1, -1), (2,))], (0,), (2,), frozenset({1}))
    assert dict(plan_arena(model, {}).tensor_offsets) == {0: 0, 2: 16}


def test_scratch_memory_lives_during_its_layer_only() -> None:
    model = model_of([16, 16, 16], [((0,), (1,)), ((1,), (2,))], (0,), (2,))
    plan = plan_arena(model, {0: 100, 1: 100})
    assert dict(plan.scratch_offsets) == {0: 0, 1: 0}
    assert plan.size_bytes == 112 + 2 * 16
    assert plan.peak_layer in (0, 1)


def test_outputs_are_kept_until_they_are_read() -> None:
    model = model_of([16, 16, 16], [((0,), (1,)), ((0,), (2,))], (0,), (1, 2))
    plan: ArenaPlan = plan_arena(model, {})
    assert plan.size_bytes == 48
    assert len(set(plan.tensor_offsets.values())) == 3
