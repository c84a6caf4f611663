"""Runs of programs on simulators of a SoC."""

from __future__ import annotations

__all__ = [
    "CFUS",
    "Ran",
    "SocSimulator",
    "cfu_verilog",
    "fast",
    "put_firmware",
    "put_program",
    "run",
    "soc_for",
    "verilated",
]

import json
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards import find_board
from firmware.image import FirmwareImage
from firmware.protocol import encode_exit, encode_inference
from gateware import load_cfu
from gateware.spec import CfuPorts
from sim.fast_soc import build_fast_soc, system_text
from sim.startup import startup_contents
from sim.verilated_soc import build_verilated_soc
from soc import CpuVariant, SocBuild, build_soc
from tests.sim.soc_programs import SocProgram
from toolchain import ArtifactCache

_RANDOM_CFU = Path(__file__).with_name("random_cfu.v")
_MAX_CYCLES = 20_000_000

# CFUs of these tests, beside the shipped ones, with what is defined in their Verilog.
CFUS: Mapping[str, Sequence[str]] = {
    "random": (),  # takes and answers commands when it likes
    "port": ("MEMORY_PORT",),  # reads and writes memory, too
    "racing_port": ("MEMORY_PORT", "RACES"),  # reads what the CPU may just be storing
}


def cfu_verilog(name: str) -> str:
    """Return the Verilog of a CFU: one of `CFUS` or a shipped one."""
    if name not in CFUS:
        return load_cfu(name, directory=Path()).verilog
    defined = "".join(f"`define {each}\n" for each in CFUS[name])
    return defined + _RANDOM_CFU.read_text()


def soc_for(cpu: CpuVariant, cfu: str, *, cache: ArtifactCache) -> SocBuild:
    """Return the SoC of board `sim` that a CFU is for."""
    if cfu in CFUS:
        ports = CfuPorts(memory="MEMORY_PORT" in CFUS[cfu])
    else:
        ports = load_cfu(cfu, directory=Path()).spec.ports
    return build_soc(find_board("sim"), cpu, ports=ports, cache=cache)


@dataclass(frozen=True)
class SocSimulator:
    """A program that simulates a SoC, with the options that it always needs."""

    name: str
    command: tuple[str, ...]


def verilated(soc: SocBuild, cfu: str, *, cache: ArtifactCache) -> SocSimulator:
    """Return the SoC as Verilator simulates it."""
    built = build_verilated_soc(soc, cfu, traces=False, cache=cache)
    return SocSimulator("verilated", (str(built.program),))


def fast(
    soc: SocBuild,
    cfu: str,
    directory: Path,
    *,
    cache: ArtifactCache,
    program: Path | None = None,
) -> SocSimulator:
    """Return the fast simulator of a SoC.

    Parameters
    ----------
    directory
        For the system's description.
    program
        The program, with the CFU, if another one than what is built of the sources.
    """
    if program is None:
        program = build_fast_soc(soc, cfu, cache=cache).program
    system = directory / "system"
    system.write_text(system_text(soc))
    return SocSimulator("fast", (str(program), "--system", str(system)))


@dataclass(frozen=True)
class Ran:
    """What a simulator showed of a run.

    Attributes
    ----------
    report
        What it says at the end.
    cycles
        Of each sequence's end.
    memory
        The copies that were made at sequences' ends, back to back.
    uart_output
        What the SoC sent.
    """

    report: Mapping[str, Any]
    cycles: tuple[int, ...]
    memory: bytes
    uart_output: bytes


def put_program(program: SocProgram, directory: Path) -> list[str]:
    """Write a program's files and return the options by which a simulator gets them."""
    contents = {}
    for address, content in program.contents.items():
        contents[address] = directory / f"{address:08x}"
        contents[address].write_bytes(content)
    options = _options(contents, program.uart_input, program.snapshots, directory)
    return [*options, "--max-cycles", str(_MAX_CYCLES)]


def put_firmware(
    image: FirmwareImage,
    inferences: Sequence[Sequence[bytes]],
    reset_address: int,
    directory: Path,
) -> list[str]:
    """Write a firmware's files and return the options by which a simulator gets them."""
    commands = b"".join(encode_inference(inputs) for inputs in inferences)
    snapshots = "".join(
        f"{layer.index} {image.tensor_address(index)} {image.model.tensors[index].bytes}\n"
        for layer in image.model.layers
        for index in layer.outputs
    )
    contents = startup_contents(image, reset_address, directory)
    return _options(contents, commands + encode_exit(), snapshots, directory)


def _options(
    contents: Mapping[int, Path], uart_input: bytes, snapshots: str, directory: Path
) -> list[str]:
    options = []
    for address, file in contents.items():
        options += ["--load", hex(address), str(file)]
    for name, content in (("uart-input", uart_input), ("snapshots", snapshots.encode())):
        (directory / name).write_bytes(content)
        options += [f"--{name}", str(directory / name)]
    return options


def run(
    simulator: SocSimulator,
    options: Sequence[str],
    directory: Path,
    *,
    retired: Path | None = None,
) -> Ran:
    """Run a program whose files are there.

    Parameters
    ----------
    directory
        For what the simulator writes.
    retired
        File to write of each instruction cycle and address to.
    """
    outputs = {name: directory / f"{simulator.name}-{name}" for name in ("uart", "memory")}
    command = [
        *simulator.command,
        *options,
        *("--uart-output", str(outputs["uart"])),
        *("--snapshot-output", str(outputs["memory"])),
        *(("--retired", str(retired)) if retired is not None else ()),
    ]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    said = process.stderr[-2000:]
    assert process.returncode == 0, f"status {process.returncode}: {said}\n{shlex.join(command)}"
    lines = (line.split() for line in process.stderr.splitlines())
    report = process.stdout[process.stdout.rindex('{"exit":') :]
    return Ran(
        report=json.loads(report),
        cycles=tuple(int(line[2]) for line in lines if line[:1] == ["layer"]),
        memory=outputs["memory"].read_bytes(),
        uart_output=outputs["uart"].read_bytes(),
    )
