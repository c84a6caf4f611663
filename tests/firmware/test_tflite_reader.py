"""Any file ends in a checked model or in a `PlaygroundError` that says what is wrong with it."""

from __future__ import annotations

import functools
import hashlib
import random
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware import tflite_writer
from firmware.model import Model, OptionValue
from firmware.tflite_reader import parse_model, read_model
from firmware.tflite_writer import ModelWriter
from tests.reference_models import REFERENCE_MODELS, reference_model
from toolchain import PlaygroundError

Alter = Callable[[dict[str, Any]], dict[str, Any]]


def convolution_model() -> bytes:
    writer = ModelWriter("a convolution, then two layers with other kinds of options")
    rng = np.random.default_rng(1)
    source = writer.tensor("source", (1, 6, 5, 2), scale=0.5, zero_point=3)
    weights = rng.integers(-127, 128, (3, 3, 2, 2))
    filters = writer.tensor("filters", (3, 3, 2, 2), scale=[0.1, 0.2, 0.3], data=weights)
    bias = writer.tensor("bias", (3,), dtype="int32", scale=[0.05, 0.1, 0.15], data=[1, -2, 3])
    features = writer.tensor("features", (1, 6, 5, 3), scale=0.25, zero_point=-128)
    shape = writer.tensor("shape", (2,), dtype="int32", data=[1, 90])
    flat = writer.tensor("flat", (1, 90), scale=0.25, zero_point=-128)
    result = writer.tensor("result", (1, 90), scale=1 / 256, zero_point=-128)
    options: dict[str, OptionValue] = {
        "padding": "SAME",
        "stride_w": 1,
        "stride_h": 1,
        "fused_activation_function": "RELU",
    }
    writer.layer("CONV_2D", (source, filters, bias), (features,), version=3, options=options)
    writer.layer("RESHAPE", (features, shape), (flat,), options={"new_shape": (1, 90)})
    writer.layer("SOFTMAX", (flat,), (result,), options={"beta": 1.0})
    return writer.finish((source,), (result,))


def custom_model() -> bytes:
    writer = ModelWriter()
    a = writer.tensor("a", (), dtype="float32")
    b = writer.tensor("b", (2, 2, 2), dtype="int16", scale=1.5)
    c = writer.tensor("c", (1,), dtype="bool")
    writer.layer("CUSTOM:Detect", (a, -1), (b,))
    writer.layer("GELU", (b,), (c,), options={"approximate": True})
    return writer.finish((a,), (c, b))


def altered(monkeypatch: pytest.MonkeyPatch, table: str, alter: Alter) -> bytes:
    """Return the convolution model, each table of that name written with other values."""
    write = tflite_writer._table

    def write_altered(builder: Any, name: str, values: Mapping[str, Any]) -> int:
        return write(builder, name, alter(dict(values)) if name == table else values)

    monkeypatch.setattr(tflite_writer, "_table", write_altered)
    return convolution_model()


def broken(change: Callable[[ModelWriter, dict[str, Any]], None]) -> bytes:
    """Return a model of one ADD layer after a change to what is written."""
    writer = ModelWriter()
    parts: dict[str, Any] = {
        "a": {"name": "a", "shape": (4,), "scale": 0.5},
        "b": {"name": "b", "shape": (4,), "scale": 0.5, "data": [1, 2, 3, 4]},
        "c": {"name": "c", "shape": (4,), "scale": 0.5},
        "layers": [("ADD", (0, 1), (2,))],
        "inputs": (0,),
        "outputs": (2,),
    }
    change(writer, parts)
    for name in "abc":
        writer.tensor(**parts[name])
    for layer in parts["layers"]:
        writer.layer(*layer)
    return writer.finish(parts["inputs"], parts["outputs"])


def assert_sound(model: Model) -> None:
    """Check what later steps rely on, computed anew from the values of a model."""
    known = {*model.inputs} | {t.index for t in model.tensors if t.is_constant}
    for tensor in model.tensors:
        assert np.dtype(tensor.dtype).itemsize * tensor.elements == tensor.bytes > 0
        assert tensor.data is None or tensor.array().shape == tensor.shape
        if tensor.quantization:
            scales = tensor.quantization.scales
            assert len(tensor.quantization.zero_points) == len(scales)
            assert len(scales) == 1 or len(scales) == tensor.shape[tensor.quantization.axis]
            assert all(0 < scale < float("inf") for scale in scales)
    for layer in model.layers:
        assert set(layer.inputs) <= known | {-1}
        assert not set(layer.outputs) & known
        known |= set(layer.outputs)
    assert set(model.outputs) <= known


