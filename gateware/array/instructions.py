"""The instructions of an array engine. What they do is in its model and in its engine."""

from __future__ import annotations

__all__ = [
    "Configure",
    "Fetch",
    "Fill",
    "Push",
    "PushBytes",
    "Read",
    "Run",
    "Seek",
    "Wait",
]

from amaranth.hdl import Const, Module, Signal, ValueLike

from gateware.array.model import ArrayModel
from gateware.instruction import Instruction
from gateware.latency import Latency
from gateware.opcode import Opcode


class _Command(Instruction):
    """An instruction without a result; the engine sees its `fire` and its operands."""

    def __init__(self, name: str, opcode: Opcode, *operands: str) -> None:
        super().__init__(
            name, opcode, latency=Latency.fixed(1), operands=operands, has_result=False
        )

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return Const(0)


class Configure(_Command):
    """Set a register."""

    def __init__(self) -> None:
        super().__init__("configure", Opcode(0), "number", "value")

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.configure(in0, in1)
        return 0


class Seek(_Command):
    """Choose the local memory and the place in it where writes begin."""

    def __init__(self) -> None:
        super().__init__("seek", Opcode(1), "target", "index")

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.seek(in0, in1)
        return 0


class Push(_Command):
    """Write two words."""

    def __init__(self) -> None:
        super().__init__("push", Opcode(2), "word0", "word1")

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.write(in0)
        state.write(in1)
        return 0


class PushBytes(_Command):
    """Write the first 1 to 4 bytes of a word; to other targets than inputs, all of it."""

    def __init__(self) -> None:
        super().__init__("push_bytes", Opcode(3), "word", "count")

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.write(in0, in1 & 3 or 4)
        return 0


class Fill(_Command):
    """Write a number of bytes of a repeated word, four in a cycle."""

    def __init__(self, count_bits: int) -> None:
        super().__init__("fill", Opcode(4), "word", "bytes")
        self._mask = (1 << count_bits) - 1

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.fill(in0, in1 & self._mask)
        return 0


class Run(_Command):
    """Begin to compute the configured block."""

    def __init__(self) -> None:
        super().__init__("run", Opcode(5))

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.run()
        return 0


class Read(Instruction):
    """Return the next word of results, when it is there; 0 if none will come.

    The engine drives `value`.
    """

    def __init__(self) -> None:
        super().__init__("read", Opcode(6), latency=Latency.fixed(1), operands=())
        self.value = Signal(32)

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return self.value

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        return state.read()


class Wait(_Command):
    """Wait until everything begun is done."""

    def __init__(self) -> None:
        super().__init__("wait", Opcode(7))

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        return 0


class Fetch(_Command):
    """Begin to write a number of bytes of main memory, from any address on."""

    def __init__(self, count_bits: int) -> None:
        super().__init__("fetch", Opcode(0, 1), "address", "bytes")
        self._mask = (1 << count_bits) - 1

    def model(self, state: ArrayModel, in0: int, in1: int) -> int:
        state.fetch(in0, in1 & self._mask)
        return 0
