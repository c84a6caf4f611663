"""The parts' Verilog under cocotb against Amaranth's simulation of them, cycle by cycle.

Amaranth's simulation is what the other tests hold against the models. All parts are in one module,
since one translation takes much less time than one for each.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from amaranth.hdl import Cat, Module, Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from gateware.cocotb_run import cocotb_environment, cocotb_program
from gateware.part_examples import PartExample, part_examples
from gateware.part_export import part_artifact
from toolchain import ArtifactCache, Tool, run_tool

_CYCLES = 200


def _ports(part: wiring.Component, flow: wiring.Flow) -> list[Value]:
    return [
        Value.cast(value)
        for _, member, value in part.signature.flatten(part)
        if member.flow is flow
    ]


class _AllParts(wiring.Component):  # type: ignore[misc]
    """Every example; `inputs` and `outputs` are the ports of all of them, one after the other."""

    def __init__(self) -> None:
        self.parts = [example.make() for example in part_examples()]
        self.widths = [len(port) for part in self.parts for port in _ports(part, In)]
        outputs = sum(len(port) for part in self.parts for port in _ports(part, Out))
        super().__init__({"inputs": In(sum(self.widths)), "outputs": Out(Shape(outputs))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules += self.parts
        given = Cat(port for part in self.parts for port in _ports(part, In))
        shown = Cat(port for part in self.parts for port in _ports(part, Out))
        m.d.comb += [given.eq(self.inputs), self.outputs.eq(shown)]
        return m


def _random_inputs(widths: list[int], random: Random) -> list[int]:
    """Return inputs of each cycle; some ports keep their value, as layers' parameters do."""
    values = [random.getrandbits(width) for width in widths]
    cycles = []
    for _ in range(_CYCLES):
        for index, width in enumerate(widths):
            if width == 1 or random.random() < 0.3:
                values[index] = random.getrandbits(width)
        packed = position = 0
        for value, width in zip(values, widths, strict=True):
            packed |= value << position
            position += width
        cycles.append(packed)
    return cycles


def _simulate(parts: _AllParts, inputs: list[int]) -> list[int]:
    outputs = []

    async def bench(context: Any) -> None:
        for each in inputs:
            context.set(parts.inputs, each)
            outputs.append(context.get(parts.outputs))
            await context.tick()

    simulator = Simulator(parts)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return outputs


def test_verilog_does_what_amaranth_does(tmp_path: Path) -> None:
    parts = _AllParts()
    inputs = _random_inputs(parts.widths, Random(1))
    expected = _simulate(parts, inputs)

    artifact, _ = part_artifact(PartExample(_AllParts))
    program = cocotb_program(artifact, ArtifactCache.default())
    settings = tmp_path / "settings.json"
    output = tmp_path / "outputs.json"
    settings.write_text(
        json.dumps({"inputs": [hex(each) for each in inputs], "output": str(output)})
    )
    simulation = Tool(
        "the simulation",
        (str(program),),
        version=artifact.digest,
        environment=cocotb_environment(settings, "tests.gateware.parts.replay_bench"),
    )
    run_tool(simulation, [], cwd=tmp_path, what="of all parts")
    seen = [int(each, 16) for each in json.loads(output.read_text())]
    assert len(seen) == len(set(expected)) == _CYCLES  # something happens in each of the cycles
    assert seen == expected
