"""Commands and stalls for a CFU, random or as it wants them, cycle by cycle.

Independent of the simulator, which calls `BusDriver.drive` before and `BusDriver.observe` after
the combinational logic of each cycle settles.
"""

from __future__ import annotations

__all__ = ["BusDriver", "BusInputs", "BusOutputs", "StimulusPlan", "make_plan"]

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateware.coverage import CORNERS
from gateware.spec import CfuSpec
from toolchain import PlaygroundError

_UNKNOWN_SHARE = 0.05


@dataclass(frozen=True)
class StimulusPlan:
    """Which commands to send; the same plan always makes the same stimulus.

    Attributes
    ----------
    function_ids
        Ids of the CFU's instructions.
    commands
        How many commands to send.
    seed
        Of everything random.
    mixes_unknown
        Whether ids that no instruction has come in between; if not, they come at the end.
    patience_cycles
        After how many cycles without progress, with `rsp.ready` high, to give up.
    script
        The commands one by one, each of function id and two operands, 0 to 2**32 - 1. If None,
        they are made up, of random instructions and operands.
    has_memory
        Whether there is memory at the CFU's port.
    """

    function_ids: tuple[int, ...]
    commands: int
    seed: int
    mixes_unknown: bool = True
    patience_cycles: int = 1000
    script: tuple[tuple[int, int, int], ...] | None = None
    has_memory: bool = False

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> StimulusPlan:
        """Return the plan whose `dataclasses.asdict` has been through JSON."""
        script = values["script"]
        return cls(
            **{
                **values,
                "function_ids": tuple(values["function_ids"]),
                "script": None if script is None else tuple((i, a, b) for i, a, b in script),
            }
        )


def make_plan(
    spec: CfuSpec,
    *,
    commands: int,
    seed: int,
    mixes_unknown: bool = True,
    patience_cycles: int = 1000,
    wanted: Iterable[tuple[str, int, int]] | None = None,
) -> StimulusPlan:
    """Return the plan of a check.

    Parameters
    ----------
    spec
        Whose instructions to send.
    patience_cycles
        For how long a command may wait to be accepted; time to answer is added.
    wanted
        What `Cfu.stimulus` returned. Ids that no instruction has are put in between or at the
        end, as `mixes_unknown` says.

    Raises
    ------
    PlaygroundError
        If `wanted` names an instruction that the CFU does not have.
    """
    ids = {i.name: i.function_id for i in spec.instructions}
    patience = patience_cycles + 4 * max((i.latency.maximum for i in spec.instructions), default=0)
    script: tuple[tuple[int, int, int], ...] | None = None
    if wanted is not None:
        script = _script(ids, wanted, random.Random(seed), mixes_unknown=mixes_unknown)
        commands = len(script)
    return StimulusPlan(
        tuple(ids.values()),
        commands,
        seed,
        mixes_unknown=mixes_unknown,
        patience_cycles=patience,
        script=script,
        has_memory=spec.memory_port,
    )


def _script(
    ids: dict[str, int],
    wanted: Iterable[tuple[str, int, int]],
    randomness: random.Random,
    *,
    mixes_unknown: bool,
) -> tuple[tuple[int, int, int], ...]:
    known = tuple(ids.values())
    operands = _Operands(randomness)
    script: list[tuple[int, int, int]] = []
    for name, in0, in1 in wanted:
        if name not in ids:
            raise PlaygroundError(
                f"the stimulus has a command `{name}`, which is no instruction of the CFU",
                hint=f"its instructions are {', '.join(ids) or 'none'}",
            )
        if mixes_unknown and randomness.random() < _UNKNOWN_SHARE:
            script.append(operands.of(_unknown_id(known, randomness)))
        script.append((ids[name], in0 & 0xFFFFFFFF, in1 & 0xFFFFFFFF))
    if not mixes_unknown:
        script += [
            operands.of(_unknown_id(known, randomness))
            for _ in range(max(int(len(script) * _UNKNOWN_SHARE), 1))
        ]
    return tuple(script)


def _unknown_id(known: tuple[int, ...], randomness: random.Random) -> int:
    function_id = randomness.getrandbits(10)
    while function_id in known and len(known) < 1024:
        function_id = randomness.getrandbits(10)
    return function_id


