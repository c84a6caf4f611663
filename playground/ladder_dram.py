"""What a DRAM's wait states leave of the ladder's fastest rungs."""

from __future__ import annotations

__all__ = ["dram_sections"]

from playground.ladder import DRAM_BOARD, Ladder
from playground.ladder_marks import BARS
from playground.markdown import millions, table_section
from profiles import Profile

_SHOWN_LAYERS = 8
_UNIT_BYTES = 16


def dram_sections(ladder: Ladder) -> list[str]:
    """Return the section of the rungs with DRAM, and one for each model that misses its bar."""
    rungs = list(dict.fromkeys(rung for rung, _ in ladder.dram))
    rows = []
    explained = []
    for model in ladder.models:
        profiles = [ladder.dram[rung, model] for rung in rungs]
        best = min(profiles, key=lambda profile: profile.total_cycles)
        rung = rungs[profiles.index(best)]
        waiting = best.total_cycles - ladder.ideal[rung, model].total_cycles
        bar = BARS.get(model)
        is_reached = bar is None or best.total_cycles <= bar
        rows.append(
            [
                model,
                *(f"{each.total_cycles:,} ({each.milliseconds:,.2f} ms)" for each in profiles),
                f"{waiting / best.total_cycles:.0%}",
                millions(bar),
                "" if bar is None else "yes" if is_reached else "no",
            ]
        )
        if not is_reached:
            explained += _in_the_way(ladder, model, rung)
    header = ["model", *(f"`{rung}`" for rung in rungs), "waiting", "to reach", "reached"]
    note = _NOTE.format(
        board=DRAM_BOARD,
        memory=next(iter(ladder.dram.values())).memory.note,
        clock=f"{next(iter(ladder.dram.values())).clock_hz / 1e6:g}",
    )
    return [*table_section("With the wait states of DRAM", header, rows), note, *explained]


_NOTE = """\
The fastest rungs on board `{board}`: {memory}, with the DRAM's timing; milliseconds at the
board's {clock} MHz, which no place and route has confirmed here. What is waiting is the best rung's
share of cycles that it does not take with ideal memory.
"""


def _in_the_way(ladder: Ladder, model: str, rung: str) -> list[str]:
    """Return where the cycles of a model's best rung with DRAM go, and for how many bytes."""
    slow, ideal = ladder.dram[rung, model], ladder.ideal[rung, model]
    sizes = {layer.index: layer.bytes for layer in ladder.advice[model].layers}
    waits = [
        (layer.cycles - fast.cycles, position)
        for position, (layer, fast) in enumerate(zip(slow.layers, ideal.layers, strict=True))
    ]
    rows = [
        _row(slow, position, waiting, sizes[slow.layers[position].index])
        for waiting, position in sorted(waits, reverse=True)[:_SHOWN_LAYERS]
    ]
    header = ["#", "operator", "output", "MACs", "cycles", "computing", "waiting", "bytes"]
    title = f"Where {model} waits for DRAM, with `{rung}`"
    note = (
        "Computing is what a layer takes with ideal memory, loads and stores included, and waiting "
        "the rest. Bytes are those of inputs, weights and outputs, each once.\n"
    )
    return [*table_section(title, [*header, f"waiting / {_UNIT_BYTES} bytes"], rows), note]


def _row(profile: Profile, position: int, waiting: int, size: int) -> list[str]:
    layer = profile.layers[position]
    return [
        str(layer.index),
        layer.operator,
        layer.output_text,
        f"{layer.macs:,}",
        f"{layer.cycles:,}",
        f"{layer.cycles - waiting:,}",
        f"{waiting:,}",
        f"{size:,}",
        f"{waiting * _UNIT_BYTES / size:.1f}" if size else "",
    ]
