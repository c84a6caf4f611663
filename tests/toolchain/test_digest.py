from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain import digest

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.floats(allow_nan=False, min_value=-2, max_value=2)
    | st.text("ab1:", max_size=3)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


def _typed(value: object) -> object:
    """Tell 1 from True and 1.0, which Python's equality does not."""
    if isinstance(value, tuple):
        return ("tuple", *map(_typed, value))
    if isinstance(value, dict):
        return ("dict", *sorted((key, repr(_typed(item))) for key, item in value.items()))
    return (type(value).__name__, repr(value))


@given(_VALUES, _VALUES)
def test_digests_are_equal_exactly_when_values_are(a: object, b: object) -> None:
    assert (digest(a) == digest(b)) == (_typed(a) == _typed(b))


def test_the_order_of_a_mapping_does_not_count() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_arguments_do_not_run_together() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")


def test_a_path_stands_for_its_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("same")
    other.write_text("same")
    assert digest(one) == digest(other)
    other.write_text("different")
    assert digest(one) != digest(other)


class _Colour(enum.Enum):
    RED = 1


@dataclass(frozen=True)
class _Point:
    x: int
    y: int


def test_dataclasses_and_enumerations_have_digests() -> None:
    assert digest(_Point(1, 2)) != digest(_Point(2, 1))
    assert digest(_Colour.RED) != digest(1)


def test_other_values_have_none() -> None:
    with pytest.raises(TypeError, match="object has no digest"):
        digest(object())
