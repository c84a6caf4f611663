"""Which functions ran when, and what the CFU did meanwhile, as the fast simulator tells it."""

from __future__ import annotations

__all__ = [
    "Burst",
    "CallNode",
    "Called",
    "CfuBurst",
    "LayerCalls",
    "NodeCycles",
    "Slice",
    "Timeline",
    "TimelineRequest",
    "Window",
    "function_ranges",
    "read_timeline",
]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firmware.elf import Elf, Function
from sim.cycle_split import Cause

_SHORTEST_FUNCTION = 4  # bytes


@dataclass(frozen=True)
class TimelineRequest:
    """What to follow.

    Attributes
    ----------
    resolution
        Cycles; what takes less is told of in bursts. It bounds how much is told.
    layers
        Empty for all.
    """

    resolution: int
    layers: frozenset[int] = frozenset()

    @property
    def options(self) -> Mapping[str, object]:
        """The simulator's."""
        layers = {"--trace-layers": ",".join(map(str, sorted(self.layers)))} if self.layers else {}
        return {"--resolution": self.resolution, **layers}


@dataclass(frozen=True)
class CallNode:
    """A function that was called in one way, from the start of the program on.

    Attributes
    ----------
    parent
        Number of the caller's node, 0 for none.
    function
        Its name; "" for code that is in no function.
    """

    parent: int
    function: str


@dataclass(frozen=True)
class NodeCycles:
    """What a node's cycles in a layer went to, without those of functions that it called."""

    calls: int
    cycles: Mapping[Cause, int]


@dataclass(frozen=True)
class LayerCalls:
    """A layer: when it was, and its cycles by node."""

    index: int
    begin: int
    end: int
    nodes: Mapping[int, NodeCycles]


@dataclass(frozen=True)
class Slice:
    """A time in which a node was active or had called something."""

    node: int
    begin: int
    end: int


@dataclass(frozen=True)
class Called:
    """How often a function was called, and how long that took all in all."""

    calls: int
    cycles: int


@dataclass(frozen=True)
class Burst:
    """A time in which a node called functions for less than the resolution each."""

    node: int
    begin: int
    end: int
    functions: Mapping[str, Called]


@dataclass(frozen=True)
class CfuBurst:
    """A time in which the CFU was never without a command for as long as the resolution.

    Attributes
    ----------
    busy
        Cycles in which it had a command.
    commands
        By function: funct7 times 8, and funct3.
    """

    begin: int
    end: int
    busy: int
    commands: Mapping[int, int]


@dataclass(frozen=True)
class Window:
    """What the cycles of a short time went to."""

    begin: int
    end: int
    cycles: Mapping[Cause, int]


@dataclass(frozen=True)
class Timeline:
    """Layers, calls and the CFU's work, in clock cycles since the start of the clock.

    Attributes
    ----------
    nodes
        By number.
    """

    nodes: Mapping[int, CallNode]
    layers: Sequence[LayerCalls]
    slices: Sequence[Slice]
    bursts: Sequence[Burst]
    cfu: Sequence[CfuBurst]
    windows: Sequence[Window]

    def path(self, node: int) -> tuple[int, ...]:
        """Return a node and those that lead to it, the outermost first."""
        nodes = []
        while node:
            nodes.append(node)
            node = self.nodes[node].parent
        return tuple(reversed(nodes))

    @property
    def root(self) -> int:
        """The node below which all of the layers is called; 0 for none."""
        paths = [self.path(node) for layer in self.layers for node in layer.nodes]
        common = [each[0] for each in zip(*paths, strict=False) if len(set(each)) == 1]
        return common[-1] if common else 0


def function_ranges(elf: Elf) -> str:
    """Return a program's functions as the simulator takes them."""
    return "".join(f"{f.address} {_end(f)}\n" for f in _functions(elf))


def read_timeline(lines: Iterable[str], elf: Elf) -> Timeline:
    """Return what a simulator wrote for `--timeline`; `fast/timeline.h` describes it.

    Parameters
    ----------
    elf
        The program that ran.
    """
    names = ["", *(function.name for function in _functions(elf))]
    nodes: dict[int, CallNode] = {}
    layers: list[LayerCalls] = []
    cycles_of: dict[int, NodeCycles] = {}
    slices, bursts, cfu, windows = [], [], [], []
    for line in lines:
        kind, *words = line.split()
        values = [int(word) for word in words]
        match kind:
            case "stack":
                node, parent, function = values
                nodes[node] = CallNode(parent, names[function])
            case "layer":
                index, begin, end = values
                cycles_of = {}
                layers.append(LayerCalls(index, begin, end, cycles_of))
            case "self":
                _, node, calls = values[:3]
                cycles_of[node] = NodeCycles(calls, _by_cause(values[3:]))
            case "slice":
                slices.append(Slice(*values))
            case "burst":
                node, begin, end = values[:3]
                called: dict[str, Called] = {}
                for function, calls, cycles in zip(*[iter(values[3:])] * 3, strict=True):
                    before = called.get(names[function], Called(0, 0))
                    called[names[function]] = Called(before.calls + calls, before.cycles + cycles)
                bursts.append(Burst(node, begin, end, called))
            case "cfu":
                begin, end, busy = values[:3]
                commands = dict(zip(values[3::2], values[4::2], strict=True))
                cfu.append(CfuBurst(begin, end, busy, commands))
            case "window":
                begin, end = values[:2]
                windows.append(Window(begin, end, _by_cause(values[2:])))
    return Timeline(nodes, layers, slices, bursts, cfu, windows)


def _by_cause(counts: Sequence[int]) -> Mapping[Cause, int]:
    return {cause: count for cause, count in zip(Cause, counts, strict=True) if count}


def _functions(elf: Elf) -> Sequence[Function]:
    """Return the functions, of those that begin at one address the last."""
    return tuple({function.address: function for function in elf.functions}.values())


def _end(function: Function) -> int:
    return function.address + max(function.bytes, _SHORTEST_FUNCTION)
