from __future__ import annotations

import re

import pytest

from boards import board_names, find_board
from soc import SocBuild, build_soc, cpu_names, find_cpu
from toolchain import ArtifactCache, PlaygroundError


@pytest.fixture(scope="module", params=[(b, c) for b in board_names() for c in cpu_names()])
def soc(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SocBuild:
    board, cpu = request.param
    cache = ArtifactCache(tmp_path_factory.mktemp("cache"))
    return build_soc(find_board(board), find_cpu(cpu), cache=cache)


def test_memories_are_where_the_board_says(soc: SocBuild) -> None:
    for memory in soc.board.memories:
        region = soc.memory_map.memories[memory.name]
        assert (region.origin, region.bytes) == (memory.origin, memory.bytes)


def test_the_cpu_starts_in_the_program_memory(soc: SocBuild) -> None:
    assert soc.memory_map.reset_address == soc.memory_map.program_region.origin


def test_the_registers_the_firmware_uses_are_there(soc: SocBuild) -> None:
    for name in ("ctrl_scratch", "uart_rxtx", "uart_txfull", "uart_rxempty", "uart_ev_pending"):
        assert soc.memory_map.registers[name] >= 0x8000_0000


def test_the_verilog_instantiates_cpu_and_cfu_and_loads_no_files(soc: SocBuild) -> None:
    top = soc.verilog[0].read_text()
    assert re.search(r"^VexRiscv VexRiscv\s*\(", top, re.MULTILINE)
    assert re.search(r"^Cfu Cfu\s*\(", top, re.MULTILINE)
    assert "$readmemh" not in top
    assert "module VexRiscv" in soc.verilog[1].read_text()


def test_a_soc_is_built_once(soc: SocBuild) -> None:
    cache = ArtifactCache(soc.verilog[0].parents[2])
    before = soc.verilog[0].stat().st_mtime_ns
    again = build_soc(soc.board, soc.cpu, cache=cache)
    assert again == soc
    assert again.verilog[0].stat().st_mtime_ns == before


def test_an_unknown_cpu_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlaygroundError, match="there is no CPU variant `fulll`") as caught:
        find_cpu("fulll")
    assert "full" in (caught.value.hint or "")
