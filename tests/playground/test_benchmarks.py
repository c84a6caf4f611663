from __future__ import annotations

import pytest

from playground.benchmarks import Benchmark, benchmarks_json, benchmarks_page, read_totals
from profiles import CfuIdentity
from tests.profiles.examples import example_layer, example_profile
from toolchain import PlaygroundError


def _benchmark() -> Benchmark:
    faster = example_profile(
        cfu=CfuIdentity(name="simd_mac", digest="12" * 32),
        kernels=("conv_2d.cc",),
        layers=(
            example_layer(0, cycles=862_000, kernel="conv_2d.cc"),
            example_layer(1, operator="SOFTMAX", macs=0, cycles=80_000),
        ),
    )
    return Benchmark("keyword spotting", example_profile(), faster, seconds_after_edit=7.25)


def test_the_page_says_where_its_numbers_come_from() -> None:
    page = benchmarks_page([_benchmark()])
    for text in (
        "Written by `cfu bench --write docs/benchmarks.md`",
        "- cycles: rtl, counted by the CPU in verilator 5.48.0",
        "- memory: ideal main_ram, 16 MiB (a board's has wait states, which these counts lack)",
        "- compiler: zig 0.17.0, `-O2 -std=c++17`",
        "- CFU: `simd_mac` (121212121212) with kernels `conv_2d.cc`",
        "| kws | 8,700,000 | 942,000 | 9.24× | 512,000 | 16.99 | 1.84 |",
        "| kws | 4.50 MHz | 4.50 MHz |",
        "profile of `kws`: 7.2 s of wall time (host)",
        "| 0 | CONV_2D | 1×25×5×64 | 512,000 | 8,620,000 | 862,000 | 10.00× | conv_2d.cc |",
    ):
        assert text in page


def test_totals_are_read_back() -> None:
    assert read_totals(benchmarks_page([_benchmark()])) == {"kws": (8_700_000, 942_000)}


def test_json() -> None:
    (row,) = benchmarks_json([_benchmark()])
    assert row["speedup"] == pytest.approx(9.2357, abs=1e-4)
    assert row["seconds_after_edit"] == 7.25


def test_unlike_runs_are_no_benchmark() -> None:
    with pytest.raises(PlaygroundError, match="differ in more than CFU and kernels"):
        benchmarks_page([Benchmark("x", example_profile(), example_profile(cpu="small"))])
