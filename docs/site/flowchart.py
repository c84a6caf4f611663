"""Flow charts in mermaid's notation as SVG: as much of it as these pages use.

Mermaid itself is a script that a browser loads from elsewhere.
"""

from __future__ import annotations

__all__ = ["flowchart_svg"]

import re
from collections import defaultdict
from html import escape
from typing import NamedTuple

_NODE = re.compile(r"\s*(\w+)(?:\[\"?([^\]\"]+)\"?\])?")
_ARROW = re.compile(
    r"\s*(?:--\s+\"?(?P<solid>[^\"]+?)\"?\s+-->|-\.\s+\"?(?P<dotted>[^\"]+?)\"?\s+\.->|(?P<bare>-->))"
)
_HEIGHT, _ROW, _LETTER, _MARGIN, _GAP = 34, 62, 7.2, 12, 46


_Point = tuple[float, float]
_Box = tuple[int, float, int]  # left, top, width


class _Edge(NamedTuple):
    source: str
    target: str
    label: str
    is_dotted: bool


def flowchart_svg(text: str) -> str:
    """Return the SVG of a `flowchart LR`.

    Raises
    ------
    ValueError
        If a line is none of what is known.
    """
    labels, edges = _parsed(text)
    ranks = _ranks(labels, edges)
    columns: dict[int, list[str]] = defaultdict(list)
    for node in labels:
        columns[ranks[node]].append(node)
    rows = _rows(columns, edges)
    left, x = {}, _MARGIN
    for rank in sorted(columns):
        left[rank] = x
        through = [len(e.label) for e in edges if ranks[e.source] == rank]
        widest = max(_width(labels[node]) for node in columns[rank])
        x += widest + max(_GAP, (int(_LETTER * max(through)) + 50) if any(through) else 0)
    height = int(_ROW * (max(rows.values()) + 1)) + 2 * _MARGIN
    boxes = {
        node: (left[ranks[node]], _MARGIN + _ROW * rows[node] + 10, _width(labels[node]))
        for node in labels
    }
    parts = [_line(edge, boxes, height) for edge in edges]
    taken: list[tuple[float, float, float]] = []
    # Those with the least room first.
    labelled = sorted(
        (edge for edge in edges if edge.label),
        key=lambda edge: abs(rows[edge.source] - rows[edge.target]),
    )
    parts += [_label(edge, boxes, height, taken) for edge in labelled]
    for node, (at, top, width) in boxes.items():
        parts.append(f'<rect x="{at}" y="{top:g}" width="{width}" height="{_HEIGHT}" rx="4"/>')
        parts.append(f'<text x="{at + width / 2:g}" y="{top + 21:g}">{escape(labels[node])}</text>')
    head = (
        '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8Z"/></marker>'
    )
    wide = x - _GAP + _MARGIN
    size = f'viewBox="0 0 {wide} {height}" width="{wide}" height="{height}"'
    return (
        f'<div class="flowchart"><svg {size} style="min-width: {wide * 0.6:g}px" role="img">'
        f"<defs>{head}</defs>{''.join(parts)}</svg></div>"
    )


def _parsed(text: str) -> tuple[dict[str, str], list[_Edge]]:
    """Return labels by node, in the order in which they come, and the edges."""
    labels: dict[str, str] = {}
    edges: list[_Edge] = []
    for line in text.strip().splitlines()[1:]:
        node = _NODE.match(line)
        if node is None:
            raise ValueError(f"no node begins `{line}`")
        source = _known(node, labels)
        position = node.end()
        while line[position:].strip():
            arrow = _ARROW.match(line, position)
            node = _NODE.match(line, arrow.end()) if arrow is not None else None
            if arrow is None or node is None:
                raise ValueError(f"no arrow with its node at `{line[position:]}`")
            target = _known(node, labels)
            label = arrow["solid"] or arrow["dotted"] or ""
            edges.append(_Edge(source, target, label, arrow["dotted"] is not None))
            source, position = target, node.end()
    return labels, edges


def _known(node: re.Match[str], labels: dict[str, str]) -> str:
    labels[node[1]] = node[2] or labels.get(node[1], node[1])
    return node[1]


