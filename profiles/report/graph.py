"""The model's graph, with what each layer costs, as SVG."""

from __future__ import annotations

__all__ = ["graph_picture"]

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firmware.model import Model
from profiles.profile import LayerProfile, Profile
from profiles.report.markup import Markup, clean, element, joined

_ROW = 34
_BOX_HEIGHT = 24
_BOX_WIDTH = 300
_LANE = 14
_BAR_GAP = 14
_BAR_WIDTH = 210
_TEXT_WIDTH = 170
_CORNER = 6
_OPERATOR_LENGTH = 24
_SHAPE_LENGTH = 18


@dataclass(frozen=True)
class _Edge:
    """A tensor from the row that makes it to one that reads it, past the rows between."""

    tensor: int
    begin: int
    end: int


def graph_picture(model: Model, profile: Profile) -> Markup:
    """Return the SVG of a model's layers in order, what flows between them, and their cycles.

    A layer that reads what the one before it made hangs on it; what goes further runs in a lane
    at the side.
    """
    rows = len(model.layers) + 2  # inputs and outputs
    edges = list(_edges(model))
    near = [edge for edge in edges if edge.end == edge.begin + 1]
    lanes = _lanes([edge for edge in edges if edge.end > edge.begin + 1])
    left = 8 + _LANE * (max(lanes.values(), default=-1) + 1)
    width = left + _BOX_WIDTH + _BAR_GAP + _BAR_WIDTH + _TEXT_WIDTH
    most = max((layer.cycles for layer in profile.layers), default=0) or 1
    parts = [
        *(_arrow(model, edge, left + _BOX_WIDTH / 2) for edge in near),
        *(_detour(model, edge, left, left - _LANE * (lane + 1)) for edge, lane in lanes.items()),
        _terminal("input", model, model.inputs, 0, left),
        *(_box(model, layer, left, most, profile.total_cycles) for layer in profile.layers),
        _terminal("output", model, model.outputs, rows - 1, left),
    ]
    title = f"Graph of {model.name} with the cycles of each layer"
    return element(
        "svg",
        element("title", clean(title)),
        joined(parts, "\n"),
        viewBox=f"0 0 {width} {rows * _ROW}",
        role="img",
        class_="graph",
    )


def _edges(model: Model) -> Iterator[_Edge]:
    """Yield what flows between rows; row 0 is the inputs, the last one the outputs."""
    maker = dict.fromkeys(model.inputs, 0)
    for layer in model.layers:
        for tensor in dict.fromkeys(layer.inputs):
            if tensor in maker:
                yield _Edge(tensor, maker[tensor], layer.index + 1)
        maker.update(dict.fromkeys(layer.outputs, layer.index + 1))
    for tensor in dict.fromkeys(model.outputs):
        if tensor in maker:
            yield _Edge(tensor, maker[tensor], len(model.layers) + 1)


def _lanes(edges: Sequence[_Edge]) -> dict[_Edge, int]:
    """Return a lane for each edge, so that none overlaps another one; the shortest are inside."""
    lanes: dict[_Edge, int] = {}
    for edge in sorted(edges, key=lambda edge: (edge.end - edge.begin, edge.begin)):
        taken = {
            lane
            for other, lane in lanes.items()
            if edge.begin < other.end and other.begin < edge.end
        }
        lanes[edge] = next(lane for lane in range(len(lanes) + 1) if lane not in taken)
    return lanes


def _middle(row: int) -> float:
    return (row + 0.5) * _ROW


def _arrow(model: Model, edge: _Edge, x: float) -> Markup:
    begin, end = _middle(edge.begin) + _BOX_HEIGHT / 2, _middle(edge.end) - _BOX_HEIGHT / 2
    return _path(model, edge, f"M{x:g},{begin:g} V{end:g}", x, end, down=True)


def _detour(model: Model, edge: _Edge, left: float, x: float) -> Markup:
    begin, end = _middle(edge.begin) + 5, _middle(edge.end) - 5
    corner = _CORNER
    line = (
        f"M{left:g},{begin:g} H{x + corner:g} Q{x:g},{begin:g} {x:g},{begin + corner:g} "
        f"V{end - corner:g} Q{x:g},{end:g} {x + corner:g},{end:g} H{left:g}"
    )
    return _path(model, edge, line, left, end, down=False)


def _path(model: Model, edge: _Edge, line: str, x: float, y: float, *, down: bool) -> Markup:
    tensor = model.tensors[edge.tensor]
    text = f"tensor {tensor.index} {clean(tensor.name)}, {tensor.dtype} {_shape(tensor.shape)}"
    head = f"M{x - 3:g},{y - 5:g} h6 l-3,5 z" if down else f"M{x - 5:g},{y - 3:g} v6 l5,-3 z"
    return element(
        "g",
        element("title", f"{text}, {tensor.bytes:,} bytes"),
        element("path", d=line, class_="edge"),
        element("path", d=head, class_="head"),
    )


def _terminal(word: str, model: Model, tensors: Sequence[int], row: int, left: float) -> Markup:
    shapes = ", ".join(
        f"{model.tensors[index].dtype} {_shape(model.tensors[index].shape)}" for index in tensors
    )
    names = ", ".join(clean(model.tensors[index].name) for index in tensors)
    return element(
        "g",
        element("title", f"{word} {clean(names)}"),
        _rectangle(left, row, "terminal", round_=_BOX_HEIGHT // 2),
        _text(left + 14, row, f"{word} {clean(shapes, limit=40)}", "shape"),
    )


def _box(model: Model, layer: LayerProfile, left: float, most: int, total: int) -> Markup:
    row = layer.index + 1
    share = layer.cycles / total if total else 0.0
    bar = left + _BOX_WIDTH + _BAR_GAP
    width = _BAR_WIDTH * layer.cycles / most
    inputs = ", ".join(_shape(shape) for shape in layer.input_shapes)
    title = (
        f"layer {layer.index} {clean(layer.operator)} {clean(layer.name)}: {inputs} to "
        f"{layer.output_text}, {layer.macs:,} MACs, {layer.cycles:,} cycles, kernel {layer.kernel}"
    )
    shape = clean(layer.output_text, limit=_SHAPE_LENGTH)
    return element(
        "g",
        element("title", clean(title, limit=400)),
        _rectangle(left, row, "layer"),
        _text(left + 10, row, f"{layer.index} {clean(layer.operator, limit=_OPERATOR_LENGTH)}"),
        _text(left + _BOX_WIDTH - 10, row, shape, "shape end"),
        element("rect", x=bar, y=_middle(row) - 7, width=f"{width:.1f}", height=14, class_="cost"),
        _text(bar + width + 6, row, f"{layer.cycles:,} · {share:.1%}"),
    )


def _rectangle(left: float, row: int, class_: str, *, round_: int = 4) -> Markup:
    return element(
        "rect", x=left, y=_middle(row) - _BOX_HEIGHT / 2, width=_BOX_WIDTH, height=_BOX_HEIGHT,
        rx=round_, class_=class_,
    )  # fmt: skip


def _text(x: float, row: int, text: str, class_: str | None = None) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=_middle(row) + 4, class_=class_)


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "scalar"
