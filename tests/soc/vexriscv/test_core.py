from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soc import cpu_names, find_cpu
from soc.vexriscv import COMPLETE_CORE, CpuOptions, write_core
from soc.vexriscv.netlist import without_simulation_aids
from soc.vexriscv.options import Divider, Multiplier, Prediction, Shifter
from toolchain import PlaygroundError, ToolMissing, run_tool, verilator, wheel_directory

_OPTIONS = st.builds(
    CpuOptions,
    instruction_cache=st.sampled_from((0, 32, 128, 1000, 2048, 65536)),
    data_cache=st.sampled_from((0, 64, 96, 512, 32768)),
    cache_line=st.sampled_from((16, 32, 64)),
    prediction=st.sampled_from(Prediction),
    bypass=st.booleans(),
    multiplier=st.sampled_from(Multiplier),
    divider=st.sampled_from(Divider),
    shifter=st.sampled_from(Shifter),
    exceptions=st.booleans(),
    interrupts=st.booleans(),
    counts_instructions=st.booleans(),
    cfu_enable=st.booleans(),
)
_PORTS = re.compile(r"module VexRiscv \(\n(.*?)\n\);", re.DOTALL)


def _ports(text: str) -> list[str]:
    found = _PORTS.search(text)
    assert found is not None
    return [re.sub(r"\breg\b| +", " ", line).strip() for line in found[1].split("\n")]


def _complete() -> str:
    path = wheel_directory("pythondata_cpu_vexriscv") / "verilog" / COMPLETE_CORE
    return path.read_text()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(options=_OPTIONS)
def test_a_combination_is_written_or_refused(options: CpuOptions) -> None:
    text = options.text(CpuOptions())
    if options.refusal is not None:
        with pytest.raises(ValueError, match=re.escape(options.refusal)):
            write_core(options)
        with pytest.raises(PlaygroundError, match=re.escape(options.refusal)):
            CpuOptions().changed(text)
        return
    core = write_core(options)
    if text:
        assert CpuOptions().changed(text) == options
    # Whatever it is made of, LiteX connects it in the same way.
    assert [re.sub(" +", " ", p) for p in _ports(core)] == [
        re.sub(" +", " ", p) for p in _ports(_complete())
    ]
    assert ("module DataCache" in core) == (options.data_cache != 0)


@pytest.mark.parametrize("name", [*cpu_names(), "full:data_cache=64,instruction_cache=65536"])
def test_cores_are_good_verilog_with_the_signals_that_the_bench_follows(
    name: str, tmp_path: Path
) -> None:
    core = write_core(find_cpu(name).options)
    (tmp_path / "core.v").write_text(core)
    for stage in ("decode", "execute", "memory", "writeBack"):
        for signal in ("PC", "INSTRUCTION", "arbitration_isValid"):
            assert re.search(rf"^  (wire|reg) .*\b{stage}_{signal};$", core, re.MULTILINE)
    assert re.search(r"^  wire .*\blastStageIsFiring\b", core, re.MULTILINE)
    silent = ("UNDRIVEN", "UNUSED", "WIDTHEXPAND", "WIDTHTRUNC", "DECLFILENAME", "VARHIDDEN")
    run_tool(
        verilator(),
        ["--lint-only", "-Wall", *(f"-Wno-{rule}" for rule in silent), "core.v"],
        cwd=tmp_path,
        what=f"reading `{name}`",
    )


def test_the_default_is_the_complete_core_with_a_repair() -> None:
    core = write_core(CpuOptions()).splitlines()
    complete = without_simulation_aids(_complete()).splitlines()
    assert [line.strip() for line in complete if line not in core and line[:2] != "//"] == [
        "if(execute_CfuPlugin_schedule) begin"
    ]
    assert [line.strip() for line in core if line not in complete] == [
        "if(execute_CfuPlugin_schedule && (! execute_CfuPlugin_fired)) begin"
    ]


def test_another_version_of_the_complete_core_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "verilog").mkdir()
    (tmp_path / "verilog" / COMPLETE_CORE).write_text(_complete() + "\n")
    monkeypatch.setattr("soc.vexriscv.core.wheel_directory", lambda package: tmp_path)
    with pytest.raises(ToolMissing, match="is not of the locked version"):
        write_core(dataclasses.replace(CpuOptions(), bypass=False))