def test_a_model_is_read() -> None:
    content = convolution_model()
    model = parse_model(content, name="conv")
    assert_sound(model)
    assert (model.name, model.content) == ("conv", content)
    assert model.digest == hashlib.sha256(content).hexdigest()
    assert (model.inputs, model.outputs) == ((0,), (6,))
    assert [layer.operator for layer in model.layers] == ["CONV_2D", "RESHAPE", "SOFTMAX"]
    assert model.layers[0].version == 3
    assert model.tensors[1].quantization is not None
    assert model.tensors[1].quantization.scales == tuple(
        np.array([0.1, 0.2, 0.3], np.float32).tolist()
    )
    np.testing.assert_array_equal(model.tensors[2].array(), [1, -2, 3])


def test_operators_that_nobody_supports_are_read() -> None:
    model = parse_model(custom_model(), name="m")
    assert [layer.operator for layer in model.layers] == ["CUSTOM:Detect", "GELU"]
    assert model.tensors[0].shape == ()
    assert model.tensors[0].elements == 1


@pytest.mark.parametrize(
    ("table", "alter", "message"),
    [
        ("Model", lambda v: v | {"version": 2}, "has schema version 2"),
        ("Model", lambda v: v | {"subgraphs": v["subgraphs"] * 2}, "has 2 subgraphs"),
        ("Model", lambda v: v | {"subgraphs": []}, "has 0 subgraphs"),
        ("Model", lambda v: v | {"buffers": []}, "tensor 0 `source` uses buffer 0 of 0"),
        ("Model", lambda v: v | {"operator_codes": []}, "layer 0 uses operator code 0 of 0"),
        ("Tensor", lambda v: v | {"is_variable": True}, "tensor 0 `source`, which is a variable"),
        ("Tensor", lambda v: v | {"type": "INT4"}, "tensor 0 `source` of type INT4"),
        ("Tensor", lambda v: v | {"type": "STRING"}, "tensor 0 `source` of type STRING"),
        ("Tensor", lambda v: v | {"shape": (1, -1)}, r"of shape \(1, -1\), which is not fixed"),
        ("Tensor", lambda v: v | {"shape": (0,)}, r"of shape \(0,\), which is not fixed"),
        ("Tensor", lambda v: v | {"shape": (1,) * 9}, "of more than 8 dimensions"),
        ("Tensor", lambda v: v | {"shape": (2**30,) * 8}, "would take .* bytes"),
        ("Tensor", lambda v: v | {"buffer": 99}, "uses buffer 99 of 4"),
        ("Buffer", lambda v: v | {"offset": 8}, "outside of its tables"),
        ("OperatorCode", lambda v: v | {"builtin_code": 9999}, "unknown operator code 9999"),
        ("Operator", lambda v: v | {"inputs": (0, 1, 7)}, "names tensor 7 of 7"),
        ("Operator", lambda v: v | {"inputs": (0, 1, -2)}, "names tensor -2 of 7"),
        ("Operator", lambda v: v | {"outputs": (-1,)}, "`outputs` of layer 0 .* names tensor -1"),
        ("Operator", lambda v: v | {"builtin_options_type": 5}, "type Pool2DOptions, not Conv2DO"),
        (
            "Operator",
            lambda v: v | {"builtin_options_type": 250},
            "options of the unknown type 250",
        ),
        (
            "QuantizationParameters",
            lambda v: v | {"details_type": 1},
            "tensor 0 `source` with custom quantization",
        ),
        (
            "QuantizationParameters",
            lambda v: v | {"zero_point": (200,)},
            "zero point of 200, out of the range of int8",
        ),
        (
            "QuantizationParameters",
            lambda v: v | {"zero_point": (0, 0)},
            "has 2 zero points for 1 scales",
        ),
        (
            "QuantizationParameters",
            lambda v: v | {"scale": (0.1, 0.2), "zero_point": (0, 0)},
            r"has 2 scales along dimension 0",
        ),
        (
            "QuantizationParameters",
            lambda v: v | {"quantized_dimension": 9},
            "has 3 scales along dimension 9",
        ),
        *(
            (
                "QuantizationParameters",
                functools.partial(lambda v, scale: v | {"scale": (scale,)}, scale=scale),
                f"has a scale of {scale:g}",
            )
            for scale in (0.0, -1.0, float("nan"), float("inf"))
        ),
        (
            "SoftmaxOptions",
            lambda v: v | {"beta": float("nan")},
            r"layer 2 \(SOFTMAX\) has the option `beta` = nan",
        ),
    ],
)
def test_what_cannot_be_run_is_named(
    monkeypatch: pytest.MonkeyPatch, table: str, alter: Alter, message: str
) -> None:
    content = altered(monkeypatch, table, alter)
    with pytest.raises(PlaygroundError, match=message) as raised:
        parse_model(content, name="conv")
    assert "`conv`" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w, p: p["b"].update(data=b"123"), "needs 4 bytes, its buffer has 3"),
        (lambda w, p: p.update(layers=[]), "has no layers or no outputs"),
        (lambda w, p: p.update(outputs=()), "has no layers or no outputs"),
        (lambda w, p: p.update(outputs=(1,)), "no layer writes the graph's output, tensor 1"),
        (lambda w, p: p.update(outputs=(9,)), "`outputs` of the graph names tensor 9 of 3"),
        (lambda w, p: p.update(inputs=(-1,)), "`inputs` of the graph names tensor -1 of 3"),
        (lambda w, p: p.update(inputs=(0, 0)), "same tensor twice"),
        (lambda w, p: p.update(inputs=(0, 1)), "the graph's input, tensor 1, is constant"),
        (
            lambda w, p: p.update(inputs=()),
            r"layer 0 \(ADD\) reads tensor 0 `a` before any layer has written it",
        ),
        (
            lambda w, p: p.update(layers=[("ADD", (0, 1), (2,)), ("ADD", (0, 1), (2,))]),
            r"layer 1 \(ADD\) writes tensor 2 `c`, which has a value already",
        ),
        (
            lambda w, p: p.update(layers=[("ADD", (0, 1), (1,))]),
            r"layer 0 \(ADD\) writes tensor 1 `b`, which has a value already",
        ),
        (
            lambda w, p: p.update(layers=[("ADD", (0, 2), (2,))]),
            r"layer 0 \(ADD\) reads tensor 2 `c` before",
        ),
    ],
)
def test_graphs_that_make_no_sense_are_refused(
    change: Callable[[ModelWriter, dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(PlaygroundError, match=message):
        parse_model(broken(change), name="m")


def test_an_unquantized_tensor_has_no_quantization(monkeypatch: pytest.MonkeyPatch) -> None:
    content = altered(monkeypatch, "QuantizationParameters", lambda v: v | {"zero_point": ()})
    assert all(t.quantization is None for t in parse_model(content, name="m").tensors)


def test_one_zero_point_holds_for_all_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    content = altered(monkeypatch, "QuantizationParameters", lambda v: v | {"zero_point": (2,)})
    quantization = parse_model(content, name="m").tensors[1].quantization
    assert quantization is not None
    assert quantization.zero_points == (2, 2, 2)


def test_options_that_are_missing_have_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop(values: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in values.items() if not k.startswith("builtin_options")}

    options = parse_model(altered(monkeypatch, "Operator", drop), name="m").layers[0].options
    assert (options["padding"], options["stride_w"], options["dilation_w_factor"]) == ("SAME", 0, 1)


def test_names_cannot_write_to_the_terminal() -> None:
    content = broken(lambda w, p: p["a"].update(name="\x1b[2Ja\n"))
    assert parse_model(content, name="m").tensors[0].name == "\ufffd[2Ja\ufffd"


# --- files ---


def test_a_file_is_read_and_named_without_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "conv.tflite").write_bytes(convolution_model())
    assert read_model(tmp_path / "conv.tflite") == parse_model(convolution_model(), name="conv")


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x7fELF" + bytes(100), bytes(8)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.tflite").write_bytes(content)
    with pytest.raises(
        PlaygroundError, match=r"`model.tflite` is not a .tflite file: bytes 4 to 7"
    ):
        read_model(tmp_path / "model.tflite")


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"absent\.tflite` is not there"):
        read_model(tmp_path / "absent.tflite")
    with pytest.raises(PlaygroundError, match="is not a file"):
        read_model(tmp_path)


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    path.write_bytes(convolution_model())
    with path.open("r+b") as file:
        file.truncate(5 << 30)  # sparse: takes no space
    with pytest.raises(PlaygroundError, match=r"`huge.tflite` has 5,368,709,120 bytes"):
        read_model(path)


