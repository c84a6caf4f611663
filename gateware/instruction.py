"""One operation of a custom function unit."""

from __future__ import annotations

__all__ = ["Instruction"]

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amaranth.hdl import Module, Signal, Value, ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.bus import Operands
from gateware.latency import Latency
from gateware.opcode import Opcode
from gateware.spec import InstructionSpec


class Instruction(wiring.Component):
    """One operation: hardware, its opcode, its latency and a Python model of what it computes.

    A subclass describes the hardware in one of two ways.

    - `compute` returns the result as an Amaranth value of the operands; the handshake and, for
      a fixed latency, the pipeline registers come from this class.
    - `elaborate` implements the streams itself. A variable latency needs this.

    Instructions that share state (an accumulator) are given the same object that holds its
    registers, and change it in the cycle in which `fire` is high.

    Parameters
    ----------
    name
        A C identifier in lower case; the C++ function is named so.
    opcode
        Where the instruction sits; unique in its CFU.
    latency
        When it answers. One cycle is the fastest on VexRiscv; see `gateware.bus`.
    operands
        Names of the operands used, none to two; C++ asks for no others.
    has_result
        Whether the response means anything. If not, it is 0 and the C++ function is void.
    summary
        One line for listings and the C++ header.

    Members
    -------
    cmd : `In(stream.Signature(Operands))`
    rsp : `Out(stream.Signature(32))`

    Attributes
    ----------
    fire : Signal, out
        High in the cycle in which a command is accepted.
    hold : Signal, in
        While high, `compute`'s handshake accepts no command. Low unless it is driven.

    Raises
    ------
    ValueError
        If the name is no identifier, or there are more than two operands.
    """

    _MustUse__silence = True  # see gateware.hardware: often just the description is wanted

    def __init__(
        self,
        name: str,
        opcode: Opcode,
        *,
        latency: Latency,
        operands: Sequence[str] = ("in0", "in1"),
        has_result: bool = True,
        summary: str = "",
    ) -> None:
        self.spec = InstructionSpec(
            name,
            opcode.funct3,
            opcode.funct7,
            latency,
            summary=summary or _first_line(type(self).__doc__),
            operands=tuple(operands),
            has_result=has_result,
        )
        self.name = name
        self.opcode = opcode
        self.latency = latency
        self.fire = Signal(name=f"{name}_fire")
        self.hold = Signal(name=f"{name}_hold")
        super().__init__({"cmd": In(stream.Signature(Operands)), "rsp": Out(stream.Signature(32))})

    def model(self, state: Any, in0: int, in1: int) -> int:
        """Compute in Python what the hardware does.

        Parameters
        ----------
        state
            What the CFU's `initial_state` returned, shared by its instructions; change it here.
        in0, in1
            The operands, 0 to 2**32 - 1.

        Returns
        -------
        int
            The result, of which the lower 32 bits count.
        """
        raise NotImplementedError(f"instruction `{self.name}` has no model()")

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        """Return the result as a value of the operands in the cycle of the command.

        Statements added to `m` that change state belong under `m.If(self.fire)`.
        """
        raise NotImplementedError(
            f"instruction `{self.name}` has neither compute() nor elaborate()"
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        result = self._computed(m)
        m.d.comb += self.fire.eq(self.cmd.valid & self.cmd.ready)
        if self.latency.is_combinational:
            m.d.comb += [
                self.cmd.ready.eq(self.rsp.ready & ~self.hold),
                self.rsp.valid.eq(self.cmd.valid & ~self.hold),
                self.rsp.payload.eq(result),
            ]
        elif self.latency.is_fixed:
            self._elaborate_pipeline(m, result)
        else:
            raise TypeError(
                f"instruction `{self.name}` has a variable latency, so it must define elaborate()"
            )
        return m

    def _computed(self, m: Module) -> Value:
        """Return what `compute` does, refused if it is no value, which nothing of it would tell."""
        result = self.compute(m, self.cmd.payload.in0, self.cmd.payload.in1)
        try:
            return Value.cast(result)
        except TypeError as error:
            code = getattr(self.compute, "__code__", None)
            place = (
                f" in `{Path(code.co_filename).name}` line {code.co_firstlineno}" if code else ""
            )
            raise TypeError(
                f"compute() of instruction `{self.name}`{place} returns {result!r}, which is no "
                "value of Amaranth"
            ) from error

    def _elaborate_pipeline(self, m: Module, result: ValueLike) -> None:
        advance = Signal()
        m.d.comb += [
            advance.eq(self.rsp.ready | ~self.rsp.valid),
            self.cmd.ready.eq(advance & ~self.hold),
        ]
        valid: ValueLike = self.fire
        for stage in range(self.latency.maximum):
            valid_register = Signal(name=f"valid_{stage}")
            result_register = Signal(32, name=f"result_{stage}")
            with m.If(advance):
                m.d.sync += [valid_register.eq(valid), result_register.eq(result)]
            valid, result = valid_register, result_register
        m.d.comb += [self.rsp.valid.eq(valid), self.rsp.payload.eq(result)]


def _first_line(docstring: str | None) -> str:
    if docstring is None or docstring is Instruction.__doc__:
        return ""
    return docstring.strip().partition("\n")[0].rstrip(".")
