"""Files that fill a simulated SoC's memories."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cocotb_soc.contents import loading_statements, write_contents
from soc.storage import Storage, VerilogArray
from toolchain import PlaygroundError

_RAM = VerilogArray("main_ram")
_HALVES = tuple(VerilogArray("storage", "SPRAM", f"spram_{n}") for n in range(4))
_STORAGE = (
    Storage("main_ram", 0x40000000, 64, ((_RAM,),), element_bytes=4, stripe_bytes=64),
    # Two banks of 16 bytes, each of two memories of 16 bits side by side.
    Storage("sram", 0x1000, 32, (_HALVES[:2], _HALVES[2:]), element_bytes=2, stripe_bytes=16),
)


def _written(directory: Path, contents: dict[int, bytes]) -> dict[str, str]:
    """Return the files of the program's arguments, by plusarg."""
    files = {}
    for address, data in contents.items():
        files[address] = directory / f"{address:x}"
        files[address].write_bytes(data)
    written = {}
    for argument in write_contents(_STORAGE, files, directory):
        name, _, file = argument.removeprefix("+").partition("=")
        written[name] = Path(file).read_text()
    return written


def test_a_file_for_each_array_that_holds_something(tmp_path: Path) -> None:
    contents = {0x40000008: b"\x01\x02\x03\x04\x05"}
    assert _written(tmp_path, contents) == {"array_0": "@2\n4030201\n@3\n5\n"}


def test_bytes_go_to_banks_in_stripes_and_to_arrays_side_by_side(tmp_path: Path) -> None:
    words = b"".join(n.to_bytes(2, "little") for n in range(1, 13))
    assert _written(tmp_path, {0x1004: words}) == {
        "array_1": "@1\n1\n@2\n3\n@3\n5\n",
        "array_2": "@1\n2\n@2\n4\n@3\n6\n",
        "array_3": "@0\n7\n@1\n9\n@2\nb\n",
        "array_4": "@0\n8\n@1\na\n@2\nc\n",
    }


def test_what_is_beyond_a_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="`1018` does not fit the memory at 0x00001018"):
        _written(tmp_path, {0x1018: bytes(9)})


def test_verilog_reads_them() -> None:
    lines = loading_statements(_STORAGE, "dut").splitlines()
    assert lines[0] == ('if ($value$plusargs("array_0=%s", file)) $readmemh(file, dut.main_ram);')
    assert lines[3].endswith("$readmemh(file, dut.spram_2.storage);")