# --- damaged files ---


def reads_or_refuses(content: bytes) -> bool:
    """Return whether a file is read; anything but a `PlaygroundError` fails the test."""
    try:
        model = parse_model(content, name="fuzzed")
    except PlaygroundError:
        return False
    assert_sound(model)
    return True


def damaged(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Yield variants with a few bits flipped, or a few aligned words replaced."""
    rng = random.Random(seed)
    words = [0, 1, 3, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, len(content)]
    for _ in range(count):
        variant = bytearray(content)
        for _ in range(rng.choice((1, 1, 2, 8))):
            if rng.random() < 0.6:
                variant[rng.randrange(len(variant))] ^= 1 << rng.randrange(8)
            else:
                position = 4 * rng.randrange(len(variant) // 4)
                word = rng.choice([*words, rng.randrange(2 * len(content))])
                struct.pack_into("<I", variant, position, word & 0xFFFFFFFF)
        yield bytes(variant)


@pytest.mark.parametrize("make", [convolution_model, custom_model])
def test_every_truncation_is_refused(make: Callable[[], bytes]) -> None:
    content = make()
    read = [size for size in range(len(content)) if reads_or_refuses(content[:size])]
    # The file ends with what was written first, the empty buffer 0, which may be cut a little.
    assert all(size > len(content) - 8 for size in read)


@pytest.mark.parametrize("make", [convolution_model, custom_model])
def test_a_flipped_bit_in_any_byte_is_read_or_refused(make: Callable[[], bytes]) -> None:
    content = make()
    rng = random.Random(3)
    refused = 0
    for position in range(len(content)):
        variant = bytearray(content)
        variant[position] ^= 1 << rng.randrange(8)
        refused += not reads_or_refuses(bytes(variant))
    assert refused > len(content) // 10  # the check is not vacuous


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [convolution_model, custom_model])
def test_damaged_files_are_read_or_refused(make: Callable[[], bytes], seed: int) -> None:
    outcomes = [reads_or_refuses(variant) for variant in damaged(make(), seed, 1000)]
    assert {True, False} == set(outcomes)


def test_random_bytes_after_the_identifier_are_read_or_refused() -> None:
    rng = random.Random(7)
    for _ in range(2000):
        body = bytearray(rng.randbytes(rng.randrange(8, 400)))
        body[4:8] = b"TFL3"
        struct.pack_into("<I", body, 0, rng.randrange(len(body)))
        reads_or_refuses(bytes(body))


def test_a_part_that_every_table_shares_is_not_read_forever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[int] = []

    def share(builder: Any, name: str, values: Mapping[str, Any]) -> int:
        if name != "Tensor":
            return write(builder, name, values)
        names[:] = names or [builder.CreateString("x" * 100_000)]
        builder.StartObject(4)
        builder.PrependUOffsetTRelativeSlot(3, names[0], 0)
        return int(builder.EndObject())

    write = tflite_writer._table
    monkeypatch.setattr(tflite_writer, "_table", share)
    writer = ModelWriter()
    for _ in range(3000):
        writer.tensor("", ())
    writer.layer("ADD", (0, 0), (1,))
    content = writer.finish((0,), (1,))
    assert len(content) < 200_000  # while the names together would be 300 MB
    with pytest.raises(PlaygroundError, match="too many overlapping parts"):
        parse_model(content, name="m")


# --- models made by other tools ---


@pytest.fixture(params=REFERENCE_MODELS)
def reference(request: pytest.FixtureRequest) -> Path:
    return reference_model(request.param)


def test_reference_models_are_read(reference: Path) -> None:
    model = read_model(reference)
    assert_sound(model)
    assert len(model.inputs) == len(model.outputs) == 1
    assert model.tensors[model.inputs[0]].dtype == "int8"


def test_damaged_reference_models_are_read_or_refused(reference: Path) -> None:
    content = reference.read_bytes()
    rng = random.Random(11)
    # Most of these files are weights; the tables, where damage matters, are at either end.
    for _ in range(150):
        variant = bytearray(content)
        near = rng.choice((0, len(variant) - 20_000))
        variant[near + rng.randrange(20_000)] ^= 1 << rng.randrange(8)
        reads_or_refuses(bytes(variant))
    for size in rng.sample(range(len(content)), 50):
        assert not reads_or_refuses(content[:size])
