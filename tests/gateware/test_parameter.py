"""Parameters of CFUs: declared on the class, given after the name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateware import Choice, cfu_parameters, load_cfu, powers_of_two, with_parameters
from gateware.load import kernels_of, make_cfu
from toolchain import PlaygroundError

_MINE = """
from gateware import Cfu, Choice


class Mine(Cfu):
    parameters = {"lanes": Choice(1, 2, 4), "fast": Choice(False, True)}

    def __init__(self, *, lanes: int = 2, fast: bool = False) -> None:
        super().__init__([], constants={"lanes": lanes, "fast": int(fast)})
"""


def _error(reference: str, directory: Path = Path()) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        load_cfu(reference, directory=directory)
    return caught.value


@pytest.fixture(name="mine")
def _mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(_MINE)
    return tmp_path


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Choice(1, "2"), TypeError),
        (lambda: Choice(1), ValueError),
        (lambda: Choice(1, 1), ValueError),
        (lambda: Choice("a", "b=c"), ValueError),
        (lambda: powers_of_two(3, 8), ValueError),
    ],
)
def test_what_is_no_choice(make: Callable[[], Choice], error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_powers_of_two() -> None:
    assert powers_of_two(2, 16) == Choice(2, 4, 8, 16)


@pytest.mark.parametrize("reference", ["mine.py:lanes=4,fast=yes", "mine.py:Mine:lanes=4,fast=yes"])
def test_values_follow_the_name(mine: Path, reference: str) -> None:
    spec = load_cfu(reference, directory=mine).spec
    assert spec.constants == (("lanes", 4), ("fast", 1))
    assert spec.name == "Mine:lanes=4,fast=yes"


def test_a_default_given_is_no_difference(mine: Path) -> None:
    given = load_cfu("mine.py:lanes=2", directory=mine)
    assert given == load_cfu("mine.py", directory=mine)


def test_a_reference_with_values() -> None:
    here = Path()
    assert with_parameters("array", {"units": 4}, directory=here) == "array:units=4"
    assert with_parameters("array:units=4", {"channels": 64}, directory=here) == (
        "array:units=4,channels=64"
    )
    assert with_parameters("array:units=4", {"units": 8}, directory=here) == "array"
    assert cfu_parameters("array:units=4", directory=here)["units"].default == 4
    assert not cfu_parameters("none", directory=here)


def test_a_size_of_the_array_keeps_its_kernels_and_tells_its_peak() -> None:
    assert kernels_of("array:units=2") == "array"
    assert kernels_of("mac4") == "mac4"
    cfu = make_cfu("array:units=2", directory=Path())
    assert cfu is not None
    assert cfu.peak_macs_per_cycle == 8


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    error = _error("array:unit=2")
    assert error.message == "CFU `array` has no parameter `unit`"
    assert error.hint is not None
    assert error.hint.startswith("did you mean `units`?")
    assert _error("mac4:lanes=2").hint == "it has none"


def test_a_value_out_of_range() -> None:
    error = _error("array:units=3")
    assert error.message == "the parameter `units` cannot be `3`"
    assert error.hint == "it is one of 1, 2, 4, 8, 16"


def test_a_parameter_twice() -> None:
    assert "twice" in _error("array:units=2,units=4").message


def test_a_declaration_that_the_constructor_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(_MINE.replace("lanes: int = 2, ", "").replace("lanes,", "1,"))
    error = _error("mine.py:lanes=4", tmp_path)
    assert "the constructor has no keyword of that name" in error.message


def test_a_default_that_is_no_value(mine: Path) -> None:
    (mine / "mine.py").write_text(_MINE.replace("lanes: int = 2", "lanes: int = 3"))
    assert "is 3 by default, which is none of its values" in _error("mine.py:lanes=4", mine).message
