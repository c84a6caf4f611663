"""The part of a check that runs inside the simulator, under cocotb.

Sends what `BusDriver` says and writes every cycle of the bus to a file; judging them is left to
the process that started the simulator. Which commands, and where to write, says the JSON file that
the environment variable `CFU_BENCH` names.
"""

from __future__ import annotations

__all__ = ["drive_cfu"]

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import Timer

from gateware.memory_bench import MemoryBench
from gateware.memory_responder import MemoryRequest, MemoryResponse
from gateware.stimulus import BusDriver, BusInputs, BusOutputs, StimulusPlan


@cocotb.test()
async def drive_cfu(dut: Any) -> None:
    """Send the commands of the plan until all are answered or the CFU is stuck."""
    settings = json.loads(Path(os.environ["CFU_BENCH"]).read_text())
    plan = StimulusPlan.from_json(settings["plan"])
    driver = BusDriver(plan)
    memory = MemoryBench(plan) if plan.has_memory else None
    _set_inputs(dut, BusInputs(0, 0, 0, 0, 0))
    if memory is not None:
        _set_answer(dut, MemoryResponse())
    dut.reset.value = 1
    for _ in range(3):
        await _clock(dut)
    dut.reset.value = 0
    cycles = []
    while not (driver.is_done and (memory is None or memory.is_done or driver.is_stuck)):
        inputs = driver.drive()
        _set_inputs(dut, inputs)
        waits = False
        answer = memory.respond() if memory is not None else None
        if answer is not None:
            _set_answer(dut, answer)
        await Timer(1, "ns")
        outputs = BusOutputs(
            int(dut.cmd_ready.value),
            int(dut.rsp_valid.value),
            int(dut.rsp_payload_outputs_0.value),
        )
        if memory is not None and answer is not None:
            request = _request(dut)
            memory.observe(request, is_late=driver.is_done)
            waits = request.waits_for(answer)
        driver.observe(outputs)
        cycles.append([*inputs, *outputs, waits])
        await _clock(dut)
    result = {
        "cycles": cycles,
        "stuck": driver.is_stuck,
        "memory": dataclasses.asdict(memory.outcome()) if memory is not None else None,
    }
    Path(settings["output"]).write_text(json.dumps(result))


def _set_inputs(dut: Any, inputs: BusInputs) -> None:
    dut.cmd_valid.value = inputs.cmd_valid
    dut.cmd_payload_function_id.value = inputs.function_id
    dut.cmd_payload_inputs_0.value = inputs.in0
    dut.cmd_payload_inputs_1.value = inputs.in1
    dut.rsp_ready.value = inputs.rsp_ready


def _set_answer(dut: Any, answer: MemoryResponse) -> None:
    dut.mem_ack.value = answer.ack
    dut.mem_err.value = answer.err
    dut.mem_dat_r.value = answer.dat_r


def _request(dut: Any) -> MemoryRequest:
    names = (field.name for field in dataclasses.fields(MemoryRequest))
    return MemoryRequest(*(int(getattr(dut, f"mem_{name}").value) for name in names))


async def _clock(dut: Any) -> None:
    dut.clk.value = 1
    await Timer(1, "ns")
    dut.clk.value = 0
    await Timer(1, "ns")
