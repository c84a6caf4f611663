"""Check any CFU against its model, with random data and random stalls on both sides."""

from __future__ import annotations

__all__ = ["CheckReport", "check_cfu", "check_in_amaranth", "check_in_verilator", "plan_for"]

from dataclasses import fields, replace
from pathlib import Path
from random import Random
from typing import Any

from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

from gateware.bus_monitor import BusMonitor, CheckReport
from gateware.cfu import Cfu
from gateware.cocotb_run import run_under_cocotb
from gateware.load import load_cfu, load_model, make_cfu
from gateware.memory_bench import MemoryBench, memory_of
from gateware.memory_responder import MemoryRequest
from gateware.model import CfuModel, Model
from gateware.spec import CfuArtifact
from gateware.stimulus import BusDriver, BusOutputs, StimulusPlan, make_plan
from gateware.user_code import user_errors
from toolchain import ArtifactCache, PlaygroundError

_COMMANDS_OF_EACH = 80  # of which a quarter has one of ten corners in an operand


def check_in_amaranth(cfu: Cfu, *, commands: int = 1000, seed: int = 0) -> CheckReport:
    """Drive a CFU in Amaranth's simulator and compare it with its model.

    Parameters
    ----------
    cfu
        Not elaborated yet; it cannot be used again.
    commands
        How many commands to send, unless the CFU's `stimulus` says which.
    seed
        Of the commands and the stalls.

    Raises
    ------
    PlaygroundError
        If the CFU does not elaborate, or its `stimulus` has a fault.
    """
    plan = plan_for(cfu, commands=commands, seed=seed)
    driver = BusDriver(plan)
    monitor = BusMonitor(cfu.spec, _model(cfu), answers_zero=True)
    memory = MemoryBench(plan) if plan.has_memory else None

    async def bench(context: Any) -> None:
        cmd, rsp = cfu.bus.cmd, cfu.bus.rsp
        while not (driver.is_done and (memory is None or memory.is_done or driver.is_stuck)):
            inputs = driver.drive()
            context.set(cmd.valid, inputs.cmd_valid)
            context.set(cmd.payload.function_id, inputs.function_id)
            context.set(cmd.payload.operands.in0, inputs.in0)
            context.set(cmd.payload.operands.in1, inputs.in1)
            context.set(rsp.ready, inputs.rsp_ready)
            waits = False
            if memory is not None:
                answer = memory.respond()
                context.set(cfu.memory.ack, answer.ack)
                context.set(cfu.memory.err, answer.err)
                context.set(cfu.memory.dat_r, answer.dat_r)
                request = _request(context, cfu)
                memory.observe(request, is_late=driver.is_done)
                waits = request.waits_for(answer)
            outputs = BusOutputs(
                context.get(cmd.ready), context.get(rsp.valid), context.get(rsp.payload)
            )
            driver.observe(outputs)
            monitor.observe(inputs, outputs, memory_waits=waits)
            await context.tick()

    with user_errors(f"CFU `{cfu.spec.name}` cannot be simulated"):
        simulator = Simulator(_with_clock(cfu))
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
    return monitor.report(
        "amaranth",
        seed,
        is_stuck=driver.is_stuck,
        memory=memory.outcome() if memory is not None else None,
    )


def check_in_verilator(
    artifact: CfuArtifact,
    model: Model | None,
    plan: StimulusPlan,
    *,
    cache: ArtifactCache | None = None,
    answers_zero: bool = True,
) -> CheckReport:
    """Drive a CFU's Verilog in cocotb and Verilator and compare it with a model.

    Parameters
    ----------
    model
        In its state after reset. If None, only the protocol and the latencies are checked.
    plan
        What to send: `plan_for` a CFU in Amaranth, or `gateware.stimulus.make_plan`.
    answers_zero
        Whether function ids that no instruction has must be answered with 0; if not, they must
        just be answered.

    Raises
    ------
    ToolFailed
        If Verilator rejects the Verilog or the simulation breaks off.
    """
    trace = run_under_cocotb(artifact, plan, cache=cache or ArtifactCache.default())
    monitor = BusMonitor(artifact.spec, model, answers_zero=answers_zero)
    for inputs, outputs, waits in trace.cycles:
        monitor.observe(inputs, outputs, memory_waits=waits)
    return monitor.report("verilator", plan.seed, is_stuck=trace.is_stuck, memory=trace.memory)


