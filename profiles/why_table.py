"""What a run's cycles went to, as tables for people."""

from __future__ import annotations

__all__ = ["CAUSE_TEXTS", "why_tables"]

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from profiles.layout import Column, fitted_table
from profiles.profile import CycleSplit, LayerProfile, Profile
from sim.cycle_split import Cause

_KEPT_CAUSES = 6  # however narrow the line
_SHOWN_FUNCTIONS = 10
_SHOWN_CAUSES = 3
_SHOWN_COMMANDS = 2
_NAME_WIDTH = 29
_LEAST = 0.005  # of a row's cycles, for a figure to be shown
_HEADS = {
    Cause.ISSUED: "issued",
    Cause.INSTRUCTION_MISS: "instr\nmiss",
    Cause.DATA_MISS: "data\nmiss",
    Cause.STORE: "store\nwait",
    Cause.UNCACHED: "past\ncache",
    Cause.CONTENTION: "bus\ntaken",
    Cause.LOAD_USE: "load-\nuse",
    Cause.HAZARD: "other\nhazard",
    Cause.BRANCH: "branch",
    Cause.ARITHMETIC: "mul,\ndiv",
    Cause.CFU: "CFU\nwait",
    Cause.OTHER: "other",
}
CAUSE_TEXTS: Mapping[Cause, str] = {
    cause: head.replace("-\n", "-").replace("\n", " ") for cause, head in _HEADS.items()
}
"""Causes in words."""

Cycles = Mapping[Cause, int]


def why_tables(profile: Profile, *, width: int | None = None) -> tuple[Table, ...]:
    """Return what the layers' cycles went to, what the caches and the CFU did, and where.

    Parameters
    ----------
    profile
        One whose layers have their `split`.
    width
        Characters in a line. In a narrow one, the smallest causes are left out.
    """
    layers = [(layer, layer.split) for layer in profile.layers if layer.split is not None]
    return (
        _causes_table(layers, width),
        _events_table(layers, width),
        _functions_table(layers, width),
    )


_Layers = Sequence[tuple[LayerProfile, CycleSplit]]


def _causes_table(layers: _Layers, width: int | None) -> Table:
    rows = [split.cycles for _, split in layers]
    total = _sum(rows)
    shown = [
        cause for cause in Cause if any(_share(row, cause) >= _LEAST for row in (*rows, total))
    ]
    by_size = sorted(shown, key=lambda cause: -total[cause])
    columns = [
        *_layer_columns(layers),
        Column(
            "cycles",
            [_short(sum(row.values())) for row in rows],
            _short(sum(total.values())),
            justify="right",
        ),
        *(
            Column(
                _HEADS[cause],
                [_percent(row, cause) for row in rows],
                _percent(total, cause),
                justify="right",
                expendable=max(0, by_size.index(cause) - _KEPT_CAUSES),
            )
            for cause in shown
        ),
    ]
    return fitted_table(
        columns,
        title="why · what each layer's cycles went to",
        caption="issued: an instruction was; all others: why none was, * marks the most of a row; "
        "nothing is shown below 0.5%; reading the counters is in it; docs/why.md tells what helps",
        width=width,
    )


def _events_table(layers: _Layers, width: int | None) -> Table:
    splits = [split for _, split in layers]
    cfu = _added(split.cfu for split in splits)
    cached = any(split.load_misses for split in splits)

    def column(head: str, name: str) -> Column:
        counts = [getattr(split, name) for split in splits]
        return Column(head, [_short(c) for c in counts], _short(sum(counts)), justify="right")

    columns = [
        *_layer_columns(layers),
        column("loads", "loads"),
        *(
            [
                column("missed", "load_misses"),
                Column(
                    "hit",
                    [_hit_rate(split.loads, split.load_misses) for split in splits],
                    _hit_rate(
                        sum(split.loads for split in splits),
                        sum(split.load_misses for split in splits),
                    ),
                    justify="right",
                ),
            ]
            if cached
            else []
        ),
        column("stores", "stores"),
        column("instr.\nlines", "instruction_misses"),
        column("jumps", "jumps"),
        *(
            [Column("CFU commands", [_commands(split.cfu) for split in splits], _commands(cfu))]
            if cfu
            else []
        ),
    ]
    return fitted_table(
        columns,
        title="what caches and CFU did",
        caption="missed: lines that the data cache fetched; instr. lines: that the instruction "
        "cache fetched; jumps: that were not predicted as they went",
        width=width,
    )


