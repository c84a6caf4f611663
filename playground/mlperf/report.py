"""What was measured, as tables and as JSON."""

from __future__ import annotations

__all__ = ["result_json", "result_tables", "summary_lines"]

from rich.table import Table

from playground.mlperf.scripts import Accuracy, Performance
from playground.mlperf.session import MlperfResult
from profiles.layout import Column, fitted_table

_SCHEMA = 1
_MOST_ROWS = 20


def result_tables(result: MlperfResult, *, width: int | None = None) -> tuple[Table, ...]:
    """Return a table for each script; of many examples' results, the first ones."""
    tables = []
    if result.performance is not None:
        tables.append(_performance_table(result, result.performance, width))
    if result.accuracy is not None:
        tables.append(_accuracy_table(result, result.accuracy, width))
    return tuple(tables)


def summary_lines(result: MlperfResult) -> tuple[str, ...]:
    """Return the figures that count, where they come from, and what they are not."""
    lines = []
    performance, accuracy = result.performance, result.accuracy
    if performance is not None:
        lines.append(f"{performance.per_second:,.3f} inferences per second (median)")
    if accuracy is not None:
        lines.append(_accuracy_line(accuracy))
    lines.append(f"source: {result.provenance} ({result.counted_by})")
    lines.append("every result agrees with TensorFlow Lite Micro; energy is not measured")
    if performance is not None and not performance.follows_rule:
        lines.append(
            "less was timed than the benchmark asks for: five inputs, each for ten seconds and ten "
            "inferences"
        )
    return tuple(lines)


def result_json(result: MlperfResult) -> dict[str, object]:
    """Return everything that was measured as a JSON-able value."""
    built = result.built
    performance, accuracy = result.performance, result.accuracy
    clock_hz = built.soc.memory_map.clock_hz
    return {
        "schema": _SCHEMA,
        "task": result.task.model_id,
        "model": {"name": built.model.name, "digest": built.model.digest},
        "board": built.board.name,
        "cpu": built.cpu.name,
        "cfu": built.cfu.spec.name,
        "compiler": f"{built.compiler.driver.name} {built.compiler.driver.version}",
        "clock_hz": clock_hz,
        "ideal_memory": built.board.ideal_memory,
        "device": result.device,
        "source": result.provenance,
        "counted_by": result.counted_by,
        "performance": performance
        and {
            "inferences_per_second": performance.per_second,
            "follows_rule": performance.follows_rule,
            "windows": [
                {
                    "input": window.name,
                    "inferences": window.inference.count,
                    "microseconds": window.inference.microseconds,
                    "inferences_per_second": window.inference.per_second,
                }
                for window in performance.windows
            ],
        },
        "accuracy": accuracy
        and {
            "metric": accuracy.metric,
            "value": accuracy.value,
            "correct": accuracy.correct,
            "examples": [
                {"input": name, "label": label, "results": list(scores)}
                for (name, scores), label in zip(accuracy.scores, result.labels, strict=True)
            ],
        },
    }


def _performance_table(result: MlperfResult, performance: Performance, width: int | None) -> Table:
    windows = performance.windows
    clock_hz = result.built.soc.memory_map.clock_hz
    seconds = [window.inference.microseconds / 1e6 for window in windows]
    each = [s / window.inference.count for s, window in zip(seconds, windows, strict=True)]
    columns = [
        Column("input", [window.name for window in windows], footer="median"),
        Column(
            "inferences", [f"{w.inference.count:,}" for w in windows], justify="right", expendable=2
        ),
        Column("seconds", [f"{s:,.3f}" for s in seconds], justify="right", expendable=1),
        Column(
            "cycles each", [f"{s * clock_hz:,.0f}" for s in each], justify="right", expendable=3
        ),
        Column("ms each", [f"{s * 1e3:,.3f}" for s in each], justify="right"),
        Column(
            "per second",
            [f"{window.inference.per_second:,.3f}" for window in windows],
            footer=f"{performance.per_second:,.3f}",
            justify="right",
        ),
    ]
    return fitted_table(columns, title=_title(result), caption="performance", width=width)


def _accuracy_table(result: MlperfResult, accuracy: Accuracy, width: int | None) -> Table:
    shown = accuracy.scores[:_MOST_ROWS]
    labels = result.labels[:_MOST_ROWS]
    of_class = accuracy.metric == "top-1"
    answers = [
        str(scores.index(max(scores))) if of_class else f"{scores[0]:.3f}" for _, scores in shown
    ]
    more = len(accuracy.scores) - len(shown)
    columns = [
        Column("input", [name for name, _ in shown]),
        Column(
            "label", ["-" if label is None else str(label) for label in labels], justify="right"
        ),
        Column("class" if of_class else "score", answers, justify="right"),
    ]
    if of_class:
        highest = [f"{max(scores):.3f}" for _, scores in shown]
        columns.append(Column("value", highest, justify="right", expendable=1))
    caption = "accuracy" + (f"; {more:,} more examples are in the JSON" if more else "")
    return fitted_table(columns, title=_title(result), caption=caption, width=width)


def _accuracy_line(accuracy: Accuracy) -> str:
    count = len(accuracy.scores)
    if accuracy.value is None:
        missing = "labels" if accuracy.metric == "top-1" else "labels of both classes"
        return f"{accuracy.metric} of {count:,} inputs is unknown without {missing}"
    if accuracy.correct is not None:
        return f"{accuracy.metric} {accuracy.value:.1%} ({accuracy.correct:,} of {count:,})"
    return f"{accuracy.metric} {accuracy.value:.3f} ({count:,} inputs)"


def _title(result: MlperfResult) -> str:
    built = result.built
    return (
        f"MLPerf Tiny {result.task.model_id}: board {built.board.name}, CPU {built.cpu.name}, "
        f"CFU {built.cfu.spec.name}"
    )
