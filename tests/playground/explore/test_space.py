"""What is searched, and the designs that come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.explore.space import Space, parse_search, read_space
from playground.resolve import Choices, resolve, shipped_kernels
from tests.playground.explore.examples import space_of
from toolchain import PlaygroundError


def _error(*searched: str, cfu: str = "array") -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        space_of(*searched, cfu=cfu)
    return caught.value


def test_without_words_the_cpu_and_what_the_cfu_declares_are_searched() -> None:
    space = read_space(space_of(cfu="array").design, {})
    assert [d.name for d in space.dimensions] == [
        "cpu.instruction_cache",
        "cpu.data_cache",
        "cpu.prediction",
        "cpu.bypass",
        "cpu.multiplier",
        "cpu.shifter",
        "cfu.units",
        "cfu.input_bytes",
        "cfu.filter_words",
        "cfu.channels",
    ]
    assert space.defaults is not None
    assert space.apply(space.defaults).cpu == "full"
    assert space.apply(space.defaults).cfu == "array"


def test_values_make_a_design() -> None:
    space = space_of("cpu.data_cache", "cfu.units", "place=kernels=main_ram", cfu="array")
    design = space.apply({"cpu.data_cache": 0, "cfu.units": 2, "place": "kernels=main_ram"})
    assert design.cpu == "full:data_cache=0"
    assert design.cfu == "array:units=2"
    assert design.place == "kernels=main_ram"
    assert design.kernels == shipped_kernels()["array"]


def test_the_flags_of_a_compiler_are_searched() -> None:
    space = space_of("compiler=zig;zig:-O3,-funroll-loops", cfu="array")
    assert space.size == 2
    assert space.apply({"compiler": "zig:-O3,-funroll-loops"}).compiler == "zig:-O3,-funroll-loops"


def test_options_that_the_design_has_stay_unless_they_are_searched() -> None:
    space = space_of("cpu.data_cache=0,1024")
    design = space.apply({"cpu": "slim:data_cache=2048,bypass=no", "cpu.data_cache": 1024})
    assert design.cpu == "slim:data_cache=1024,bypass=no"


def test_a_parameter_belongs_to_the_cfus_that_have_it() -> None:
    space = space_of("cfu=array,mac4", "cfu.units=2,4", cfu="array")
    assert space.choose(lambda d: d.values[-1]) == {"cfu": "mac4"}
    assert space.choose(lambda d: d.values[0]) == {"cfu": "array", "cfu.units": 2}
    assert space.apply({"cfu": "mac4"}).kernels == shipped_kernels()["mac4"]
    assert space.apply({"cfu": "none"}).kernels is None


def test_where_a_search_begins_among_several_cfus() -> None:
    space = space_of("cfu=array,inner_loop", "cfu.filter_words=512,1024,4096", cfu="inner_loop")
    assert space.defaults == {"cfu": "inner_loop", "cfu.filter_words": 4096}
    assert space.apply(space.base).cfu == "inner_loop"
    given = space_of("cfu=array,inner_loop", "cpu.bypass", cfu="inner_loop:filter_words=2048")
    assert given.base["cfu"] == "inner_loop"
    assert given.apply(given.base).cfu == "inner_loop:filter_words=2048"
    assert given.apply({"cfu": "array"}).cfu == "array"


def test_cfus_with_different_choices_of_a_parameter(tmp_path: Path) -> None:
    for name, choices in (("a", "1, 2, 4"), ("b", "2, 4, 8"), ("c", "16, 32")):
        (tmp_path / f"{name}.py").write_text(
            "from gateware import Cfu, Choice\n\n\n"
            f"class {name.upper()}(Cfu):\n"
            f'    parameters = {{"lanes": Choice({choices})}}\n\n'
            f"    def __init__(self, *, lanes: int = {choices.split(',')[0]}) -> None:\n"
            "        super().__init__()\n"
        )
    design = resolve(Choices(tmp_path, model="digits_cnn", cfu="a.py"), project=None)

    def space(*searched: str) -> Space:
        return read_space(design, parse_search(searched))

    assert space("cfu=a.py,b.py", "cfu.lanes=2,4").size == 4
    assert space("cfu=a.py,b.py", "cpu.bypass").size == 4
    with pytest.raises(PlaygroundError, match="different choices for `lanes`") as caught:
        space("cfu=a.py,b.py", "cfu.lanes")
    assert caught.value.hint == "both have `2`, `4`: `--search cfu.lanes=2,4`"
    with pytest.raises(PlaygroundError, match="different choices for `lanes`"):
        space("cfu=a.py,b.py", "cfu.lanes=1,2")
    with pytest.raises(PlaygroundError, match="different choices for `lanes`") as caught:
        space("cfu=a.py,c.py", "cfu.lanes")
    assert "studies of their own" in (caught.value.hint or "")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    error = _error("cpu.data_cach=0,1024")
    assert error.message == "there is nothing named `cpu.data_cach` to search"
    assert error.hint is not None
    assert error.hint.startswith("did you mean `cpu.data_cache`?")
    assert (_error("cfu.unit").hint or "").startswith("did you mean `cfu.units`?")


@pytest.mark.parametrize(
    ("searched", "message"),
    [
        ("cpu.data_cache=1000,2048", "data_cache is 1000, not a power of two"),
        ("cpu.prediction=none,oracle", "the CPU option `prediction` cannot be `oracle`"),
        ("cfu.units=2,3", "the parameter `units` cannot be `3`"),
        ("compiler=zig,icc", "there is no compiler `icc`"),
        ("compiler=zig,zig:-O9", "`-O9` in the compiler's flags `-O9` is none"),
        ("cpu.bypass=yes,yes", "`cpu.bypass` is to be searched among `yes`, `yes`"),
        ("kernels", "`kernels` is to be searched, and it is not said among what"),
        ("cpu.bypass=yes", "nothing is searched"),
        ("=3", "names nothing"),
    ],
)
def test_values_out_of_range(searched: str, message: str) -> None:
    assert message in _error(searched).message


def test_values_of_a_file_are_those_of_a_command_line() -> None:
    wanted: dict[str, Any] = {"cpu.data_cache": [0, 1024], "cpu.bypass": [True, False]}
    design = space_of().design
    told = parse_search(["cpu.data_cache=0,1024", "cpu.bypass=yes,no"])
    assert read_space(design, wanted) == read_space(design, told)
