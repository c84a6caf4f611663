from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from firmware.elf import read_elf
from tests.playground.conftest import Ran

Cfu = Callable[..., Ran]


def test_a_directory_for_renode(cfu: Cfu, tmp_path: Path) -> None:
    directory = tmp_path / "new" / "renode"
    ran = cfu("export", "renode", str(directory), "digits_cnn", "--cfu", "simd_mac")
    assert ran.code == 0, ran.err
    names = {"README.md", "soc.resc", "soc.repl", "libcfu.so", "firmware.elf"}
    assert {path.name for path in directory.iterdir()} == names
    assert {Path(line).name for line in ran.out.split()} == names
    assert (directory / "libcfu.so").read_bytes()[:4] == b"\x7fELF"
    readme = (directory / "README.md").read_text()
    assert readme.startswith("# `digits_cnn` on board `sim` in Renode")
    assert "CFU `simd_mac`" in readme
    assert "cycle counts" in readme
    # The firmware lies in a memory that the platform has.
    begin = read_elf(directory / "firmware.elf").load_address
    platform = (directory / "soc.repl").read_text()
    assert f"main_ram: Memory.MappedMemory @ sysbus {begin:#x}" in platform
    # Once more, over what is there.
    again = cfu("export", "renode", str(directory), "digits_cnn", "--cfu", "none")
    assert again.code == 0, again.err
    assert "CFU `none`" in (directory / "README.md").read_text()


def test_parts_that_renode_has_no_model_of_are_told(cfu: Cfu, tmp_path: Path) -> None:
    ran = cfu("export", "renode", str(tmp_path), "digits_cnn", "--board", "fomu")
    assert ran.code == 0, ran.err
    assert "Renode has no model of `spiflash_phy`" in ran.err
    assert "`spiflash_phy`" in (tmp_path / "README.md").read_text()


def test_a_file_is_no_directory(cfu: Cfu, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = cfu("export", "renode", str(tmp_path / "file"), "digits_cnn")
    assert ran.code == 1
    assert f"error: `{tmp_path / 'file'}` is a file" in ran.err


def test_a_directory_that_cannot_be_made(cfu: Cfu, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = cfu("export", "renode", str(tmp_path / "file" / "inner"), "digits_cnn")
    assert ran.code == 1
    assert "error: cannot write to `" in ran.err


def test_a_cfu_with_a_memory_port_is_refused(cfu: Cfu, tmp_path: Path) -> None:
    ran = cfu("export", "renode", str(tmp_path), "digits_cnn", "--cfu", "array_dma")
    assert ran.code == 1
    assert "Renode's interface for CFUs is to the CPU alone" in " ".join(ran.err.split())
    assert "simulate it with `cfu run`" in " ".join(ran.err.split())