def _ranks(labels: dict[str, str], edges: list[_Edge]) -> dict[str, int]:
    """Return how far to the right each node is; edges that close a circle lead back."""
    forward: list[_Edge] = []
    for edge in edges:
        reached, unseen = {edge.target}, [edge.target]
        while unseen:
            node = unseen.pop()
            for other in forward:
                if other.source == node and other.target not in reached:
                    reached.add(other.target)
                    unseen.append(other.target)
        if edge.source not in reached:
            forward.append(edge)
    ranks = dict.fromkeys(labels, 0)
    for _ in labels:
        for edge in forward:
            ranks[edge.target] = max(ranks[edge.target], ranks[edge.source] + 1)
    # What nothing leads to is right before what it leads to.
    for node in labels:
        after = [ranks[e.target] for e in forward if e.source == node]
        if after and not any(e.target == node for e in forward):
            ranks[node] = min(after) - 1
    return ranks


def _rows(columns: dict[int, list[str]], edges: list[_Edge]) -> dict[str, float]:
    """Return how far down each node is: near to its neighbours, a row from those beside it."""
    rows = {node: float(i) for column in columns.values() for i, node in enumerate(column)}
    for _ in range(24):
        for rank in sorted(columns):
            wanted = {}
            for node in columns[rank]:
                beside = [rows[e.source] for e in edges if e.target == node]
                beside += [rows[e.target] for e in edges if e.source == node]
                wanted[node] = sum(beside) / len(beside) if beside else rows[node]
            ordered = sorted(columns[rank], key=lambda node: wanted[node])
            placed: list[float] = []
            for node in ordered:
                placed.append(max(wanted[node], placed[-1] + 1 if placed else wanted[node]))
            shift = sum(p - wanted[n] for p, n in zip(placed, ordered, strict=True)) / len(placed)
            rows.update((n, p - shift) for n, p in zip(ordered, placed, strict=True))
    least = min(rows.values())
    return {node: row - least for node, row in rows.items()}


def _width(label: str) -> int:
    return int(_LETTER * len(label)) + 20


def _curve(edge: _Edge, boxes: dict[str, _Box], height: int) -> tuple[_Point, ...]:
    """Return the four points of an edge's Bezier curve."""
    x1, y1, w1 = boxes[edge.source]
    x2, y2, w2 = boxes[edge.target]
    if x2 > x1:
        begin, end = (x1 + w1, y1 + _HEIGHT / 2), (x2, y2 + _HEIGHT / 2)
        bend = max(18.0, (end[0] - begin[0]) / 2)
        return begin, (begin[0] + bend, begin[1]), (end[0] - bend, end[1]), end
    begin, end = (x1 + w1 / 2, y1 + _HEIGHT), (x2 + w2 / 2, y2 + _HEIGHT)
    return begin, (begin[0], height - 4), (end[0], height - 4), end


def _line(edge: _Edge, boxes: dict[str, _Box], height: int) -> str:
    dashes = ' stroke-dasharray="4 3"' if edge.is_dotted else ""
    begin, *bends = (f"{x:g} {y:g}" for x, y in _curve(edge, boxes, height))
    return f'<path d="M{begin}C{" ".join(bends)}"{dashes} marker-end="url(#head)"/>'


def _label(
    edge: _Edge, boxes: dict[str, _Box], height: int, taken: list[tuple[float, float, float]]
) -> str:
    """Return a label on an edge, where it is not over one of those that are `taken`."""
    points = _curve(edge, boxes, height)
    half = _LETTER * len(edge.label) / 2

    def at(part: float) -> _Point:
        rest = 1 - part
        weights = (rest**3, 3 * rest**2 * part, 3 * rest * part**2, part**3)
        x = sum(w * point[0] for w, point in zip(weights, points, strict=True))
        return x, sum(w * point[1] for w, point in zip(weights, points, strict=True))

    def is_free(place: _Point) -> bool:
        return all(
            abs(place[0] - x) > half + other or abs(place[1] - y) > _LETTER * 1.7
            for x, y, other in taken
        )

    places = [at(part) for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8, 0.15)]
    x, y = next(filter(is_free, places), places[0])
    taken.append((x, y, half))
    return f'<text class="edge" x="{x:g}" y="{y + 4:g}">{escape(edge.label)}</text>'
