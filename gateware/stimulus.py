"""Random commands and stalls for a CFU, and the checks of its bus, cycle by cycle.

Independent of the simulator, which calls `BusDriver.drive` before and `BusDriver.observe` after
the combinational logic of each cycle settles.
"""

from __future__ import annotations

__all__ = ["BusDriver", "BusInputs", "BusMonitor", "BusOutputs", "CheckReport", "StimulusPlan"]

import random
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateware.model import Model
from gateware.spec import CfuSpec

UNKNOWN = "(unknown)"
_CORNERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x80808080, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_FEW_FAILURES = 10


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
    """

    function_ids: tuple[int, ...]
    commands: int
    seed: int
    mixes_unknown: bool = True
    patience_cycles: int = 1000


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
            self._command = (self._function_id(), self._operand(), self._operand())
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

    def _function_id(self) -> int:
        plan = self._plan
        if plan.mixes_unknown:
            unknown = self._random.random() < 0.05
        else:
            unknown = self._sent >= plan.commands - max(plan.commands // 20, 1)
        if plan.function_ids and not unknown:
            return self._random.choice(plan.function_ids)
        function_id = self._random.getrandbits(10)
        while function_id in plan.function_ids and len(plan.function_ids) < 1024:
            function_id = self._random.getrandbits(10)
        return function_id

    def _operand(self) -> int:
        kind = self._random.randrange(4)
        if kind == 0:
            return self._random.choice(_CORNERS)
        if kind == 1:
            return self._random.randrange(-64, 64) & 0xFFFFFFFF
        return self._random.getrandbits(32)


@dataclass(frozen=True)
class CheckReport:
    """Outcome of driving a CFU with random commands.

    Attributes
    ----------
    simulator
        "amaranth" or "verilator".
    seed
        With which the run repeats itself.
    commands
        Commands answered.
    cycles
        Clock cycles simulated.
    command_stalls, response_stalls
        Cycles in which a command waited for the CFU, and a response for the CPU's side.
    coverage
        Commands by instruction name; "(unknown)" counts ids that no instruction has.
    has_model
        Whether results were compared with a model.
    failures
        What went wrong, one sentence each, the first ones only; empty if nothing did.
    """

    simulator: str
    seed: int
    commands: int
    cycles: int
    command_stalls: int
    response_stalls: int
    coverage: Mapping[str, int]
    has_model: bool
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""
        return not self.failures


@dataclass
class _Pending:
    label: str
    function_id: int
    operands: tuple[int, int]
    accepted: int
    is_measured: bool
    expected: int | None
    first_valid: int | None = None


class BusMonitor:
    """Checks every cycle of the bus against the protocol, the latencies and the model.

    Parameters
    ----------
    spec
        The instructions, whose latencies are checked.
    model
        In its state after reset; None checks the protocol only.
    answers_zero
        Whether an unknown id must be answered with 0; else it just must be answered.
    """

    def __init__(self, spec: CfuSpec, model: Model | None, *, answers_zero: bool) -> None:
        self._spec = spec
        self._model = model
        self._answers_zero = answers_zero
        self._pending: deque[_Pending] = deque()
        self._held_response: int | None = None
        self._cycle = 0
        self._answered = 0
        self._stalls = [0, 0]
        self._coverage: Counter[str] = Counter()
        self._failures: list[str] = []

    def observe(self, inputs: BusInputs, outputs: BusOutputs) -> None:
        """Check one cycle after reset; cycles follow each other."""
        response_waits = bool(outputs.rsp_valid and not inputs.rsp_ready)
        self._check_stable(outputs)
        accepted = inputs.cmd_valid and outputs.cmd_ready
        if accepted:
            self._accept(inputs, is_leaving=bool(outputs.rsp_valid and inputs.rsp_ready))
        if outputs.rsp_valid and not (response_waits and self._is_offered_early(inputs)):
            self._respond(outputs.result, is_taken=not response_waits)
        if response_waits:
            for pending in self._pending:
                if pending.first_valid is None:
                    pending.is_measured = False
        self._held_response = outputs.result if response_waits else None
        self._stalls[0] += bool(inputs.cmd_valid and not outputs.cmd_ready)
        self._stalls[1] += response_waits
        self._cycle += 1

    def report(self, simulator: str, seed: int, *, is_stuck: bool) -> CheckReport:
        """Return the outcome after the last cycle."""
        failures = list(self._failures)
        if is_stuck and self._pending:
            oldest = self._pending[0]
            failures.insert(
                0, f"`{oldest.label}` accepted in cycle {oldest.accepted} is never answered"
            )
        elif is_stuck:
            failures.insert(0, "a command is never accepted although every earlier one is answered")
        coverage = {i.name: self._coverage[i.name] for i in self._spec.instructions}
        if self._coverage[UNKNOWN]:
            coverage[UNKNOWN] = self._coverage[UNKNOWN]
        return CheckReport(
            simulator,
            seed,
            self._answered,
            self._cycle,
            self._stalls[0],
            self._stalls[1],
            coverage,
            self._model is not None,
            tuple(failures[:_FEW_FAILURES]),
        )

    def _fail(self, text: str) -> None:
        self._failures.append(f"cycle {self._cycle}: {text}")

    def _check_stable(self, outputs: BusOutputs) -> None:
        if self._held_response is None:
            return
        if not outputs.rsp_valid:
            self._fail("rsp_valid fell before the response was taken")
        elif outputs.result != self._held_response:
            self._fail(
                f"the response changed from {self._held_response:#x} to {outputs.result:#x} "
                "before it was taken"
            )

    def _is_offered_early(self, inputs: BusInputs) -> bool:
        """Tell whether a response may be that to a command which waits to be accepted with it."""
        instruction = self._spec.find(inputs.function_id)
        return (
            not self._pending
            and bool(inputs.cmd_valid)
            and instruction is not None
            and instruction.latency.is_combinational
        )

    def _accept(self, inputs: BusInputs, *, is_leaving: bool) -> None:
        instruction = self._spec.find(inputs.function_id)
        label = instruction.name if instruction else UNKNOWN
        self._coverage[label] += 1
        expected: int | None = None
        if instruction is None:
            expected = 0 if self._answers_zero else None
        elif self._model is not None:
            try:
                expected = self._model.execute(inputs.function_id, inputs.in0, inputs.in1)
            except Exception as error:
                self._fail(f"the model of `{label}` raised {type(error).__name__}: {error}")
        is_alone = not self._pending or (len(self._pending) == 1 and is_leaving)
        self._pending.append(
            _Pending(
                label,
                inputs.function_id,
                (inputs.in0, inputs.in1),
                self._cycle,
                is_alone and instruction is not None,
                expected,
            )
        )

    def _respond(self, result: int, *, is_taken: bool) -> None:
        if not self._pending:
            self._fail("a response without a command")
            return
        pending = self._pending[0]
        if pending.first_valid is None:
            pending.first_valid = self._cycle
            self._check_latency(pending)
            if pending.expected is not None and result != pending.expected:
                in0, in1 = pending.operands
                self._fail(
                    f"`{pending.label}` (id {pending.function_id}) of {in0:#010x} and {in1:#010x} "
                    f"answered {result:#010x}, expected {pending.expected:#010x}"
                )
        if is_taken:
            self._pending.popleft()
            self._answered += 1

    def _check_latency(self, pending: _Pending) -> None:
        instruction = self._spec.find(pending.function_id)
        if instruction is None or not pending.is_measured or pending.first_valid is None:
            return
        cycles = pending.first_valid - pending.accepted
        if not instruction.latency.minimum <= cycles <= instruction.latency.maximum:
            self._fail(
                f"`{pending.label}` answered after {cycles} cycle(s); "
                f"it promises {instruction.latency}"
            )
