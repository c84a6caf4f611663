"""Runs of programs on simulators of a SoC, and where two of them differ."""

from __future__ import annotations

__all__ = [
    "CFUS",
    "Ran",
    "SocSimulator",
    "cfu_verilog",
    "context",
    "difference",
    "fast",
    "first_difference",
    "put_firmware",
    "put_program",
    "read_retired",
    "run",
    "verilated",
]

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from firmware.image import FirmwareImage
from firmware.protocol import encode_exit, encode_inference
from gateware import load_cfu
from sim.fast_soc import build_fast_soc, system_text
from sim.startup import startup_contents
from sim.verilated_soc import build_verilated_soc
from soc import SocBuild
from tests.sim.instruction_text import instruction_text
from tests.sim.soc_programs import SocProgram
from toolchain import ArtifactCache

_RANDOM_CFU = Path(__file__).with_name("random_cfu.v")
_MAX_CYCLES = 20_000_000
_RETIRED = np.dtype([("cycle", "<u8"), ("pc", "<u4")])
_CHUNK = 1 << 20

# What stands for a CFU of these tests, beside the names of shipped ones.
CFUS = ("random", "quiet")


def cfu_verilog(name: str) -> str:
    """Return the Verilog of a CFU.

    Parameters
    ----------
    name
        Of a shipped CFU; or "random", which takes and answers commands when it likes; or "quiet",
        which does that too, but stands still while it has none.
    """
    if name in CFUS:
        text = _RANDOM_CFU.read_text()
        return text if name == "random" else text.replace("FREE_RUNNING = 1", "FREE_RUNNING = 0")
    return load_cfu(name, directory=Path()).verilog


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
    assert process.returncode == 0, f"{' '.join(command)}\n{process.stderr}"
    lines = (line.split() for line in process.stderr.splitlines())
    report = process.stdout[process.stdout.rindex('{"exit":') :]
    return Ran(
        report=json.loads(report),
        cycles=tuple(int(line[2]) for line in lines if line[:1] == ["layer"]),
        memory=outputs["memory"].read_bytes(),
        uart_output=outputs["uart"].read_bytes(),
    )


def difference(program: SocProgram, first: Ran, second: Ran) -> str | None:
    """Return the first thing that two runs of a program differ in, if they do."""
    size = sum(size for _, size in program.copies)
    for number in range(len(program.starts)):
        at = f"sequence {number} at {program.starts[number]:#010x}"
        if number >= min(len(first.cycles), len(second.cycles)):
            if len(first.cycles) == len(second.cycles):
                break
            return f"only one ends {at}: {first.report}, {second.report}"
        parts = [ran.memory[number * size :][:size] for ran in (first, second)]
        if parts[0] != parts[1]:
            return f"{at} leaves {_memory_difference(program, *parts)}"
        if first.cycles[number] != second.cycles[number]:
            return f"{at} ends in cycle {first.cycles[number]}, {second.cycles[number]}"
    for what in ("exit", "cycles", "marker"):
        if first.report[what] != second.report[what]:
            return f"{what} is {first.report[what]}, {second.report[what]}"
    if first.uart_output != second.uart_output:
        return f"the UART sends {first.uart_output!r}, {second.uart_output!r}"
    return None


def _memory_difference(program: SocProgram, first: bytes, second: bytes) -> str:
    places = (address + offset for address, size in program.copies for offset in range(0, size, 4))
    for position, address in enumerate(places):
        words = [data[4 * position :][:4][::-1].hex() for data in (first, second)]
        if words[0] != words[1]:
            return f"{words[0]}, {words[1]} at {address:#010x}"
    raise AssertionError


def read_retired(file: Path) -> npt.NDArray[np.void]:
    """Return the records of a file as an array of `cycle` and `pc`, without reading it at once."""
    count = file.stat().st_size // _RETIRED.itemsize
    if count == 0:
        return np.empty(0, _RETIRED)
    return np.memmap(file, _RETIRED, mode="r", shape=(count,))


def first_difference(first: npt.NDArray[np.void], second: npt.NDArray[np.void]) -> int | None:
    """Return the number of the first instruction that differs; None if all are the same."""
    common = min(len(first), len(second))
    for begin in range(0, common, _CHUNK):
        chunk = slice(begin, min(begin + _CHUNK, common))
        different = np.flatnonzero(first[chunk] != second[chunk])
        if len(different):
            return begin + int(different[0])
    return common if len(first) != len(second) else None


def context(
    records: npt.NDArray[np.void], at: int, words: Mapping[int, int], *, around: int = 12
) -> Iterator[str]:
    """Return instructions around one, as lines of text.

    Parameters
    ----------
    words
        Instructions by address, as far as they are known.
    """
    for number in range(max(0, at - around), min(len(records), at + around + 1)):
        cycle, pc = int(records[number]["cycle"]), int(records[number]["pc"])
        delta = cycle - int(records[number - 1]["cycle"]) if number else cycle
        text = instruction_text(words[pc], pc) if pc in words else "?"
        arrow = "->" if number == at else "  "
        yield f"{arrow} {number:>8} {cycle:>10} +{delta:<4} {pc:08x}  {text}"
