from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playground.advising import engine_of
from playground.design import Design
from profiles.advice import Engine

_DESIGN = Design(model=Path("net.tflite"))


def test_without_a_cfu_it_is_the_cpu() -> None:
    assert engine_of(_DESIGN) == Engine(name="CPU", peak_macs_per_cycle=None, requantizes=False)


def test_a_cfu_tells_of_itself() -> None:
    engine = engine_of(replace(_DESIGN, cfu="simd_mac"))
    assert engine == Engine(name="simd_mac", peak_macs_per_cycle=4, requantizes=True)


def test_one_in_verilog_does_not(tmp_path: Path) -> None:
    (tmp_path / "my_cfu.toml").touch()
    engine = engine_of(replace(_DESIGN, cfu="my_cfu.toml", cfu_directory=tmp_path))
    assert engine == Engine(name="my_cfu.toml")
