"""LiteX's BIOS, compiled for boards whose memories it has to set up in different ways."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from boards import find_board
from soc import build_hardware, build_soc, find_cpu
from soc.bios import build_bios
from toolchain import ArtifactCache, PlaygroundError

_ROM_BYTES = 32 << 10


def _headers(name: str) -> Path:
    board = find_board(name)
    software = build_hardware(board, find_cpu("full"), cache=ArtifactCache.default()).software
    assert software is not None
    return software


@pytest.mark.parametrize("board", ["ulx3s", "orangecrab", "arty_a7_35"])
def test_the_bios_fits_half_of_its_rom_and_ends_with_its_checksum(board: str) -> None:
    cache = ArtifactCache.default()
    bios = build_bios(_headers(board), isa="rv32im", rom_bytes=_ROM_BYTES, cache=cache)
    image = bios.read_bytes()
    assert 20_000 < len(image) <= _ROM_BYTES
    assert image[-4:] == zlib.crc32(image[:-4]).to_bytes(4, "little")
    assert b"Build your hardware, easily!" in image


def test_a_cpu_without_divider_gets_no_division() -> None:
    cache = ArtifactCache.default()
    headers = _headers("ulx3s")
    images = [
        build_bios(headers, isa=isa, rom_bytes=_ROM_BYTES, cache=cache).read_bytes()
        for isa in ("rv32im", "rv32i_zmmul")
    ]
    with_division, without = (_divisions(image) for image in images)
    assert with_division > 0
    assert without == 0


def _divisions(image: bytes) -> int:
    """Count what reads as DIV, DIVU, REM or REMU among the words of code."""
    words = (int.from_bytes(image[i : i + 4], "little") for i in range(0, len(image) - 3, 4))
    return sum(word & 0xFE00_407F == 0x0200_4033 for word in words)


def test_a_rom_that_is_too_small_is_told() -> None:
    with pytest.raises(PlaygroundError) as caught:
        build_bios(_headers("ulx3s"), isa="rv32im", rom_bytes=4096, cache=ArtifactCache.default())
    assert caught.value.message.startswith("LiteX's BIOS needs 2")
    assert caught.value.message.endswith("bytes of memory `rom`, which has 4,096")


def test_boards_that_start_from_flash_have_no_headers() -> None:
    soc = build_soc(find_board("fomu"), find_cpu("full"), cache=ArtifactCache.default())
    assert soc.software is None


def test_headers_are_the_same_every_time(tmp_path: Path) -> None:
    """Otherwise the BIOS would be compiled again for the same SoC."""
    board = find_board("ulx3s").idealized()
    caches = [ArtifactCache(tmp_path / name) for name in ("a", "b")]
    builds = [build_soc(board, find_cpu("full"), cache=cache) for cache in caches]
    texts = []
    for build in builds:
        assert build.software is not None
        texts.append({path.name: path.read_text() for path in build.software.iterdir()})
    assert texts[0] == texts[1]
    assert set(texts[0]) == {"csr.h", "mem.h", "soc.h", "git.h", "regions.ld"}
