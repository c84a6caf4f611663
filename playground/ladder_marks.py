"""What others have published of the same models, and what the ladder is to reach."""

from __future__ import annotations

__all__ = ["BARS", "MARKS", "UP5K_BAR", "UP5K_MARKS", "Mark"]

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """Cycles of an inference that somebody published.

    Attributes
    ----------
    title
        What it was measured on.
    source
        Where it was published; "reported" where only the figure is known.
    cycles
        By model; of those that were published.
    """

    title: str
    source: str
    cycles: Mapping[str, int]


_LUFFCA = (
    "Luffca, Building an ML Processor using CFU Playground, part 2 "
    "(luffca.com/2022/05/cfu-playground-part2), Arty A7-35T"
)
_PAPER = (
    "Prakash et al., CFU Playground: Full-Stack Open-Source Framework for Tiny Machine Learning "
    "Acceleration on FPGAs (arXiv 2201.01863), Fomu"
)

MARKS = (
    Mark(
        title="TFLM's kernels on VexRiscv, GCC",
        source=f"kws01: {_LUFFCA}; the others: reported for Arty",
        cycles={
            "kws01": 87_000_000,
            "vww01": 226_000_000,
            "ic01": 291_000_000,
            "ad01": 3_600_000,
        },
    ),
    Mark(
        title="Andes D45, packed SIMD",
        source="MLPerf Tiny v0.7, results of the soft core Andes D45; latency times clock",
        cycles={
            "kws01": 4_100_000,
            "vww01": 13_500_000,
            "ic01": 13_700_000,
            "ad01": 730_000,
        },
    ),
    Mark(
        title="best CFU published",
        source=f"kws01: {_LUFFCA}; ic01: reported",
        cycles={"kws01": 9_800_000, "ic01": 60_000_000},
    ),
)
BARS = {"kws01": 2_000_000, "vww01": 6_500_000, "ic01": 6_500_000, "ad01": 360_000}

UP5K_MARKS = (
    Mark("published ladder, first rung", _PAPER, {"kws01": 1_899_000_000}),
    Mark("published ladder, last rung", _PAPER, {"kws01": 25_200_000}),
)
UP5K_BAR = {"kws01": 12_000_000}
