"""What a check says of a CFU's bus, cycle by cycle, and in the end."""

from __future__ import annotations

__all__ = ["BusMonitor", "CheckReport"]

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateware.coverage import UNKNOWN, CommandCoverage
from gateware.memory_bench import MemoryOutcome, compare_memories, memory_of
from gateware.model import Model
from gateware.spec import CfuSpec
from gateware.stimulus import BusInputs, BusOutputs
from gateware.user_code import described_error

_FEW_FAILURES = 10


@dataclass(frozen=True)
class CheckReport:
    """Outcome of driving a CFU with random commands.

    Attributes
    ----------
    simulator
        "amaranth", "verilator", or "soc" for commands that firmware sent.
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
    transfers
        Words read and written through the CFU's memory port.
    corners
        Which of `gateware.coverage.CORNERS` were sent, by name of instruction and of operand.
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
    transfers: int = 0
    corners: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""
        return not self.failures

    @property
    def never_sent(self) -> tuple[str, ...]:
        """Names of the instructions that were not driven at all."""
        return tuple(name for name, count in self.coverage.items() if not count)


@dataclass
class _Pending:
    label: str
    function_id: int
    operands: tuple[int, int]
    accepted: int
    is_behind: bool
    begun: int  # when it may be worked on: when accepted, or when the one before it left
    waits_before: int  # of memory, until then
    expected: int | None
    is_offered: bool = False


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
        self._held_command: tuple[int, int, int] | None = None
        self._held_response: int | None = None
        self._cycle = 0
        self._memory_waits = 0
        self._answered = 0
        self._stalls = [0, 0]
        self._coverage = CommandCoverage(spec)
        self._failures: list[str] = []

    def observe(
        self, inputs: BusInputs, outputs: BusOutputs, *, memory_waits: bool = False
    ) -> None:
        """Check one cycle after reset; cycles follow each other.

        Parameters
        ----------
        memory_waits
            Whether memory keeps the CFU waiting, which does not count against a latency's maximum.
        """
        response_waits = bool(outputs.rsp_valid and not inputs.rsp_ready)
        self._check_stable(inputs, outputs)
        accepted = inputs.cmd_valid and outputs.cmd_ready
        self._memory_waits += memory_waits
        if accepted:
            self._accept(inputs, is_leaving=bool(outputs.rsp_valid and inputs.rsp_ready))
        if outputs.rsp_valid and not (response_waits and self._is_offered_early(inputs)):
            self._respond(outputs.result, is_taken=not response_waits, waits_now=memory_waits)
        self._held_response = outputs.result if response_waits else None
        command_waits = inputs.cmd_valid and not outputs.cmd_ready
        self._held_command = _command(inputs) if command_waits else None
        self._stalls[0] += bool(command_waits)
        self._stalls[1] += response_waits
        self._cycle += 1

    def skip(self, cycles: int, *, memory_waits: int = 0) -> None:
        """Pass over cycles without command and response, of which the first one was observed."""
        self._cycle += cycles
        self._memory_waits += memory_waits

    def report(
        self, simulator: str, seed: int, *, is_stuck: bool, memory: MemoryOutcome | None = None
    ) -> CheckReport:
        """Return the outcome after the last cycle."""
        failures = list(self._failures)
        if is_stuck and self._pending:
            oldest = self._pending[0]
            failures.insert(
                0, f"`{oldest.label}` accepted in cycle {oldest.accepted} is never answered"
            )
        elif is_stuck:
            failures.insert(0, "a command is never accepted although every earlier one is answered")
        if memory is not None:
            failures[:0] = memory.problems  # they explain the rest
            expected = memory_of(self._model)
            if not failures and expected is not None:
                failures += compare_memories(memory.written, expected.written)
        return CheckReport(
            simulator,
            seed,
            self._answered,
            self._cycle,
            self._stalls[0],
            self._stalls[1],
            self._coverage.commands,
            self._model is not None,
            tuple(failures[:_FEW_FAILURES]),
            memory.transfers if memory is not None else 0,
            self._coverage.corners,
        )

    def _fail(self, text: str) -> None:
        self._failures.append(f"cycle {self._cycle}: {text}")

    def _check_stable(self, inputs: BusInputs, outputs: BusOutputs) -> None:
        if self._held_command is not None and not inputs.cmd_valid:
            self._fail("cmd_valid fell before the command was accepted")
        elif self._held_command not in (None, _command(inputs)):
            self._fail("the command changed before it was accepted")
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
        self._coverage.count(*_command(inputs))
        expected: int | None = None
        if instruction is None:
            expected = 0 if self._answers_zero else None
        elif self._model is not None:
            try:
                expected = self._model.execute(inputs.function_id, inputs.in0, inputs.in1)
            except Exception as error:
                self._fail(f"the model of `{label}` failed: {described_error(error)}")
        self._pending.append(
            _Pending(
                label,
                inputs.function_id,
                (inputs.in0, inputs.in1),
                self._cycle,
                is_behind=len(self._pending) > int(is_leaving),
                begun=self._cycle,
                waits_before=self._memory_waits,
                expected=expected,
            )
        )

    def _respond(self, result: int, *, is_taken: bool, waits_now: bool) -> None:
        if not self._pending:
            self._fail("a response without a command")
            return
        pending = self._pending[0]
        if not pending.is_offered:
            pending.is_offered = True
            self._check_latency(pending, waits_now=waits_now)
            if pending.expected is not None and result != pending.expected:
                in0, in1 = pending.operands
                self._fail(
                    f"`{pending.label}` (id {pending.function_id}) of {in0:#010x} and {in1:#010x} "
                    f"answered {result:#010x}, expected {pending.expected:#010x}"
                )
        if is_taken:
            self._pending.popleft()
            self._answered += 1
            if self._pending and self._pending[0].is_behind:
                self._pending[0].begun = self._cycle
                self._pending[0].waits_before = self._memory_waits

    def _check_latency(self, pending: _Pending, *, waits_now: bool) -> None:
        instruction = self._spec.find(pending.function_id)
        if instruction is None:
            return
        latency = instruction.latency
        waits = self._memory_waits - waits_now - pending.waits_before
        cycles = self._cycle - pending.accepted
        if pending.is_behind:
            since = self._cycle - pending.begun
            # When the one before it has left, it may begin.
            if cycles < latency.minimum or since - max(waits, 0) > latency.maximum + 1:
                self._fail(
                    f"`{pending.label}` answered after {cycles} cycle(s), {since} after the one "
                    f"before it; it promises {latency}"
                )
        elif cycles < latency.minimum or cycles - max(waits, 0) > latency.maximum:
            memory = f", {waits} of them waiting for memory" if waits > 0 else ""
            self._fail(
                f"`{pending.label}` answered after {cycles} cycle(s){memory}; it promises {latency}"
            )


def _command(inputs: BusInputs) -> tuple[int, int, int]:
    return inputs.function_id, inputs.in0, inputs.in1
