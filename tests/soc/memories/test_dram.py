from __future__ import annotations

import re
from dataclasses import replace

import pytest

from boards import Board, Dram, board_names, find_board
from soc import SocBuild, build_hardware, build_soc, find_cpu
from soc.storage import Storage
from toolchain import ArtifactCache, ToolFailed


def _has_dram(board: Board) -> bool:
    return any(isinstance(memory, Dram) for memory in board.memories)


_BOARDS = tuple(name for name in board_names() if _has_dram(find_board(name)))


@pytest.fixture(scope="module", params=_BOARDS)
def soc(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SocBuild:
    cache = ArtifactCache(tmp_path_factory.mktemp("cache"))
    return build_soc(find_board(request.param), find_cpu("full"), cache=cache)


@pytest.fixture(scope="module")
def storage(soc: SocBuild) -> Storage:
    return next(storage for storage in soc.storage if storage.name == "main_ram")


@pytest.fixture(scope="module")
def arrays(soc: SocBuild) -> dict[str, tuple[int, int]]:
    """Width in bits and length of each array of the top level, by name."""
    text = soc.verilog[0].read_text()
    found = re.findall(r"^reg\s*\[(\d+):0\]\s*(\w+)\[0:(\d+)\];", text, re.MULTILINE)
    return {name: (int(high) + 1, int(last) + 1) for high, name, last in found}


def test_the_arrays_of_the_banks_hold_the_whole_memory(
    storage: Storage, arrays: dict[str, tuple[int, int]]
) -> None:
    held = 0
    for (array,) in storage.banks:
        width, length = arrays[array.name]
        assert width == 8 * storage.element_bytes
        held += storage.element_bytes * length // storage.element_pitch
    assert held == storage.bytes


def test_the_arrays_of_the_cache_are_as_described(
    soc: SocBuild, storage: Storage, arrays: dict[str, tuple[int, int]]
) -> None:
    memory = soc.board.memory("main_ram")
    assert isinstance(memory, Dram)
    cache = storage.cache
    assert cache is not None
    assert cache.line_bytes == memory.l2_line_bytes
    assert cache.lines * cache.line_bytes == memory.l2_cache_bytes
    assert {arrays[array.name] for array in cache.data} == {(8, cache.lines)}
    tag_width, tags = arrays[cache.tags.name]
    assert tags == cache.lines
    assert 2**cache.tag_bits * memory.l2_cache_bytes == 2**32
    assert tag_width > cache.tag_bits, "there is a bit for lines that were written"


def test_the_bios_has_nothing_to_calibrate(soc: SocBuild) -> None:
    assert soc.software is not None
    assert "_CAPABLE" not in (soc.software / "sdram_phy.h").read_text()


def test_a_size_that_the_part_does_not_have_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    board = find_board("ulx3s")
    memories = tuple(
        replace(memory, bytes=memory.bytes // 2) if isinstance(memory, Dram) else memory
        for memory in board.memories
    )
    cache = ArtifactCache(tmp_path_factory.mktemp("cache"))
    with pytest.raises(ToolFailed) as caught:
        build_hardware(replace(board, memories=memories), find_cpu("full"), cache=cache)
    assert "MT48LC16M16 has 33554432 bytes on these pins, not 16777216" in (
        caught.value.details or ""
    )
