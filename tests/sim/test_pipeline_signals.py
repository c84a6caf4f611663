"""Where cycles went, told by the RTL's signals and by the fast simulator: the same each cycle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from boards import board_names, find_board
from gateware.spec import CfuPorts
from playground.built import build_design
from playground.inputs import read_inputs
from playground.progress import Silent
from playground.resolve import Choices, resolve
from sim.pipeline_signals import core_signals, pipeline_signals
from sim.verilated_soc import build_verilated_soc
from soc import SocBuild, build_soc, find_cpu
from soc.vexriscv import CpuOptions, write_core
from soc.vexriscv.options import Shifter
from tests.sim.cpu_variants import CPU_VARIANTS
from tests.sim.soc_programs import KINDS, soc_program
from tests.sim.soc_runs import (
    SocSimulator,
    cfu_verilog,
    fast,
    put_firmware,
    put_program,
    run,
    verilated,
)
from toolchain import ArtifactCache

_HEADER = Path(__file__).parents[2] / "sim/harness/cycle_account.h"
_SEQUENCES = 25


def _accounting(soc: SocBuild, cfu: str, cache: ArtifactCache) -> SocSimulator:
    built = build_verilated_soc(soc, cfu, traces=False, accounts=True, cache=cache)
    return SocSimulator("accounting", (str(built.program),))


def _why(
    simulator: SocSimulator, options: Sequence[str], directory: Path, *, stepping: bool = False
) -> list[str]:
    """Return the lines that a simulator writes, those of a layer's addresses in order."""
    why, retired = directory / "why", directory / "retired"
    run(simulator, [*options, "--why", str(why)], directory, retired=retired if stepping else None)
    return why.read_text().splitlines()


def _layers(lines: Sequence[str], *, addresses: bool) -> list[list[str]]:
    layers: list[list[str]] = []
    for line in lines:
        if line.startswith("layer "):
            layers.append([])
        if addresses or not line.startswith("pc "):
            layers[-1].append(line)
    return [sorted(layer) for layer in layers]


def _assert_same(
    right: SocSimulator,
    other: SocSimulator,
    options: Sequence[str],
    directory: Path,
    *,
    from_reset: bool = False,
    addresses: bool = True,
) -> list[list[str]]:
    """Hold the fast simulator to the RTL: all of it cycle by cycle, all but addresses in traces.

    Parameters
    ----------
    from_reset
        Whether the first layer began there, where the two begin to count at different times.
    addresses
        Whether to compare them, cycle by cycle. While an exception is on its way, the two are not
        ahead by the same instructions.
    """
    expected = _why(right, options, directory)
    replayed = _why(other, options, directory)
    stepped = _why(other, options, directory, stepping=True)
    first = int(from_reset)
    known = _layers(expected, addresses=addresses)[first:]
    assert _layers(stepped, addresses=addresses)[first:] == known
    layers = _layers(expected, addresses=False)[first:]
    assert _layers(replayed, addresses=False)[first:] == layers
    return layers


def test_the_test_bench_is_told_of_every_signal() -> None:
    struct = re.search(r"struct PipelineSignals \{(.*?)\n\};", _HEADER.read_text(), re.DOTALL)
    assert struct is not None
    fields = re.findall(r"^  uint32_t (\w+);", struct[1], re.MULTILINE)
    told = core_signals(CpuOptions(shifter=Shifter.ITERATIVE))
    assert sorted(fields) == sorted([*told, "bus_grant", "bypasses"])


@pytest.mark.parametrize("cpu", CPU_VARIANTS)
def test_every_core_has_its_signals(cpu: str) -> None:
    options = find_cpu(cpu).options
    modules = dict(re.findall(r"^module (\w+) \((.*?)^endmodule", write_core(options), re.M | re.S))
    for signal in core_signals(options).values():
        assert re.search(rf"\b{signal.name}[;,]?$", modules[signal.module], re.M), signal


@pytest.mark.parametrize("board", board_names())
@pytest.mark.parametrize("ports", [CfuPorts(), CfuPorts(memory=True)])
def test_every_system_tells_who_has_the_bus(board: str, ports: CfuPorts) -> None:
    found = find_board(board)
    cache = ArtifactCache.default()
    soc = build_soc(found, find_cpu(found.cpu), ports=ports, cache=cache)
    grant = pipeline_signals(soc)["bus_grant"].name
    assert re.search(rf"^reg +(\[1:0\] )? *{grant} = ", soc.verilog[0].read_text(), re.M)


@pytest.mark.parametrize("cfu", ["none", "simd_mac"])
@pytest.mark.parametrize("cpu", ["full", "up5k"])
def test_a_model_s_layers_are_split_alike(cpu: str, cfu: str, tmp_path: Path) -> None:
    cache = ArtifactCache.default()
    choices = Choices(directory=Path(), model="digits_cnn", cpu=cpu, cfu=cfu)
    design = resolve(choices, project=None)
    built = build_design(design, cache=cache, progress=Silent())
    inputs = read_inputs(built.model, design.inputs).first().inferences
    options = put_firmware(built.image, inputs, built.soc.memory_map.reset_address, tmp_path)
    layers = _assert_same(
        _accounting(built.soc, built.cfu.verilog, cache),
        fast(built.soc, built.cfu.verilog, tmp_path, cache=cache),
        options,
        tmp_path,
    )
    assert len(layers) == len(built.model.layers)
    assert any(line.startswith("cfu ") for layer in layers for line in layer) == (cfu != "none")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"interrupts"}))
def test_programs_at_random_are_split_alike(kind: str, tmp_path: Path) -> None:
    cache = ArtifactCache.default()
    cpu = find_cpu("full")
    soc = build_soc(find_board("sim"), cpu, cache=cache)
    verilog = cfu_verilog("random")
    program = soc_program(cpu, kind, seed=1, sequences=_SEQUENCES)
    layers = _assert_same(
        _accounting(soc, verilog, cache),
        fast(soc, verilog, tmp_path, cache=cache),
        put_program(program, tmp_path),
        tmp_path,
        from_reset=True,
        addresses=kind != "traps",
    )
    assert len(layers) == _SEQUENCES - 1


def test_a_program_that_was_not_built_for_it_says_so(tmp_path: Path) -> None:
    cache = ArtifactCache.default()
    soc = build_soc(find_board("sim"), find_cpu("full"), cache=cache)
    with pytest.raises(AssertionError, match="not built to tell where cycles go"):
        run(verilated(soc, cfu_verilog("none"), cache=cache), ["--why", "why"], tmp_path)
