"""What a search is told by a project and by flags."""

from __future__ import annotations

from typing import Any

import pytest

from playground.explore.settings import Settings, read_settings
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
            "`cfu.toml`: unknown key `trails` in `[explore]`",
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
