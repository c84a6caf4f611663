from __future__ import annotations

import dataclasses
import re

import pytest

from boards import board_names, find_board
from firmware.image import REGISTERS as FIRMWARE_REGISTERS
from gateware import CfuPorts
from gateware.memory_port import MEMORY_PORTS
from gateware.scratchpad_port import scratchpad_ports
from soc import HardwareBuild, SocBuild, build_hardware, build_soc, find_cpu
from toolchain import ArtifactCache, PlaygroundError, ToolFailed


@pytest.fixture(scope="module", params=board_names())
def soc(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SocBuild:
    cache = ArtifactCache(tmp_path_factory.mktemp("cache"))
    board = find_board(request.param)
    return build_soc(board, find_cpu(board.cpu), cache=cache)


def test_memories_are_where_the_board_says(soc: SocBuild) -> None:
    for memory in soc.board.memories:
        region = soc.memory_map.memories[memory.name]
        assert (region.origin, region.bytes) == (memory.origin, memory.bytes)


def test_the_cpu_starts_at_the_image_or_in_the_bios(soc: SocBuild) -> None:
    memories = soc.memory_map.memories
    if soc.board.has_bios:
        assert soc.memory_map.reset_address == memories["rom"].origin
    else:
        assert soc.memory_map.reset_address == soc.memory_map.load_address
    region = memories[soc.board.load_memory]
    assert soc.memory_map.load_address == region.origin + soc.board.load_offset


def test_the_registers_the_firmware_uses_are_there(soc: SocBuild) -> None:
    for name in FIRMWARE_REGISTERS.values():
        assert soc.memory_map.registers[name] >= 0x8000_0000


def test_the_verilog_instantiates_cpu_and_cfu_and_loads_no_files(soc: SocBuild) -> None:
    top = soc.verilog[0].read_text()
    assert re.search(r"^VexRiscv VexRiscv\s*\(", top, re.MULTILINE)
    assert re.search(r"^Cfu Cfu\s*\(", top, re.MULTILINE)
    assert "$readmemh" not in top
    assert "module VexRiscv" in soc.verilog[-1].read_text()


def test_a_soc_is_the_same_text_whenever_it_is_built(
    soc: SocBuild, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = ArtifactCache(tmp_path_factory.mktemp("later"))
    later = build_soc(soc.board, soc.cpu, cache=cache)
    assert later.digest == soc.digest
    assert [path.read_text() for path in later.verilog] == [p.read_text() for p in soc.verilog]
    if soc.board.hardware is not None:
        caches = (cache, ArtifactCache(soc.verilog[0].parents[2]))
        first, second = (build_hardware(soc.board, soc.cpu, cache=c) for c in caches)
        for one, other in zip(first.verilog, second.verilog, strict=True):
            assert one.read_text() == other.read_text()
        assert first.constraints.read_text() == second.constraints.read_text()


def test_a_soc_is_built_once(soc: SocBuild) -> None:
    cache = ArtifactCache(soc.verilog[0].parents[2])
    before = soc.verilog[0].stat().st_mtime_ns
    again = build_soc(soc.board, soc.cpu, cache=cache)
    assert again == soc
    assert again.verilog[0].stat().st_mtime_ns == before


def test_simulator_and_board_have_one_memory_map(soc: SocBuild) -> None:
    cache = ArtifactCache(soc.verilog[0].parents[2])
    if soc.board.hardware is None:
        with pytest.raises(PlaygroundError, match="exists in simulation only"):
            build_hardware(soc.board, soc.cpu, cache=cache)
        return
    hardware = build_hardware(soc.board, soc.cpu, cache=cache)
    simulated, real = soc.memory_map, hardware.memory_map
    assert real.memories == simulated.memories
    assert simulated.registers.items() <= real.registers.items()
    assert (real.load_address, real.reset_address) == (
        simulated.load_address,
        simulated.reset_address,
    )
    assert real.clock_hz == simulated.clock_hz == soc.board.sys_clk_hz


def test_software_can_reset_the_board(soc: SocBuild) -> None:
    if soc.board.hardware is None:
        return
    cache = ArtifactCache(soc.verilog[0].parents[2])
    top = build_hardware(soc.board, soc.cpu, cache=cache).verilog[0].read_text()
    driven = re.search(r"^ *(\w+_rst) <= 1'd1;", top, re.MULTILINE)
    assert driven is not None
    # Declared, cleared and set it is in any case; it must be looked at, too.
    assert len(re.findall(rf"\b{driven[1]}\b", top)) > 3


def test_a_cfu_that_asks_for_it_is_on_the_bus(soc: SocBuild) -> None:
    cache = ArtifactCache(soc.verilog[0].parents[2])
    ports = CfuPorts(memory=True, scratchpad_bytes=1024)
    names = [*MEMORY_PORTS, *scratchpad_ports(1024)]
    builds: list[SocBuild | HardwareBuild] = [
        build_soc(soc.board, soc.cpu, ports=ports, cache=cache)
    ]
    if soc.board.hardware is not None:
        builds.append(build_hardware(soc.board, soc.cpu, ports=ports, cache=cache))
    for build in builds:
        top = build.verilog[0].read_text()
        assert [name for name in names if re.search(rf"\.{name} +\(\w", top) is None] == []
        others = {k: v for k, v in build.memory_map.memories.items() if k != "cfu_scratchpad"}
        assert others == soc.memory_map.memories
    assert not any(f".{name} " in soc.verilog[0].read_text() for name in names)


def test_an_ideal_board_has_the_same_map(soc: SocBuild) -> None:
    cache = ArtifactCache(soc.verilog[0].parents[2])
    ideal = build_soc(soc.board.idealized(), soc.cpu, cache=cache).memory_map
    assert ideal.memories == soc.memory_map.memories
    assert ideal.load_address == soc.memory_map.load_address


def test_an_unknown_cpu_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlaygroundError, match="there is no CPU variant `fulll`") as caught:
        find_cpu("fulll")
    assert "full" in (caught.value.hint or "")


def test_a_cpu_that_cannot_run_the_bios_is_refused_before_a_bitstream_is_made() -> None:
    with pytest.raises(PlaygroundError, match="CPU `up5k` cannot run LiteX's BIOS") as caught:
        build_hardware(find_board("ulx3s"), find_cpu("up5k"), cache=ArtifactCache.default())
    assert "`full`" in (caught.value.hint or "")


def test_what_litex_cannot_build_is_told_in_a_line() -> None:
    board = find_board("fomu")
    flash = dataclasses.replace(board.memory("spiflash"), module="XYZ161")
    strange = dataclasses.replace(board, memories=(board.memory("sram"), flash))
    with pytest.raises(ToolFailed) as caught:
        build_soc(strange, find_cpu("full"), cache=ArtifactCache.default())
    assert "building the SoC of board `fomu`" in caught.value.message
    assert (caught.value.details or "").startswith("ValueError: LiteSPI knows no flash `XYZ161`")
    assert len((caught.value.details or "").splitlines()) == 1
