"""The arithmetic of an advice, on made-up layers and on a small profile of known numbers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.model import Layer, Model, Tensor
from profiles import Profile
from profiles.advice import (
    Bound,
    Engine,
    LayerAdvice,
    advice_json,
    advise,
    amdahl,
    layer_bytes,
)
from tests.profiles.examples import example_layer, example_profile

CPU = Engine()
ARRAY = Engine(name="array", peak_macs_per_cycle=32, requantizes=True)
_COUNTS = st.integers(0, 10**9)
_OPERATORS = st.sampled_from(["CONV_2D", "ADD", "SOFTMAX", "FULLY_CONNECTED"])
_ENGINES = st.sampled_from([Engine(), Engine("lanes", 4.0), ARRAY])


def _only(profile: Profile, engine: Engine = CPU, *, size: int = 20_000) -> LayerAdvice:
    (layer,) = advise(profile, engine, bytes_of=[size]).layers
    return layer


def test_the_reference_kernels_spend_most_on_addresses() -> None:
    # 5.1 M instructions: 240,000 to requantize 8,000 sums, 2 for each MAC, and as many loads.
    layer = _only(example_profile(layers=(example_layer(),)))
    per_instruction = 8_620_000 / 5_100_000
    assert layer.parts[Bound.REQUANTIZATION] == pytest.approx(240_000 * per_instruction)
    assert layer.parts[Bound.MACS] == pytest.approx(1_024_000 * per_instruction)
    assert layer.parts[Bound.LOADS] == pytest.approx(1_024_000 * per_instruction)
    assert layer.parts[Bound.OVERHEAD] == pytest.approx(2_812_000 * per_instruction)
    assert layer.bound is Bound.OVERHEAD
    assert layer.peak == 0.5
    assert layer.of_peak == pytest.approx(512_000 / 8_620_000 / 0.5)


def test_a_layer_that_a_cfu_feeds_on_is_bound_by_loads() -> None:
    layer = example_layer(kernel="conv_2d.cc", cycles=657_000, instructions=388_000)
    lanes = Engine("lanes", 4.0, requantizes=True)
    advised = _only(example_profile(layers=(layer,)), lanes)
    assert advised.bound is Bound.LOADS
    assert advised.parts[Bound.MACS] == 128_000
    assert advised.parts[Bound.REQUANTIZATION] == 8_000
    assert advised.parts[Bound.LOADS] == pytest.approx(194_000 * 657 / 388, rel=1e-3)


def test_a_layer_that_keeps_the_array_busy_is_bound_by_macs() -> None:
    layer = example_layer(kernel="conv_2d.cc", cycles=20_000, instructions=1_000)
    advised = _only(example_profile(layers=(layer,)), ARRAY)
    assert advised.bound is Bound.MACS
    assert advised.of_peak == pytest.approx(0.8)


def test_waiting_for_operands_used_once_is_loading() -> None:
    # Each word of 82,560 bytes is loaded once, and each line of 32 takes 17 cycles to come.
    lanes = Engine("lanes", 4.0, requantizes=True)
    layer = example_layer(
        operator="FULLY_CONNECTED",
        kernel="fully_connected.cc",
        macs=81_920,
        cycles=120_000,
        instructions=39_808,
        output_shapes=((1, 128),),
    )
    advised = _only(example_profile(layers=(layer,)), lanes, size=82_560)
    assert advised.bound is Bound.LOADS
    assert advised.parts[Bound.LOADS] == pytest.approx(82_560 / 4 * 1.7 + 82_560 / 32 * 17)


def test_an_addition_is_bound_by_its_three_requantizations() -> None:
    layer = example_layer(
        operator="ADD",
        macs=0,
        cycles=2_815_000,
        instructions=1_647_000,
        output_shapes=((1, 32, 32, 16),),
    )
    advised = _only(example_profile(layers=(layer,)), size=3 * 16_384)
    assert advised.bound is Bound.REQUANTIZATION
    assert advised.of_roof is None
    assert advised.intensity == 0


def test_a_reference_kernel_beside_a_cfu_is_compared_with_the_cpu() -> None:
    assert _only(example_profile(layers=(example_layer(),)), ARRAY).peak == 0.5


def test_a_kernel_that_leaves_the_cfu_alone_is_compared_with_the_cpu() -> None:
    profile = example_profile(layers=(example_layer(kernel="conv_2d.cc"),))
    advice = advise(profile, ARRAY, bytes_of=[20_000], cpu_kernels=["conv_2d.cc"])
    assert advice.layers[0].parts == _only(example_profile(layers=(example_layer(),))).parts


def test_a_cpu_that_does_not_count_instructions_is_taken_to_be_average() -> None:
    layer = example_layer(instructions=None)
    advice = advise(example_profile(layers=(layer,)), Engine(), bytes_of=[20_000])
    assert not advice.counts_instructions
    assert advice.layers[0].parts[Bound.MACS] == pytest.approx(1_024_000 * 1.7)


def test_the_roof_is_the_lower_of_peak_and_slope() -> None:
    layer = example_layer(kernel="conv_2d.cc")
    profile = example_profile(layers=(layer,))
    assert _only(profile, ARRAY, size=64_000).roof == 32
    assert _only(profile, ARRAY, size=512_000).roof == 4


def test_operators_are_summed_up_the_most_costly_first() -> None:
    layers = (
        example_layer(0, cycles=100),
        example_layer(1, operator="ADD", cycles=500),
        example_layer(2, cycles=300),
    )
    advice = advise(example_profile(layers=layers), Engine(), bytes_of=[1, 1, 1])
    found = [(each.operator, each.layers, each.cycles) for each in advice.operators]
    assert found == [("ADD", 1, 500), ("CONV_2D", 2, 400)]
    assert advice.operators[0].gain == pytest.approx(9 / 4)


def test_every_layer_needs_its_bytes() -> None:
    with pytest.raises(ValueError, match="zip"):
        advise(example_profile(), Engine(), bytes_of=[1])


@given(total=st.integers(1, 10**12), part=_COUNTS)
def test_amdahl(total: int, part: int) -> None:
    part = min(part, total)
    gain = amdahl(total, part)
    if part == total:
        assert gain is None
    else:
        assert gain is not None
        assert gain >= 1
        assert gain * (total - part) == pytest.approx(total)


@given(
    cycles=_COUNTS,
    instructions=st.none() | _COUNTS,
    macs=_COUNTS,
    outputs=st.integers(0, 10**6),
    size=_COUNTS,
    operator=_OPERATORS,
    kernel=st.sampled_from(["reference", "own.cc"]),
    engine=_ENGINES,
)
def test_parts_are_never_negative_nor_larger_than_the_layer(
    cycles: int,
    instructions: int | None,
    macs: int,
    outputs: int,
    size: int,
    operator: str,
    kernel: str,
    engine: Engine,
) -> None:
    layer = example_layer(
        cycles=cycles,
        instructions=instructions,
        macs=macs,
        output_shapes=((1, outputs),),
        operator=operator,
        kernel=kernel,
    )
    advised = _only(example_profile(layers=(layer,)), engine, size=size)
    parts = advised.parts
    assert set(parts) == set(Bound)
    assert all(0 <= part <= cycles * (1 + 1e-9) for part in parts.values())
    assert sum(parts.values()) >= cycles * (1 - 1e-9)  # what overlaps is counted twice
    if kernel == "reference" or not engine.is_cfu:
        assert sum(parts.values()) == pytest.approx(cycles)  # one instruction after the other
    assert advised.roof <= advised.peak
    assert 0 <= advised.share <= 1


def test_bytes_are_those_of_inputs_weights_and_outputs_once() -> None:
    def tensor(index: int, dtype: str, *shape: int) -> Tensor:
        return Tensor(index, f"t{index}", dtype, shape, None, None)

    model = Model(
        name="net",
        digest="ab",
        content=b"",
        tensors=(tensor(0, "int8", 1, 8), tensor(1, "int32", 4), tensor(2, "int8", 1, 4)),
        layers=(Layer(0, "CONV_2D", 1, (0, 1, -1, 0), (2,), {}),),
        inputs=(0,),
        outputs=(2,),
    )
    assert layer_bytes(model) == (8 + 16 + 4,)


def test_json_has_what_the_table_has() -> None:
    profile = example_profile(layers=(example_layer(kernel="conv_2d.cc"),))
    values = json.loads(json.dumps(advice_json(advise(profile, ARRAY, bytes_of=[20_000]))))
    (layer,) = values["layers"]
    assert layer["bound"] == "overhead"
    assert layer["macs_per_byte"] == 25.6
    assert layer["gain"] is None
    assert set(layer["estimated_cycles"]) == {"MACs", "loads", "requantization", "overhead"}
    assert values["engine"] == {"name": "array", "peak_macs_per_cycle": 32, "requantizes": True}
    assert values["operators"][0]["share"] == 1.0