class _Operands:
    """Random operands, among them every corner of each operand of each instruction in turn."""

    def __init__(self, randomness: random.Random) -> None:
        self._random = randomness
        self._corners: dict[tuple[int, int], list[int]] = {}

    def of(self, function_id: int) -> tuple[int, int, int]:
        """Return a command: the id and two operands."""
        return function_id, self._operand(function_id, 0), self._operand(function_id, 1)

    def _operand(self, function_id: int, place: int) -> int:
        kind = self._random.randrange(4)
        if kind == 0:
            corners = self._corners.setdefault((function_id, place), [])
            if not corners:
                corners += self._random.sample(CORNERS, len(CORNERS))
            return corners.pop()
        if kind == 1:
            return self._random.randrange(-64, 64) & 0xFFFFFFFF
        return self._random.getrandbits(32)


class BusInputs(NamedTuple):
    """What the CPU's side drives in a cycle."""

    cmd_valid: int
    function_id: int
    in0: int
    in1: int
    rsp_ready: int


class BusOutputs(NamedTuple):
    """What the CFU's side drives in a cycle."""

    cmd_ready: int
    rsp_valid: int
    result: int


class BusDriver:
    """The CPU's side: sends commands and takes responses, with random pauses in both.

    Pauses come in phases of some dozen cycles: none, some, or many, on each side.
    """

    def __init__(self, plan: StimulusPlan) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._operands = _Operands(self._random)
        self._sent = 0
        self._unanswered = 0
        self._idle_cycles = 0
        self._phase_ends = 0
        self._cycle = 0
        self._chances = (1.0, 1.0)
        self._command: tuple[int, int, int] | None = None
        self._inputs = BusInputs(0, 0, 0, 0, 0)

    @property
    def is_done(self) -> bool:
        """Whether every command is sent and answered, or the CFU is stuck."""
        return self.is_stuck or (
            self._sent == self._plan.commands and not self._unanswered and self._command is None
        )

    @property
    def is_stuck(self) -> bool:
        """Whether the CFU made no progress for too long."""
        return self._idle_cycles > self._plan.patience_cycles

    def drive(self) -> BusInputs:
        """Return the inputs of the next cycle."""
        if self._cycle >= self._phase_ends:
            self._phase_ends = self._cycle + self._random.randrange(8, 64)
            self._chances = (self._chance(), self._chance())
        self._cycle += 1
        if (
            self._command is None
            and self._sent < self._plan.commands
            and self._random.random() < self._chances[0]
        ):
            self._command = self._next_command()
        ready = self._random.random() < self._chances[1]
        if self._command is None:
            # Payload without valid means nothing, so it is anything.
            self._inputs = BusInputs(0, self._random.getrandbits(10), 0, 0, int(ready))
        else:
            self._inputs = BusInputs(1, *self._command, int(ready))
        return self._inputs

    def observe(self, outputs: BusOutputs) -> None:
        """Take note of what the CFU drove in the cycle."""
        accepted = bool(self._inputs.cmd_valid and outputs.cmd_ready)
        answered = bool(self._inputs.rsp_ready and outputs.rsp_valid)
        if accepted:
            self._sent += 1
            self._command = None
        self._unanswered += accepted - answered
        waits = self._inputs.cmd_valid or self._unanswered
        if accepted or answered or not waits:
            self._idle_cycles = 0
        elif self._inputs.rsp_ready:
            self._idle_cycles += 1

    def _chance(self) -> float:
        return self._random.choice((1.0, 1.0, 0.5, 0.15))

    def _next_command(self) -> tuple[int, int, int]:
        plan = self._plan
        if plan.script is not None:
            return plan.script[self._sent]
        if plan.mixes_unknown:
            unknown = self._random.random() < _UNKNOWN_SHARE
        else:
            unknown = self._sent >= plan.commands - max(plan.commands // 20, 1)
        if plan.function_ids and not unknown:
            function_id = self._random.choice(plan.function_ids)
        else:
            function_id = _unknown_id(plan.function_ids, self._random)
        return self._operands.of(function_id)
