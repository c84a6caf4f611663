"""`cfu demo`: the whole loop on models that come along."""

from __future__ import annotations

__all__ = ["DEMO_CFU", "SPEED_MODEL", "TRAINED_MODEL", "demo"]

from pathlib import Path
from typing import TYPE_CHECKING

from playground.commands.compare import comparison_json
from playground.commands.options import AsJson
from playground.commands.run import execute
from playground.console import Output
from playground.design import baseline_of

if TYPE_CHECKING:
    from profiles import Comparison

DEMO_CFU = "simd_mac"
SPEED_MODEL = "ds_cnn_seeded"  # the topology of keyword spotting; its weights are random
TRAINED_MODEL = "digits_cnn"  # a small network that really classifies


def demo(*, as_json: AsJson = False) -> None:
    """Run two models with and without a CFU; show the speedup, and that the results stay right.

    The first has the topology of MLPerf Tiny's keyword spotting, the second is trained to read
    handwritten digits. Every layer of both is checked against TensorFlow Lite Micro.
    """
    from profiles import comparison_table

    output = Output()
    comparisons = [_with_and_without_cfu(model, output) for model in (SPEED_MODEL, TRAINED_MODEL)]
    if as_json:
        output.show_json([comparison_json(comparison) for comparison in comparisons])
        return
    for comparison in comparisons:
        table = comparison_table(comparison, width=output.width)
        output.show(table, *_verdict(comparison), "")
    output.show("next: `cfu new my_cfu` writes a project with a CFU and a kernel to change")


def _with_and_without_cfu(model: str, output: Output) -> Comparison:
    from playground.resolve import Choices, resolve
    from profiles import compare

    design = resolve(Choices(directory=Path.cwd(), model=model, cfu=DEMO_CFU), project=None)
    return compare(
        execute(baseline_of(design), output, subject=f"{model}, baseline"),
        execute(design, output, subject=f"{model}, {DEMO_CFU}"),
    )


def _verdict(comparison: Comparison) -> list[str]:
    from profiles import summary_lines

    faster = comparison.profiles[1]
    lines = [*summary_lines(faster)]
    speedup = comparison.speedup(1)
    if speedup is not None:
        lines.append(
            f"`{faster.model.name}` is {speedup:.2f} times as fast with `{faster.cfu.name}`, "
            f"{comparison.baseline.milliseconds:,.1f} ms to {faster.milliseconds:,.1f} ms at "
            f"{faster.clock_hz / 1e6:g} MHz, and all its {len(faster.layers)} layers are bit-exact"
        )
    return lines
