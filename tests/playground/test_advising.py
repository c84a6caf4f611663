from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playground.advising import cpu_kernels, engine_of
from playground.design import Design
from playground.resolve import shipped_kernels
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


def test_kernels_that_leave_the_cfu_alone_are_told_by_their_includes() -> None:
    def of(name: str) -> frozenset[str]:
        return cpu_kernels(shipped_kernels()[name].glob("*.cc"))

    assert of("array") == {"max_pool_2d.cc", "softmax.cc"}
    assert "depthwise_conv_2d.cc" in of("mac4")
    assert not of("mac4") & {"conv_2d.cc", "fully_connected.cc"}
    assert of("portable") == {path.name for path in shipped_kernels()["portable"].glob("*.cc")}
