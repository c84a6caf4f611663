"""The plot of the arena: which bytes hold which tensor while which layers run."""

from __future__ import annotations

__all__ = ["arena_of", "arena_plot"]

from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from firmware.arena import ArenaBuffer, ArenaPlan, plan_arena
from firmware.model import Model
from firmware.operators import prepare
from profiles.report.colours import PLACEHOLDERS
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing

_COLOURS = {"input": "run-3", "tensor": "run-1", "output": "run-4", "scratch": "run-2"}
_LABEL_SHARE = 0.045  # of the arena's height, for a rectangle to have a label
_CHARACTERS_ACROSS = 92
_MOST_TICKS = 24


def arena_of(model: Model) -> ArenaPlan:
    """Return the plan of a model's arena as the firmware has it.

    Raises
    ------
    PlaygroundError
        If the model has an operator that is not supported.
    """
    prepared = [prepare(model, layer) for layer in model.layers]
    return plan_arena(model, {each.index: each.scratch_bytes for each in prepared})


def arena_plot(model: Model, plan: ArenaPlan) -> Markup:
    """Return the SVG of tensors as rectangles over layers and bytes."""
    with drawing():
        plot = Plot(
            "arena",
            "Which bytes of the arena hold which tensor during which layers",
            height=3.8,
            xlabel="layer",
            ylabel="bytes of the arena",
        )
        axes = plot.axes
        after = len(model.layers)
        for buffer in plan.buffers:
            kind = _kind(model, buffer)
            box = Rectangle(
                (buffer.first - 0.5, buffer.offset),
                buffer.last - buffer.first + 1,
                buffer.size,
                facecolor=PLACEHOLDERS[_COLOURS[kind]],
                edgecolor=PLACEHOLDERS["paper"],
                linewidth=0.8,
                alpha=0.85,
            )
            axes.add_patch(box)
            plot.hover(box, _described(model, buffer))
            text = _label(model, buffer, plan.size_bytes, after + 2)
            if text:
                axes.annotate(
                    text,
                    ((buffer.first + buffer.last) / 2, buffer.offset + buffer.size / 2),
                    ha="center", va="center", fontsize=7, color=PLACEHOLDERS["paper"], zorder=4,
                )  # fmt: skip
        for kind, colour in _COLOURS.items():
            if any(_kind(model, buffer) == kind for buffer in plan.buffers):
                axes.bar([0], [0], color=PLACEHOLDERS[colour], alpha=0.85, label=kind)
        peak = axes.axhline(
            plan.lower_bound_bytes, color=PLACEHOLDERS["bad"], linestyle="--", linewidth=1
        )
        peak.set_label("most that is live at once")
        axes.set_xlim(-1.5, after + 0.5)
        axes.set_ylim(0, max(plan.size_bytes, 1) * 1.02)
        times = _ticks(after)
        axes.set_xticks(times, [_time(time, after) for time in times])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
        axes.legend(ncols=5, loc="lower center", bbox_to_anchor=(0.45, 1.0))
        return plot.svg()


def _kind(model: Model, buffer: ArenaBuffer) -> str:
    if buffer.tensor is None:
        return "scratch"
    if buffer.tensor in model.inputs:
        return "input"
    return "output" if buffer.tensor in model.outputs else "tensor"


def _ticks(after: int) -> list[int]:
    """Return the times before, between and after the layers that have room for their names."""
    step = -(-after // _MOST_TICKS) or 1
    layers = [layer for layer in range(0, after, step) if after - layer > step / 2]
    return [-1, *layers, after]


def _time(time: int, after: int) -> str:
    return "in" if time == -1 else "out" if time == after else str(time)


def _described(model: Model, buffer: ArenaBuffer) -> str:
    after = len(model.layers)
    first, last = _time(buffer.first, after), _time(buffer.last, after)
    during = f"layer {first}" if first == last else f"layers {first} to {last}"
    span = (
        f"{buffer.size:,} bytes at {buffer.offset:,} to {buffer.offset + buffer.size:,}, {during}"
    )
    if buffer.tensor is None:
        return f"scratch memory of layer {buffer.layer}: {span}"
    tensor = model.tensors[buffer.tensor]
    shape = "×".join(map(str, tensor.shape)) or "scalar"
    return f"tensor {buffer.tensor} {clean(tensor.name)}, {tensor.dtype} {shape}: {span}"


def _label(model: Model, buffer: ArenaBuffer, arena_bytes: int, width: int) -> str:
    """Return what is written into a rectangle, nothing if it is too small for it."""
    if buffer.size < _LABEL_SHARE * arena_bytes:
        return ""
    if buffer.tensor is None:
        text = f"scratch {buffer.layer}"
    else:
        shape = "×".join(map(str, model.tensors[buffer.tensor].shape))
        text = f"{buffer.tensor}: {shape}"
    room = (buffer.last - buffer.first + 1) / width * _CHARACTERS_ACROSS
    short = text.partition(":")[0]
    return text if len(text) <= room else short if len(short) <= room else ""
