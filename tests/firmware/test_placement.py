"""Where the parts of a firmware go, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards import find_board
from firmware.compiler import find_compiler
from firmware.image import FirmwareImage, FirmwareSources, build_firmware
from firmware.model import Model
from firmware.placement import Placement, default_placement, parse_placement
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter
from gateware import intrinsics_header, load_cfu
from soc import MemoryMap, Region, build_soc, find_cpu
from toolchain import ArtifactCache, PlaygroundError

_FLASH, _SPRAM = range(0x2006_0000, 0x2020_0000), range(0x1000_0000, 0x1002_0000)


@pytest.fixture(scope="module")
def fomu() -> MemoryMap:
    return build_soc(find_board("fomu"), find_cpu("full"), cache=ArtifactCache.default()).memory_map


def _model() -> Model:
    writer = ModelWriter()
    x = writer.tensor("x", (1, 8), scale=0.5)
    w = writer.tensor("w", (4, 8), scale=0.1, data=np.ones((4, 8), np.int8))
    y = writer.tensor("y", (1, 4), scale=0.7)
    writer.layer("FULLY_CONNECTED", (x, w, -1), (y,), version=4)
    return parse_model(writer.finish((x,), (y,)), name="small")


def _build(memory_map: MemoryMap, place: str) -> FirmwareImage:
    cache = ArtifactCache.default()
    cpu = find_cpu("full")
    spec = load_cfu("none", directory=Path()).spec
    return build_firmware(
        _model(),
        memory_map,
        sources=FirmwareSources({}, intrinsics_header(spec)),
        compiler=find_compiler("zig", isa=cpu.isa, cache=cache),
        cache=cache,
        cpu=cpu,
        placement=parse_placement(place, memory_map),
    )


def test_unless_told_otherwise_everything_stays_where_it_is_loaded(fomu: MemoryMap) -> None:
    assert parse_placement("", fomu) == default_placement(fomu)
    assert default_placement(fomu) == Placement("spiflash", "spiflash", "spiflash")
    sections = _build(fomu, "").elf.sections
    assert sections[".text"].address in _FLASH
    assert sections[".constants"].address in _FLASH
    assert sections[".arena"].address in _SPRAM


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("weights=sram", Placement("spiflash", "spiflash", "sram")),
        (" kernels = sram , weights=spiflash", Placement("spiflash", "sram", "spiflash")),
        ("code=sram", Placement("sram", "sram", "spiflash")),
        ("code=sram,kernels=spiflash", Placement("sram", "spiflash", "spiflash")),
    ],
)
def test_each_part_goes_where_it_is_told(fomu: MemoryMap, place: str, expected: Placement) -> None:
    assert parse_placement(place, fomu) == expected
    elf = _build(fomu, place).elf
    where = {"spiflash": _FLASH, "sram": _SPRAM}
    functions = {function.name: function.address for function in elf.functions}
    assert functions["main"] in where[expected.code]
    assert functions["playground::reference::fully_connected"] in where[expected.kernels]
    assert elf.symbols["playground_constants"] in where[expected.weights]


def test_an_image_is_loaded_in_one_piece_and_begins_with_the_start(fomu: MemoryMap) -> None:
    image = _build(fomu, "code=sram,weights=sram")
    assert image.elf.load_address == fomu.reset_address == image.elf.symbols["_start"]
    assert len(image.elf.program) < 64 * 1024
    assert image.elf.symbols["__copies_begin"] in _FLASH
    assert image.elf.symbols["__copies_end"] > image.elf.symbols["__copies_begin"]


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        ("weights=sran", "nothing can be placed in a memory `sran`; did you mean `sram`?", "sram"),
        ("weights=csr", "nothing can be placed in a memory `csr`", "spiflash, sram"),
        ("wights=sram", "`wights=sram` in `--place wights=sram` places none of code,", "kernels="),
        ("weights=sram,weights=spiflash", "places `weights` twice", "once"),
        ("weights", "`weights` in `--place weights` places none of code,", "kernels="),
    ],
)
def test_what_is_not_there_is_refused(fomu: MemoryMap, place: str, message: str, hint: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        parse_placement(place, fomu)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_overfull_memory_is_named_with_the_bytes(fomu: MemoryMap) -> None:
    small = replace(
        fomu, memories={**fomu.memories, "sram": Region(fomu.memories["sram"].origin, 16 * 1024)}
    )
    with pytest.raises(PlaygroundError) as caught:
        _build(small, "weights=sram")
    assert "needs at least 16," in caught.value.message
    assert "bytes of memory `sram`, which has 16,384" in caught.value.message
    assert "constants" in (caught.value.hint or "")
