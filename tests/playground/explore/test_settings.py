"""What a search is told by a project and by flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.explore.settings import Settings, read_settings, search_errors
from playground.project import load_project
from toolchain import PlaygroundError


def test_flags_come_first() -> None:
    table = {"trials": 200, "objectives": ["cycles", "dsp"], "max_dsp": 8, "sampler": "tpe"}
    settings = read_settings(table, {"trials": 7, "objectives": (), "max_dsp": None, "search": {}})
    assert settings == Settings(
        trials=7, objectives=("cycles", "dsp"), max_dsp=8, sampler="tpe", search={}
    )


def test_names_may_be_tables() -> None:
    table = {
        "search": {"cpu": {"data_cache": [0, 4096], "bypass": "all"}, "kernels": ["none"]},
    }
    assert read_settings(table, {}).search == {
        "cpu.data_cache": [0, 4096],
        "cpu.bypass": None,
        "kernels": ["none"],
    }


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        (
            {"trails": 3},
            "unknown key `trails` in `[explore]`",
            "did you mean `trials`?",
        ),
        ({"trials": 0}, "`trials` in `[explore]` should be greater than or equal to 1", ""),
        ({"max_dsp": -1}, "`max_dsp` in `[explore]` should be", ""),
        ({"search": {"cpu.bypass": 3}}, "`search` has `cpu.bypass = 3`, which is no list", ""),
        ({"sampler": "nsga"}, "there is no sampler `nsga`", "did you mean `nsga2`?"),
    ],
)
def test_what_is_wrong_with_a_table(table: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        read_settings(table, {})
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("trails = 3", "unknown key `trails` in `[explore]`"),
        ("trials = 0", "`trials` in `[explore]` should be greater than or equal to 1"),
        ('sampler = "nsga"', "there is no sampler `nsga`"),
        ('objectives = ["cycels"]', "there is no objective `cycels`"),
        ('objectives = ["cells", "cells"]', "an objective is named twice: cells, cells"),
        ('fits = "ulx4s"', "there is no board `ulx4s`"),
        ('fpga = "ulx4s"', "there is no board `ulx4s`"),
        ("search.cpu.bypass = 3", "`search` has `cpu.bypass = 3`, which is no list"),
        ('search."cpu.bypass" = 3', "`search` has `cpu.bypass = 3`, which is no list"),
        ("[explore.search.cpu]\nbypass = 3", "`search` has `cpu.bypass = 3`, which is no list"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "cfu.toml"
    # The same names are keys elsewhere, too.
    file.write_text(f'model = "digits_cnn"\ncpu = "slim"\n[explore]\nseed = 2\n{line}\n')
    number = 5 + line.count("\n")
    with pytest.raises(PlaygroundError) as caught:
        read_settings(load_project(tmp_path).explore, {}, project=tmp_path)
    assert caught.value.message.startswith(f"`{file}` line {number}: {message}")


def test_a_flag_is_no_fault_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "cfu.toml").write_text('model = "digits_cnn"\n[explore]\nsampler = "nsga2"\n')
    table = load_project(tmp_path).explore
    with pytest.raises(PlaygroundError) as caught:
        read_settings(table, {"sampler": "nsga"}, project=tmp_path)
    assert caught.value.message == "there is no sampler `nsga`"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("there is nothing named `cpu.cache` to search", 5),
        ("`data_cache` cannot be 3", 6),
        ("nothing is searched: each name has one value", 4),
        ("the CFU's file `search.py` does not exist", None),
    ],
)
def test_what_is_searched_is_told_with_its_line(
    tmp_path: Path, said: str, line: int | None
) -> None:
    file = tmp_path / "cfu.toml"
    table = "[explore.search.cpu]\ncache = [1]\ndata_cache = [3]\n"
    file.write_text(f'model = "digits_cnn"\n\n[explore]\n{table}')
    with (
        pytest.raises(PlaygroundError) as caught,
        search_errors(tmp_path, ["cpu.cache", "cpu.data_cache"]),
    ):
        raise PlaygroundError(said)
    where = f"`{file}` line {line}: " if line is not None else ""
    assert caught.value.message == where + said
