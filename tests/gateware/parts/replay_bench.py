"""The part of a replay that runs inside the simulator, under cocotb.

Sets `inputs` to the value of each cycle and writes `outputs` of each to a file, as hexadecimal
numbers. The JSON file that the environment variable `CFU_BENCH` names holds `inputs`, and where to
write, `output`.
"""

from __future__ import annotations

__all__ = ["replay"]

import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import Timer


@cocotb.test()
async def replay(dut: Any) -> None:
    """Drive all parts, a cycle for each of the inputs."""
    settings = json.loads(Path(os.environ["CFU_BENCH"]).read_text())
    dut.inputs.value = 0
    dut.rst.value = 1
    await _clock(dut)
    dut.rst.value = 0
    outputs = []
    for inputs in settings["inputs"]:
        dut.inputs.value = int(inputs, 16)
        await Timer(1, "ns")
        outputs.append(hex(int(dut.outputs.value)))
        await _clock(dut)
    Path(settings["output"]).write_text(json.dumps(outputs))


async def _clock(dut: Any) -> None:
    dut.clk.value = 1
    await Timer(1, "ns")
    dut.clk.value = 0
    await Timer(1, "ns")
