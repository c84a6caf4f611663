"""One inference on a SoC under cocotb, with its CFU's bus checked in every cycle."""

from __future__ import annotations

__all__ = ["SocSession", "run_in_soc"]

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.image import FirmwareImage
from firmware.protocol import (
    Frame,
    FrameType,
    LayerRecord,
    Refusal,
    decode_frames,
    decode_result,
    decode_trap,
    encode_inference,
)
from gateware.bus_monitor import BusMonitor, CheckReport
from gateware.cocotb_run import cocotb_environment
from gateware.model import Model
from gateware.spec import CfuArtifact
from gateware.stimulus import BusInputs, BusOutputs
from sim.cocotb_soc.bench import BUS_CYCLE_BYTES
from sim.cocotb_soc.contents import write_contents
from sim.cocotb_soc.program import TOP
from sim.diagnosis import trap_error
from sim.startup import startup_contents
from soc import SocBuild
from toolchain import PlaygroundError, Tool, ToolFailed, run_tool

_BUS_CYCLE = (32, 1, 1, 32, 32, 10, 1, 1, 32, 32, 1)  # bits, from the lowest, in soc_bench.sv
_LAYER = 0xFFFFFF  # in the marker
_LONGER = 16  # than by itself a CFU takes between others on the bus of a SoC


@dataclass(frozen=True)
class SocSession:
    """What a run showed.

    Attributes
    ----------
    bus
        What is said of the CFU. If it fails, the run may have broken off.
    cycles
        Clock cycles from reset to the last byte of output.
    layers
        What the firmware measured, by layer.
    outputs
        Bytes of each of the model's outputs.
    """

    bus: CheckReport
    cycles: int
    layers: tuple[LayerRecord, ...] = ()
    outputs: tuple[bytes, ...] = field(default=(), repr=False)


def run_in_soc(
    program: Path,
    soc: SocBuild,
    image: FirmwareImage,
    inputs: Sequence[bytes],
    *,
    cfu: CfuArtifact,
    model: Model | None,
    answers_zero: bool,
    patience_cycles: int,
    max_cycles: int,
    watch: Callable[[int, BusInputs, BusOutputs], None] | None = None,
) -> SocSession:
    """Start the firmware, run one inference over the UART, and judge the CFU's bus.

    Parameters
    ----------
    program
        That of `build_cocotb_soc` for this SoC and CFU.
    model, answers_zero
        As `gateware.bus_monitor.BusMonitor` takes them.
    patience_cycles
        For how long a command may wait for what earlier ones still do.
    max_cycles
        When to give up.
    watch
        Told, with its number, each cycle of the bus in which something happens.

    Raises
    ------
    PlaygroundError
        If the inference does not come to its end although the CFU does as it should.
    """
    with tempfile.TemporaryDirectory(prefix="cfu-cocotb-") as scratch:
        directory = Path(scratch)
        settings = {
            "commands": encode_inference(inputs).hex(),
            "outputs": len(image.model.outputs),
            "patience_cycles": _LONGER * patience_cycles,
            "max_cycles": max_cycles,
            **{name: str(directory / name) for name in ("bus", "received", "output")},
        }
        (directory / "settings.json").write_text(json.dumps(settings))
        contents = startup_contents(image, soc.memory_map.reset_address, directory)
        simulation = Tool(
            "the simulation",
            (str(program),),
            version="",
            environment=cocotb_environment(
                directory / "settings.json", "sim.cocotb_soc.bench", top=TOP
            ),
        )
        said = run_tool(
            simulation,
            write_contents(soc.storage, contents, directory),
            cwd=directory,
            what=f"of the SoC with CFU `{cfu.spec.name}`",
        )
        if not (directory / "output").is_file():
            raise ToolFailed("cocotb ended without a result", details=said)
        result = json.loads((directory / "output").read_text())
        monitor = BusMonitor(cfu.spec, model, answers_zero=answers_zero)
        _observe(monitor, (directory / "bus").read_bytes(), watch)
        frames = decode_frames((directory / "received").read_bytes())
    report = monitor.report("soc", 0, is_stuck=result["ended"] == "stuck")
    if report.passed:
        _require_finished(result, frames, image, max_cycles)
    return SocSession(
        bus=report,
        cycles=result["cycles"],
        layers=next((decode_result(f.payload) for f in frames if f.type is FrameType.RESULT), ()),
        outputs=tuple(f.payload[4:] for f in frames if f.type is FrameType.OUTPUT),
    )


def _observe(
    monitor: BusMonitor,
    records: bytes,
    watch: Callable[[int, BusInputs, BusOutputs], None] | None,
) -> None:
    """Let a monitor see every cycle of the bus, those in which nothing happens included."""
    next_cycle, waits_before = 0, 0
    for begin in range(0, len(records), BUS_CYCLE_BYTES):
        record = int.from_bytes(records[begin : begin + BUS_CYCLE_BYTES], "little")
        values = []
        for bits in _BUS_CYCLE:
            values.append(record & ((1 << bits) - 1))
            record >>= bits
        result, rsp_ready, rsp_valid, in1, in0, function_id, cmd_ready, cmd_valid = values[:8]
        cycle, memory_waits, waits_now = values[8:]
        monitor.skip(cycle - next_cycle, memory_waits=memory_waits - waits_before)
        inputs = BusInputs(cmd_valid, function_id, in0, in1, rsp_ready)
        outputs = BusOutputs(cmd_ready, rsp_valid, result)
        monitor.observe(inputs, outputs, memory_waits=bool(waits_now))
        if watch is not None:
            watch(cycle, inputs, outputs)
        next_cycle, waits_before = cycle + 1, memory_waits + waits_now


def _require_finished(
    result: dict[str, Any], frames: Sequence[Frame], image: FirmwareImage, max_cycles: int
) -> None:
    """Raise PlaygroundError unless the outputs came."""
    layer = result["marker"] & _LAYER
    match result["ended"]:
        case "finished":
            return
        case "trap":
            trap = next(f.payload for f in frames if f.type is FrameType.TRAP)
            raise trap_error(image, decode_trap(trap), layer)
        case "refused":
            refused = next(f.payload for f in frames if f.type is FrameType.REFUSED)
            reason = Refusal(int.from_bytes(refused[:4], "little"))
            raise PlaygroundError(
                f"the firmware refused what it was sent: {reason.name.lower()}",
                hint="does a kernel read from the UART or overwrite the runtime's memory?",
            )
    raise PlaygroundError(
        f"the inference is not done after {max_cycles:,} cycles, in layer {layer}",
        hint="`cfu run` tells what the CPU does there",
    )