def _functions_table(layers: _Layers, width: int | None) -> Table:
    functions: dict[str, Counter[Cause]] = {}
    where: dict[str, Counter[int]] = {}
    for layer, split in layers:
        for function in split.functions:
            cycles = Counter(function.cycles)
            functions.setdefault(function.name, Counter()).update(cycles)
            where.setdefault(function.name, Counter())[layer.index] = cycles.total()
    total = sum(cycles.total() for cycles in functions.values())
    ordered = sorted(functions, key=lambda name: -functions[name].total())
    shown, others = ordered[:_SHOWN_FUNCTIONS], ordered[_SHOWN_FUNCTIONS:]
    rest = _sum(functions[name] for name in others)
    columns = [
        Column(
            "function",
            [_shortened(name or "(in no function)") for name in shown],
            f"{len(others)} others" if others else "",
        ),
        Column("layers", [_ranges(_mostly_in(where[name])) for name in shown]),
        Column(
            "cycles",
            [_short(functions[name].total()) for name in shown],
            _short(rest.total()),
            justify="right",
        ),
        Column(
            "share",
            [f"{functions[name].total() / max(total, 1):.1%}" for name in shown],
            f"{rest.total() / max(total, 1):.1%}" if others else "",
            justify="right",
        ),
        Column("of which", [_described(functions[name]) for name in shown], _described(rest)),
    ]
    return fitted_table(
        columns,
        title=f"the {len(shown)} functions with the most cycles",
        caption="without the functions that they call",
        width=width,
    )


def _layer_columns(layers: _Layers) -> list[Column]:
    return [
        Column("#", [str(layer.index) for layer, _ in layers], justify="right"),
        Column("operator", [layer.operator for layer, _ in layers], "total"),
    ]


def _sum(rows: Iterable[Cycles]) -> Counter[Cause]:
    total: Counter[Cause] = Counter()
    for row in rows:
        total.update(row)
    return total


def _added(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


def _share(row: Cycles, cause: Cause) -> float:
    return row.get(cause, 0) / max(sum(row.values()), 1)


def _percent(row: Cycles, cause: Cause) -> Text:
    """Return a cause's share; the largest but the instructions' own is emphasised."""
    share = _share(row, cause)
    if share < _LEAST:
        return Text("")
    waits = [each for each in Cause if each is not Cause.ISSUED]
    if cause is max(waits, key=lambda each: row.get(each, 0)):
        return Text(f"*{share:.0%}", style="bold yellow")
    return Text(f"{share:.0%}")


def _described(row: Cycles) -> Text:
    """Return the largest causes of a row in words."""
    causes = sorted(Cause, key=lambda cause: -row.get(cause, 0))[:_SHOWN_CAUSES]
    shares = [(cause, _share(row, cause)) for cause in causes]
    parts = [f"{share:.0%} {CAUSE_TEXTS[cause]}" for cause, share in shares if share >= _LEAST]
    return Text(", ".join(parts))


def _commands(counts: Mapping[str, int]) -> str:
    """Return the most used instructions of a CFU with their counts."""
    largest = sorted(counts.items(), key=lambda item: -item[1])
    parts = [f"{name} {_short(count)}" for name, count in largest[:_SHOWN_COMMANDS]]
    others = largest[_SHOWN_COMMANDS:]
    if others:
        parts.append(f"{len(others)} others {_short(sum(count for _, count in others))}")
    return ", ".join(parts)


def _hit_rate(loads: int, missed: int) -> str:
    return f"{1 - missed / loads:.1%}" if loads else ""


def _short(count: int) -> str:
    """Return a count in few characters, "12.3k"."""
    if count < 10_000:
        return f"{count:,}" if count else ""
    unit, text = (1e3, "k") if count < 999_500 else (1e6, "M") if count < 999.5e6 else (1e9, "G")
    value = count / unit
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}{text}"


def _shortened(name: str) -> str:
    """Return a function's name, if need be without template arguments, namespaces or its end."""
    if len(name) <= _NAME_WIDTH:
        return name
    name = name.partition("<")[0]
    dropped = ""
    while len(dropped + name) > _NAME_WIDTH and "::" in name:
        name = name.partition("::")[2]
        dropped = "…"
    return dropped + name if len(dropped + name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"


def _mostly_in(cycles: Mapping[int, int]) -> list[int]:
    """Return the layers in which a function's cycles are, but for very few."""
    total = sum(cycles.values())
    return [layer for layer, count in cycles.items() if count >= _LEAST * total]


def _ranges(indices: Sequence[int]) -> str:
    """Return indices as "0-3,5"."""
    parts: list[list[int]] = []
    for index in sorted(indices):
        if parts and index == parts[-1][1] + 1:
            parts[-1][1] = index
        else:
            parts.append([index, index])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
