"""What the writer writes, the reader and the generated classes of the schema read back."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import tflite
from hypothesis import given

from firmware.model import OptionValue, Quantization
from firmware.tflite_reader import parse_model
from firmware.tflite_schema import enumeration, options_table, table_fields
from firmware.tflite_writer import ModelWriter

OPTIONS: dict[str, dict[str, OptionValue]] = {
    "CONV_2D": {"padding": "VALID", "stride_w": 2, "stride_h": 3, "dilation_w_factor": 4},
    "DEPTHWISE_CONV_2D": {"depth_multiplier": 2, "stride_w": 1, "dilation_h_factor": 5},
    "FULLY_CONNECTED": {"fused_activation_function": "RELU6", "keep_num_dims": True},
    "AVERAGE_POOL_2D": {"padding": "VALID", "filter_width": 3, "filter_height": 2, "stride_w": 1},
    "MAX_POOL_2D": {"filter_width": 5, "fused_activation_function": "RELU_N1_TO_1"},
    "ADD": {"fused_activation_function": "RELU", "pot_scale_int16": False},
    "SUB": {"fused_activation_function": "RELU"},
    "MUL": {"fused_activation_function": "RELU6"},
    "SOFTMAX": {"beta": 0.5},
    "RESHAPE": {"new_shape": (1, -1, 4)},
    "SQUEEZE": {"squeeze_dims": (0, 2)},
    "PAD": {},
    "PADV2": {},
    "MEAN": {"keep_dims": True},
    "CONCATENATION": {"axis": -1},
    "STRIDED_SLICE": {"begin_mask": 1, "shrink_axis_mask": 6},
    "LEAKY_RELU": {"alpha": 0.25},
    "TRANSPOSE_CONV": {"padding": "VALID", "stride_w": 2, "stride_h": 2},
    "RESIZE_NEAREST_NEIGHBOR": {"half_pixel_centers": True},
    "ARG_MAX": {"output_type": "INT32"},
    "GELU": {"approximate": True},
    "DILATE": {},
    "RELU": {},
    "RELU6": {},
    "LOGISTIC": {},
    "QUANTIZE": {},
    "DEQUANTIZE": {},
    "CUSTOM:Spectrogram": {},
}


def write_layer(operator: str, options: dict[str, OptionValue], version: int = 1) -> bytes:
    writer = ModelWriter()
    source = writer.tensor("in", (1, 4), scale=0.5)
    target = writer.tensor("out", (1, 4), scale=0.5)
    writer.layer(operator, (source, -1), (target,), version=version, options=options)
    return writer.finish((source,), (target,))


@pytest.mark.parametrize("operator", OPTIONS)
def test_options_are_read_back_and_the_rest_has_defaults(operator: str) -> None:
    model = parse_model(write_layer(operator, OPTIONS[operator], version=7), name="m")
    (layer,) = model.layers
    defaults = parse_model(write_layer(operator, {}), name="m").layers[0].options
    assert (layer.operator, layer.version, layer.inputs, layer.outputs) == (
        operator,
        7,
        (0, -1),
        (1,),
    )
    assert dict(layer.options) == dict(defaults) | OPTIONS[operator]
    table = options_table(operator)
    assert set(layer.options) == set(table_fields(table) if table else {})


def test_the_generated_classes_read_the_file_alike() -> None:
    content = write_layer("CONV_2D", OPTIONS["CONV_2D"], version=3)
    model = tflite.Model.GetRootAs(content)
    assert tflite.Model.ModelBufferHasIdentifier(content, 0)
    graph = model.Subgraphs(0)
    operator = graph.Operators(0)
    options = tflite.Conv2DOptions()
    options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    assert (model.Version(), model.SubgraphsLength(), graph.TensorsLength()) == (3, 1, 2)
    assert model.OperatorCodes(0).BuiltinCode() == tflite.BuiltinOperator.CONV_2D
    assert operator.BuiltinOptionsType() == tflite.BuiltinOptions.Conv2DOptions
    assert (options.StrideW(), options.StrideH()) == (2, 3)
    assert (options.DilationWFactor(), options.DilationHFactor()) == (4, 1)
    assert options.Padding() == tflite.Padding.VALID
    assert graph.Tensors(0).Name() == b"in"
    assert graph.Tensors(0).ShapeAsNumpy().tolist() == [1, 4]
    assert graph.Tensors(0).Quantization().Scale(0) == 0.5


@given(
    st.sampled_from(["int8", "uint8", "int16", "int32", "int64", "float32", "bool"]),
    st.lists(st.integers(1, 4), max_size=4),
    st.integers(0, 99),
)
def test_constants_keep_their_value(dtype: str, shape: list[int], seed: int) -> None:
    value = np.random.default_rng(seed).integers(0, 2, shape).astype(dtype)
    writer = ModelWriter("about")
    source = writer.tensor("in", (2,))
    constant = writer.tensor("constant", shape, dtype=dtype, data=value)
    target = writer.tensor("out", (2,))
    writer.layer("ADD", (source, constant), (target,))
    tensor = parse_model(writer.finish((source,), (target,)), name="m").tensors[constant]
    assert (tensor.dtype, tensor.shape, tensor.name) == (dtype, tuple(shape), "constant")
    np.testing.assert_array_equal(tensor.array(), value)


def test_constants_start_at_multiples_of_16_bytes() -> None:
    writer = ModelWriter()
    source = writer.tensor("in", (1,))
    marks = [bytes([200 + i]) * (i + 1) for i in range(9)]
    constants = [
        writer.tensor(f"c{i}", (i + 1,), dtype="uint8", data=m) for i, m in enumerate(marks)
    ]
    target = writer.tensor("out", (1,))
    writer.layer("CONCATENATION", (source, *constants), (target,))
    content = writer.finish((source,), (target,))
    assert [content.index(mark) % 16 for mark in marks] == [0] * 9


def test_quantization_per_tensor_and_per_axis() -> None:
    writer = ModelWriter()
    source = writer.tensor("in", (2, 3), scale=0.1, zero_point=-5)
    weights = writer.tensor(
        "w", (2, 3), scale=[0.5, 0.25, 2.0], axis=1, data=np.arange(6).reshape(2, 3)
    )
    target = writer.tensor("out", (2, 3), dtype="float32")
    writer.layer("MUL", (source, weights), (target,))
    tensors = parse_model(writer.finish((source,), (target,)), name="m").tensors
    assert tensors[source].quantization == Quantization((float(np.float32(0.1)),), (-5,))
    assert tensors[weights].quantization == Quantization((0.5, 0.25, 2.0), (0, 0, 0), 1)
    assert tensors[target].quantization is None


def test_operator_codes_beyond_the_old_field() -> None:
    code = {name: number for number, name in enumeration("BuiltinOperator").items()}["GELU"]
    written = tflite.Model.GetRootAs(write_layer("GELU", {})).OperatorCodes(0)
    assert code > 127
    assert (written.DeprecatedBuiltinCode(), written.BuiltinCode()) == (127, code)


def test_the_same_calls_give_the_same_bytes() -> None:
    assert write_layer("SOFTMAX", {"beta": 1.0}) == write_layer("SOFTMAX", {"beta": 1.0})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w: w.tensor("t", (1,), dtype="int3"), "`int3` is not an element type"),
        (lambda w: w.tensor("t", (2,), data=[1, 2, 3]), r"3 values do not fill a tensor .* \(2,\)"),
        (lambda w: w.tensor("t", (2,), data=[1, 200]), "the values do not fit `int8`"),
        (lambda w: w.tensor("t", (1,), data=[0.5]), "the values do not fit `int8`"),
        (lambda w: w.layer("CONV_9D", (), ()), "`CONV_9D` is not a builtin operator"),
        (lambda w: w.layer("ADD", (), (), options={"axis": 1}), "`ADD` has no option `axis`"),
        (lambda w: w.layer("RELU", (), (), options={"alpha": 1}), "`RELU` has no option `alpha`"),
    ],
)
def test_mistakes_are_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(ModelWriter())  # type: ignore[operator]
