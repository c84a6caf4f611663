"""Check any CFU against its model, with random data and random stalls on both sides."""

from __future__ import annotations

__all__ = ["CheckReport", "check_cfu", "check_in_amaranth", "check_in_verilator"]

from pathlib import Path
from typing import Any

from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

from gateware.cfu import Cfu
from gateware.cocotb_run import run_under_cocotb
from gateware.load import load_cfu, load_model, make_cfu
from gateware.model import Model
from gateware.spec import CfuArtifact, CfuSpec
from gateware.stimulus import BusDriver, BusMonitor, BusOutputs, CheckReport, StimulusPlan
from gateware.user_code import user_errors
from toolchain import ArtifactCache


def check_in_amaranth(cfu: Cfu, *, commands: int = 1000, seed: int = 0) -> CheckReport:
    """Drive a CFU in Amaranth's simulator and compare it with its model.

    Parameters
    ----------
    cfu
        Not elaborated yet; it cannot be used again.
    commands
        How many commands to send.
    seed
        Of the commands and the stalls.

    Raises
    ------
    PlaygroundError
        If the CFU does not elaborate.
    """
    plan = _plan(cfu.spec, commands=commands, seed=seed, mixes_unknown=True)
    driver = BusDriver(plan)
    monitor = BusMonitor(cfu.spec, cfu.model(), answers_zero=True)

    async def bench(context: Any) -> None:
        cmd, rsp = cfu.bus.cmd, cfu.bus.rsp
        while not driver.is_done:
            inputs = driver.drive()
            context.set(cmd.valid, inputs.cmd_valid)
            context.set(cmd.payload.function_id, inputs.function_id)
            context.set(cmd.payload.operands.in0, inputs.in0)
            context.set(cmd.payload.operands.in1, inputs.in1)
            context.set(rsp.ready, inputs.rsp_ready)
            outputs = BusOutputs(
                context.get(cmd.ready), context.get(rsp.valid), context.get(rsp.payload)
            )
            driver.observe(outputs)
            monitor.observe(inputs, outputs)
            await context.tick()

    with user_errors(f"CFU `{cfu.spec.name}` cannot be simulated"):
        simulator = Simulator(_with_clock(cfu))
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
    return monitor.report("amaranth", seed, is_stuck=driver.is_stuck)


def check_in_verilator(
    artifact: CfuArtifact,
    model: Model | None,
    *,
    commands: int = 1000,
    seed: int = 0,
    cache: ArtifactCache | None = None,
    answers_zero: bool = True,
) -> CheckReport:
    """Drive a CFU's Verilog in cocotb and Verilator and compare it with a model.

    Parameters
    ----------
    model
        In its state after reset. If None, only the protocol and the latencies are checked.
    answers_zero
        Whether function ids that no instruction has must be answered with 0, and come in between
        the others. If not, they come at the end and must just be answered.

    Raises
    ------
    ToolFailed
        If Verilator rejects the Verilog or the simulation breaks off.
    """
    plan = _plan(artifact.spec, commands=commands, seed=seed, mixes_unknown=answers_zero)
    trace = run_under_cocotb(artifact, plan, cache=cache or ArtifactCache.default())
    monitor = BusMonitor(artifact.spec, model, answers_zero=answers_zero)
    for inputs, outputs in trace.cycles:
        monitor.observe(inputs, outputs)
    return monitor.report("verilator", seed, is_stuck=trace.is_stuck)


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

    Returns
    -------
    tuple of CheckReport
        A CFU in Amaranth has two, of Amaranth's simulator and of its Verilog; a CFU in Verilog
        has one. What is wrong with the CFU is in the reports.

    Raises
    ------
    PlaygroundError
        If the CFU cannot be loaded, or a tool fails.
    """
    artifact = load_cfu(reference, directory=directory)
    model = load_model(reference, directory=directory)
    cfu = make_cfu(reference, directory=directory)
    verilated = check_in_verilator(
        artifact,
        model,
        commands=commands,
        seed=seed,
        cache=cache,
        answers_zero=cfu is not None,
    )
    if cfu is None:
        return (verilated,)
    return check_in_amaranth(cfu, commands=commands, seed=seed), verilated


def _with_clock(cfu: Cfu) -> Module:
    # A CFU without registers has no clock domain of its own.
    m = Module()
    m.domains += ClockDomain("sync")
    m.submodules.cfu = cfu
    return m


def _plan(spec: CfuSpec, *, commands: int, seed: int, mixes_unknown: bool) -> StimulusPlan:
    return StimulusPlan(
        tuple(i.function_id for i in spec.instructions),
        commands,
        seed,
        mixes_unknown=mixes_unknown,
        patience_cycles=1000 + 4 * max((i.latency.maximum for i in spec.instructions), default=0),
    )
