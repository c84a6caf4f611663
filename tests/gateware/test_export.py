"""Verilog of CFUs in Amaranth."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateware import Cfu, Latency, Opcode, load_cfu
from gateware.export import LITEX_PORTS, artifact_of, cfu_ports, cfu_verilog
from gateware.memory_port import MEMORY_PORTS
from gateware.scratchpad_port import scratchpad_ports
from tests.gateware.memory_samples import Mover
from tests.gateware.samples import Mixed, Xor, one_instruction
from tests.gateware.scratchpad_sample import Doubler
from toolchain import PlaygroundError


def _ports(verilog: str) -> dict[str, tuple[str, int]]:
    """Return direction and width of the ports of module Cfu."""
    found = re.search(r"^module Cfu\((.*?)\);(.*?)^endmodule", verilog, re.MULTILINE | re.DOTALL)
    assert found is not None
    declared = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", found[2], re.MULTILINE)
    ports = {name: (direction, int(top or 0) + 1) for direction, top, name in declared}
    assert sorted(ports) == sorted(name.strip() for name in found[1].split(","))
    return ports


@pytest.mark.parametrize(
    "cfu",
    [
        pytest.param(lambda: Cfu([], name="none"), id="none"),
        pytest.param(
            lambda: one_instruction(Xor(Opcode(0), Latency.combinational())), id="combinational"
        ),
        pytest.param(Mixed, id="mixed"),
    ],
)
def test_the_ports_are_always_the_ten_of_litex(cfu: Callable[[], Cfu]) -> None:
    verilog = cfu_verilog(cfu())
    assert _ports(verilog) == dict(LITEX_PORTS)
    assert len(re.findall(r"^module Cfu\b(?!\.)", verilog, re.MULTILINE)) == 1


def test_a_memory_port_adds_its_ports() -> None:
    cfu = Mover()
    assert dict(cfu_ports(cfu.spec)) == {**LITEX_PORTS, **MEMORY_PORTS}
    assert _ports(cfu_verilog(cfu)) == dict(cfu_ports(Mover().spec))


def test_a_scratchpad_adds_its_ports() -> None:
    verilog = cfu_verilog(Doubler())
    assert _ports(verilog) == {**LITEX_PORTS, **scratchpad_ports(1024)}
    assert _ports(verilog)["pad_adr"] == ("input", 8)


def test_the_same_cfu_has_the_same_digest_everywhere(tmp_path: Path) -> None:
    here = load_cfu("simd_mac", directory=Path())
    program = (
        "from pathlib import Path; from gateware import load_cfu;"
        "print(load_cfu('simd_mac', directory=Path()).digest)"
    )
    root = str(Path(__file__).parents[2])
    there = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here.digest
    assert root not in here.verilog
    assert "src" not in re.findall(r"\(\* *(\w+)", here.verilog)


def test_different_hardware_has_a_different_digest() -> None:
    digests = {
        artifact_of(one_instruction(Xor(Opcode(0), latency))).digest
        for latency in (Latency.combinational(), Latency.fixed(1), Latency.fixed(2))
    }
    assert len(digests) == 3


_FAULTY = """
from amaranth.hdl import Signal
from gateware import Cfu, Instruction, Latency, Opcode


class Bad(Instruction):
    def __init__(self):
        super().__init__("bad", Opcode(0), latency=Latency.fixed(1))

    def compute(self, m, in0, in1):
        {statement}


class MyCfu(Cfu):
    def __init__(self):
        super().__init__([Bad()])
"""


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("return in0 + undefined", "NameError: name 'undefined' is not defined"),
        ("return in0[40]", "IndexError: Index 40 is out of bounds"),
        ("raise ValueError", "ValueError$"),
        ("return 'text'", "TypeError: "),
    ],
)
def test_a_cfu_that_does_not_elaborate_is_told_by_its_line(
    tmp_path: Path, statement: str, message: str
) -> None:
    (tmp_path / "my_cfu.py").write_text(_FAULTY.format(statement=statement))
    with pytest.raises(PlaygroundError, match=message) as caught:
        load_cfu("my_cfu.py:MyCfu", directory=tmp_path)
    assert caught.value.message.startswith("CFU `MyCfu` does not elaborate: ")
    if "text" not in statement:  # that one is noticed outside of the file
        assert "`my_cfu.py` line 11: " in caught.value.message