def check_cfu(
    reference: str,
    *,
    directory: Path,
    commands: int = 1000,
    seed: int = 0,
    cache: ArtifactCache | None = None,
) -> tuple[CheckReport, ...]:
    """Check the CFU of a reference in every simulator that can run it.

    Parameters
    ----------
    reference, directory
        As in `gateware.load_cfu`.
    commands
        How many to send, or more if there are so many instructions that it takes more for each to
        be sent every corner of its operands.

    Returns
    -------
    tuple of CheckReport
        A CFU in Amaranth has two, of Amaranth's simulator and of its Verilog; a CFU in Verilog
        has one. What is wrong with the CFU is in the reports, and that an instruction was never
        sent.

    Raises
    ------
    PlaygroundError
        If the CFU cannot be loaded, or a tool fails.
    """
    artifact = load_cfu(reference, directory=directory)
    commands = max(commands, _COMMANDS_OF_EACH * len(artifact.spec.instructions))
    cache = cache or ArtifactCache.default()
    cfu = make_cfu(reference, directory=directory)
    if cfu is None:
        model = load_model(reference, directory=directory)
        # What ids that no instruction has do to the state is not known: they come last.
        plan = _verilog_plan(artifact, model, commands=commands, seed=seed)
        report = check_in_verilator(artifact, model, plan, cache=cache, answers_zero=False)
        return (_covering(report),)
    plan = plan_for(cfu, commands=commands, seed=seed)
    verilated = check_in_verilator(artifact, _model(cfu), plan, cache=cache)
    amaranth = check_in_amaranth(cfu, commands=commands, seed=seed)
    return _covering(amaranth), _covering(verilated)


def _covering(report: CheckReport) -> CheckReport:
    """Return a report that fails if there is an instruction of which it says nothing."""
    if not report.passed or not report.never_sent:
        return report
    names = ", ".join(f"`{name}`" for name in report.never_sent)
    return replace(report, failures=(f"no command is {names}: nothing is known of it",))


def plan_for(cfu: Cfu, *, commands: int = 1000, seed: int = 0) -> StimulusPlan:
    """Return the commands and stalls to check a CFU in Amaranth with.

    Raises
    ------
    PlaygroundError
        If the CFU's `stimulus` raises, or names an instruction that the CFU does not have.
    """
    with user_errors(f"the stimulus of CFU `{cfu.spec.name}` cannot be made"):
        wanted = cfu.stimulus(Random(seed), commands)
        return make_plan(
            cfu.spec,
            commands=commands,
            seed=seed,
            patience_cycles=cfu.patience_cycles,
            wanted=wanted,
        )


def _verilog_plan(
    artifact: CfuArtifact, model: Model | None, *, commands: int, seed: int
) -> StimulusPlan:
    """Return what to check a CFU in Verilog with; its model may say so as `Cfu` does."""
    stimulus = getattr(model, "stimulus", None)
    with user_errors(f"the stimulus of CFU `{artifact.spec.name}` cannot be made"):
        return make_plan(
            artifact.spec,
            commands=commands,
            seed=seed,
            mixes_unknown=False,
            patience_cycles=getattr(model, "patience_cycles", Cfu.patience_cycles),
            wanted=stimulus(Random(seed), commands) if callable(stimulus) else None,
        )


def _model(cfu: Cfu) -> CfuModel:
    """Return a CFU's model, whose memory is one that can be compared."""
    with user_errors(f"the model of CFU `{cfu.spec.name}` cannot be made"):
        model = cfu.model()
    if cfu.spec.memory_port and memory_of(model) is None:
        raise PlaygroundError(
            f"the state of CFU `{cfu.spec.name}` has no memory although there is a memory port",
            hint="what its `initial_state` returns needs an attribute `memory`, a new "
            "gateware.memory_port.SparseMemory",
        )
    return model


def _request(context: Any, cfu: Cfu) -> MemoryRequest:
    names = (field.name for field in fields(MemoryRequest))
    return MemoryRequest(*(context.get(getattr(cfu.memory, name)) for name in names))


def _with_clock(cfu: Cfu) -> Module:
    # A CFU without registers has no clock domain of its own.
    m = Module()
    m.domains += ClockDomain("sync")
    m.submodules.cfu = cfu
    return m
