from __future__ import annotations

from pathlib import Path

from sim.startup import startup_contents
from tests.sim.bench import Bench, relu_model


def test_firmware_where_the_cpu_starts_is_all_there_is(bench: Bench, tmp_path: Path) -> None:
    image = bench.image(relu_model())
    begin = image.elf.load_address
    assert startup_contents(image, begin, tmp_path) == {begin: image.program}


def test_a_bios_is_replaced_by_a_jump(bench: Bench, tmp_path: Path) -> None:
    image = bench.image(relu_model())
    begin = image.elf.load_address
    assert begin == 0x4000_0000
    contents = startup_contents(image, 0x1000, tmp_path)
    assert contents[begin] == image.program
    # lui t0, 0x40000; jr t0
    assert contents[0x1000].read_bytes() == bytes.fromhex("b702004067800200")
