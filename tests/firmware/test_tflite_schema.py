"""The schema as it is read off the generated classes."""

from __future__ import annotations

import pytest

from firmware.tflite_schema import (
    Field,
    enumeration,
    enumeration_of,
    operator_name,
    options_table,
    table_fields,
)


def test_fields_have_slots_types_and_defaults() -> None:
    fields = table_fields("DepthwiseConv2DOptions")
    assert [field.name for field in fields.values()] == [
        "padding",
        "stride_w",
        "stride_h",
        "depth_multiplier",
        "fused_activation_function",
        "dilation_w_factor",
        "dilation_h_factor",
    ]
    assert fields["dilation_w_factor"] == Field(
        name="dilation_w_factor", slot=5, kind="int32", is_vector=False, default=1
    )


@pytest.mark.parametrize(
    ("table", "name", "slot", "kind", "is_vector"),
    [
        ("Tensor", "shape", 0, "int32", True),
        ("Tensor", "name", 3, "string", False),
        ("Tensor", "quantization", 4, "table", False),
        ("Tensor", "is_variable", 5, "bool", False),
        ("Model", "subgraphs", 2, "table", True),
        ("Operator", "builtin_options", 4, "union", False),
        ("QuantizationParameters", "zero_point", 3, "int64", True),
        ("OperatorCode", "deprecated_builtin_code", 0, "int8", False),
        ("OperatorCode", "builtin_code", 3, "int32", False),
        ("Buffer", "offset", 1, "uint64", False),
    ],
)
def test_every_kind_of_field(table: str, name: str, slot: int, kind: str, is_vector: bool) -> None:
    field = table_fields(table)[name]
    assert (field.slot, field.kind, field.is_vector) == (slot, kind, is_vector)


@pytest.mark.parametrize("union", ["BuiltinOptions", "BuiltinOptions2"])
def test_every_options_table_is_described(union: str) -> None:
    for table in enumeration(union).values():
        if table != "NONE":
            slots = [field.slot for field in table_fields(table).values()]
            assert slots == sorted(set(slots)), table
            assert all(field.kind for field in table_fields(table).values()), table


def test_every_small_integer_option_that_is_an_enumeration_is_known_as_one() -> None:
    unnamed = {
        f"{table}.{field.name}"
        for table in enumeration("BuiltinOptions").values()
        if table != "NONE"
        for field in table_fields(table).values()
        if field.kind == "int8" and enumeration_of(table, field.name) is None
    }
    assert unnamed == set()


@pytest.mark.parametrize(
    ("operator", "table"),
    [
        ("CONV_2D", "Conv2DOptions"),
        ("MAX_POOL_2D", "Pool2DOptions"),
        ("MEAN", "ReducerOptions"),
        ("PADV2", "PadV2Options"),
        ("DILATE", "DilateOptions"),
        ("RELU", None),
        ("CUSTOM:Detect", None),
    ],
)
def test_the_options_of_an_operator(operator: str, table: str | None) -> None:
    assert options_table(operator) == table


def test_names_of_operators_and_unknown_names() -> None:
    assert (operator_name(3), operator_name(150), operator_name(9999)) == ("CONV_2D", "GELU", None)
    with pytest.raises(KeyError, match="NoSuchOptions"):
        table_fields("NoSuchOptions")
    with pytest.raises(KeyError, match="NoSuchEnumeration"):
        enumeration("NoSuchEnumeration")
