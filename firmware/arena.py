"""Where each tensor computed at run time lives in one block of memory.

Greedy by size, after the planner of TensorFlow Lite Micro: the largest buffers are placed first,
each at the lowest offset where it overlaps none that is in use at the same time.
"""

from __future__ import annotations

__all__ = ["ARENA_ALIGNMENT", "ArenaBuffer", "ArenaPlan", "plan_arena"]

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from firmware.model import Model

ARENA_ALIGNMENT = 16


@dataclass(frozen=True)
class ArenaBuffer:
    """A span of the arena during a span of layers.

    Attributes
    ----------
    tensor, layer
        Whose it is: a tensor's index, or the index of the layer whose scratch memory it is. The
        other one is `None`.
    offset, size
        Bytes. `offset` is a multiple of `ARENA_ALIGNMENT`; `size` is what was asked for.
    first, last
        The layers from and up to which the content must hold, both included. -1 is the time before
        the first layer, when inputs are written; the number of layers is the time after the last,
        when outputs are read.
    """

    tensor: int | None
    layer: int | None
    offset: int
    size: int
    first: int
    last: int

    def is_live(self, time: int) -> bool:
        """Return whether the content must hold while a layer runs."""
        return self.first <= time <= self.last


@dataclass(frozen=True)
class ArenaPlan:
    """The arena's layout.

    Attributes
    ----------
    size_bytes
        Size of the arena, a multiple of `ARENA_ALIGNMENT`.
    lower_bound_bytes
        What no plan can do with less than: the most that is live at one time, aligned.
    peak_layer
        The layer during which that much is live; -1 and the number of layers as in `ArenaBuffer`.
    tensor_offsets
        Byte offset by tensor index.
    scratch_offsets
        Byte offset of a layer's scratch memory by layer index.
    buffers
        Everything in the arena, by offset, then by time.
    """

    size_bytes: int
    lower_bound_bytes: int
    peak_layer: int
    tensor_offsets: Mapping[int, int] = field(repr=False)
    scratch_offsets: Mapping[int, int] = field(repr=False)
    buffers: tuple[ArenaBuffer, ...] = field(repr=False)


@dataclass(frozen=True)
class _Request:
    tensor: int | None
    layer: int | None
    size: int
    first: int
    last: int


def plan_arena(model: Model, scratch_bytes: Mapping[int, int]) -> ArenaPlan:
    """Plan the memory of a model's tensors and its layers' scratch buffers.

    Constant tensors and tensors that nothing touches are not in the arena.

    Parameters
    ----------
    model
        The model; its layers run in order.
    scratch_bytes
        Bytes of scratch memory by layer index; a layer without, or with 0, has none.

    Returns
    -------
    ArenaPlan
        The same for the same arguments.
    """
    requests = _tensor_requests(model) + [
        _Request(None, layer, size, layer, layer)
        for layer, size in sorted(scratch_bytes.items())
        if size > 0
    ]
    placed: list[ArenaBuffer] = []
    for request in sorted(requests, key=lambda request: -request.size):
        placed.append(
            ArenaBuffer(
                tensor=request.tensor,
                layer=request.layer,
                offset=_lowest_gap(request, placed),
                size=request.size,
                first=request.first,
                last=request.last,
            )
        )
    live = {
        time: sum(_aligned(buffer.size) for buffer in placed if buffer.is_live(time))
        for time in range(-1, len(model.layers) + 1)
    }
    peak = max(live, key=lambda time: live[time])
    return ArenaPlan(
        size_bytes=max((_end(buffer) for buffer in placed), default=0),
        lower_bound_bytes=live[peak],
        peak_layer=peak,
        tensor_offsets=MappingProxyType(
            {buffer.tensor: buffer.offset for buffer in placed if buffer.tensor is not None}
        ),
        scratch_offsets=MappingProxyType(
            {buffer.layer: buffer.offset for buffer in placed if buffer.layer is not None}
        ),
        buffers=tuple(sorted(placed, key=lambda buffer: (buffer.offset, buffer.first))),
    )


def _tensor_requests(model: Model) -> list[_Request]:
    first = dict.fromkeys(model.inputs, -1)
    last = dict.fromkeys(model.inputs, -1)
    for layer in model.layers:
        for index in layer.outputs:
            first[index] = layer.index
            last[index] = layer.index
        for index in layer.inputs:
            if index in first:  # neither constant nor absent
                last[index] = layer.index
    for index in model.outputs:
        last[index] = len(model.layers)
    return [
        _Request(index, None, model.tensors[index].bytes, first[index], last[index])
        for index in sorted(first)
    ]


def _lowest_gap(request: _Request, placed: list[ArenaBuffer]) -> int:
    """Return the lowest offset at which a request overlaps no buffer of the same time."""
    offset = 0
    rivals = (b for b in placed if b.first <= request.last and request.first <= b.last)
    for buffer in sorted(rivals, key=lambda buffer: buffer.offset):
        if buffer.offset >= offset + _aligned(request.size):
            break
        offset = max(offset, _end(buffer))
    return offset


def _end(buffer: ArenaBuffer) -> int:
    return buffer.offset + _aligned(buffer.size)


def _aligned(size: int) -> int:
    return -(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT
