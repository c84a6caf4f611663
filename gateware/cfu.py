"""A custom function unit: instructions behind one bus."""

from __future__ import annotations

__all__ = ["Cfu"]

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from amaranth.hdl import Const, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.bus import CfuBus
from gateware.hardware import expect_unused
from gateware.instruction import Instruction
from gateware.memory_port import MemoryPort
from gateware.model import CfuModel
from gateware.parameter import Choice
from gateware.scratchpad_port import ScratchpadPort
from gateware.spec import CfuSpec


class Cfu(wiring.Component):
    """Dispatch the CPU's commands among instructions and return their results in order.

    Commands take effect one after the other. Different instructions never overlap: a command is
    accepted when all the earlier ones are answered, or in the cycle in which the last answer
    leaves, so that instructions of latency 1 follow each other at one a cycle. Commands of one
    instruction of fixed latency overlap in its pipeline. A function id that no instruction has is
    answered with 0 after one cycle.

    A subclass takes no arguments of its own (or only optional ones), makes the instructions and
    what they share, and passes them on. It overrides `initial_state` if there is state. What
    `parameters` declares of its arguments can be given after its name, and is searched by
    `cfu explore`::

        class MyCfu(Cfu):
            parameters = {"lanes": Choice(1, 2, 4)}

            def __init__(self, *, lanes: int = 4) -> None: ...

    Parameters
    ----------
    instructions
        In any order; opcodes and names must differ.
    name
        Shown to the user; by default the class's name.
    parts
        Hardware that the instructions share, by the name of the submodule.
    constants
        Sizes that kernels adapt to: `{"input_bytes": 4096}` is `cfu::kInputBytes` in C++.
    memory_port
        Whether the CFU reads and writes memory by itself. A subclass then overrides `elaborate` to
        connect `memory`, and the state that `initial_state` returns has a
        `gateware.memory_port.MemoryModel` as its attribute `memory`.
    scratchpad_bytes
        Size of the memory that CFU and CPU share, a power of two, or 0. A subclass connects
        `scratchpad` as it does `memory`, most easily to a `gateware.parts.scratchpad.Scratchpad`.

    Attributes
    ----------
    family : str or None
        Name of the shipped kernels it runs with, if they are not named after it.
    rung : int or None
        Its place on the ladder that `cfu bench ladder` measures; None for one that is not on it.
    teaches : str
        What this rung shows, in one line.
    peak_macs_per_cycle : float or None
        Most multiply-accumulates it can do in a cycle, for `cfu run --advise`.
    requantizes : bool
        Whether its kernels leave scaling sums to int8 to it, for the same.
    parameters : mapping of str to Choice
        Values of the constructor's keywords: `--cfu my_cfu.py:lanes=2`.
    patience_cycles : int
        For how long, in cycles, a command may wait at most for what earlier ones still do. Checks
        take a CFU that makes no progress for longer for a stuck one.

    Members
    -------
    bus : `In(CfuBus())`
    memory : `Out(MemoryPort())`
        Only with `memory_port`.
    scratchpad : `In(ScratchpadPort(scratchpad_bytes))`
        Only with `scratchpad_bytes`.

    Raises
    ------
    TypeError
        If something is no `Instruction`.
    ValueError
        If two instructions have one name or one opcode, or no scratchpad has that size.
    """

    family: ClassVar[str | None] = None
    rung: ClassVar[int | None] = None
    teaches: ClassVar[str] = ""
    peak_macs_per_cycle: float | None = None  # an instance's own, where parameters decide it
    requantizes: ClassVar[bool] = False
    parameters: ClassVar[Mapping[str, Choice]] = {}
    patience_cycles: ClassVar[int] = 1000

    _MustUse__silence = True  # as expect_unused does, also if the constructor fails

    def __init__(
        self,
        instructions: Sequence[Instruction],
        *,
        name: str | None = None,
        parts: Mapping[str, Elaboratable] | None = None,
        constants: Mapping[str, int] | None = None,
        memory_port: bool = False,
        scratchpad_bytes: int = 0,
    ) -> None:
        self.parts = dict(parts or {})
        expect_unused(*self.parts.values())
        for instruction in instructions:
            if not isinstance(instruction, Instruction):
                raise TypeError(f"a CFU is made of Instruction objects, not {instruction!r}")
        self.instructions = tuple(instructions)
        self.spec = CfuSpec(
            name or type(self).__name__,
            tuple(i.spec for i in instructions),
            tuple((constants or {}).items()),
            memory_port=memory_port,
            scratchpad_bytes=scratchpad_bytes,
        )
        members = {"bus": In(CfuBus())}
        if memory_port:
            members["memory"] = Out(MemoryPort())
        if scratchpad_bytes:
            members["scratchpad"] = In(ScratchpadPort(scratchpad_bytes))
        super().__init__(members)

    def initial_state(self) -> Any:
        """Return a new model state, as after reset, for the instructions' `model`."""
        return None

    def stimulus(self, random: Random, commands: int) -> Iterable[tuple[str, int, int]] | None:
        """Return commands to check the CFU with; None for any commands with any operands.

        A CFU overrides this if its commands make sense only in some order or with some operands.
        All of what is returned is sent, with commands in between whose ids no instruction has.

        Parameters
        ----------
        random
            The source of everything random, so that a seed repeats itself.
        commands
            About how many are wanted.

        Returns
        -------
        iterable of (str, int, int), or None
            Name of an instruction and its operands, of which the lower 32 bits count; finite.
        """
        return None

    def model(self) -> CfuModel:
        """Return a Python model of this CFU in its state after reset."""
        return CfuModel(self.instructions, self.initial_state())

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name, part in self.parts.items():
            m.submodules[name] = part
        cmd, rsp = self.bus.cmd, self.bus.rsp
        unknown_index = len(self.instructions)
        depth = max((i.latency.maximum for i in self.instructions if i.latency.is_fixed), default=1)
        answering = Signal(range(max(unknown_index + 1, 2)))
        unanswered = Signal(range(depth + 1))
        leaves = Signal()
        is_free = Signal()
        is_known = Signal()
        starts = Signal()
        m.d.comb += [
            leaves.eq((unanswered != 0) & rsp.valid & rsp.ready),
            is_free.eq((unanswered == 0) | ((unanswered == 1) & leaves)),
        ]
        for index, instruction in enumerate(self.instructions):
            m.submodules[instruction.name] = instruction
            selected = Signal(name=f"{instruction.name}_selected")
            m.d.comb += [
                selected.eq(cmd.payload.function_id == instruction.opcode.function_id),
                instruction.cmd.payload.eq(cmd.payload.operands),
            ]
            result = instruction.rsp.payload if instruction.spec.has_result else Const(0, 32)
            if instruction.latency.is_combinational:
                with m.If(selected):
                    m.d.comb += is_known.eq(1)
                with m.If(selected & (unanswered == 0)):
                    m.d.comb += [
                        instruction.cmd.valid.eq(cmd.valid),
                        cmd.ready.eq(instruction.cmd.ready),
                        rsp.valid.eq(instruction.rsp.valid),
                        rsp.payload.eq(result),
                        instruction.rsp.ready.eq(rsp.ready),
                    ]
                continue
            accepts = Signal(name=f"{instruction.name}_accepts")
            m.d.comb += accepts.eq(is_free)
            if instruction.latency.is_fixed and instruction.latency.maximum > 1:
                has_room = (unanswered < instruction.latency.maximum) | leaves
                with m.If((answering == index) & has_room):
                    m.d.comb += accepts.eq(1)
            with m.If(selected):
                m.d.comb += [
                    is_known.eq(1),
                    instruction.cmd.valid.eq(cmd.valid & accepts),
                    cmd.ready.eq(instruction.cmd.ready & accepts),
                    starts.eq(cmd.valid & cmd.ready),
                ]
                with m.If(starts):
                    m.d.sync += answering.eq(index)
            with m.If((unanswered != 0) & (answering == index)):
                m.d.comb += [
                    rsp.valid.eq(instruction.rsp.valid),
                    rsp.payload.eq(result),
                    instruction.rsp.ready.eq(rsp.ready),
                ]
        with m.If(~is_known):
            m.d.comb += [cmd.ready.eq(is_free), starts.eq(cmd.valid & cmd.ready)]
            with m.If(starts):
                m.d.sync += answering.eq(unknown_index)
        with m.If((unanswered != 0) & (answering == unknown_index)):
            m.d.comb += rsp.valid.eq(1)
        m.d.sync += unanswered.eq(unanswered + starts - leaves)
        return m
