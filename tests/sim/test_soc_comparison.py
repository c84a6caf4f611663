from __future__ import annotations

import shlex
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sim.instruction_text import instruction_text
from tests.sim.soc_comparison import Compared, Pair, compare
from tests.sim.soc_programs import SocProgram
from tests.sim.soc_runs import SocSimulator, put_program

_NOP = 0x00000013
_PROGRAM = SocProgram(
    contents={0x4000_0000: struct.pack("<4I", *[_NOP] * 4)},
    uart_input=b"",
    starts=(0x4000_0000,),
    copies=((0x4010_0000, 8),),
    names={0x4010_0004: "x2"},
)


@dataclass(frozen=True)
class _Shown:
    """What a simulator that stands in shows."""

    retired: Sequence[tuple[int, int]] = ((40, 0x4000_0000), (41, 0x4000_0004), (43, 0x4000_0008))
    memory: bytes = bytes(8)
    uart: bytes = b"abc"
    layer_cycle: int = 50
    exit: str = "finished"


def _simulator(name: str, shown: _Shown, directory: Path) -> SocSimulator:
    """Return a shell script that shows something, whatever it is to run."""
    content = {
        "retired": b"".join(struct.pack("<QI", *record) for record in shown.retired),
        "snapshot-output": shown.memory,
        "uart-output": shown.uart,
    }
    for what, data in content.items():
        (directory / f"shown-{name}-{what}").write_bytes(data)
    copies = "\n".join(
        f'    --{what}) cp {shlex.quote(str(directory))}/shown-{name}-{what} "$2";;'
        for what in content
    )
    report = f'{{"exit": "{shown.exit}", "cycles": 60, "marker": 0}}'
    script = directory / name
    script.write_text(
        f'#!/bin/sh\nwhile [ $# != 0 ]; do\n  case "$1" in\n{copies}\n  esac\n  shift\ndone\n'
        f"echo layer 0 {shown.layer_cycle} >&2\necho '{report}'\n"
    )
    script.chmod(0o755)
    return SocSimulator(name, (str(script),))


def _compared(first: _Shown, second: _Shown, directory: Path) -> Compared:
    pair = Pair(_simulator("right", first, directory), _simulator("other", second, directory))
    return compare(pair, put_program(_PROGRAM, directory), directory, program=_PROGRAM)


def _difference(second: _Shown, directory: Path) -> str:
    difference = _compared(_Shown(), second, directory).difference
    assert difference is not None
    return difference


def test_what_is_the_same_does_not_differ(tmp_path: Path) -> None:
    assert _compared(_Shown(), _Shown(), tmp_path) == Compared(3, 60, "finished", None)


def test_the_first_instruction_that_differs_is_shown_with_those_around(tmp_path: Path) -> None:
    later = _Shown(retired=((40, 0x4000_0000), (44, 0x4000_0004), (46, 0x4000_0008)))
    lines = _difference(later, tmp_path).splitlines()
    assert lines[:8] == [
        "instruction 1, of sequence 0 is the first that differs",
        "right: 3 instructions",
        "          0         40 +40   40000000  addi x0, x0, 0",
        "->        1         41 +1    40000004  addi x0, x0, 0",
        "          2         43 +2    40000008  addi x0, x0, 0",
        "other: 3 instructions",
        "          0         40 +40   40000000  addi x0, x0, 0",
        "->        1         44 +4    40000004  addi x0, x0, 0",
    ]


def test_an_end_that_comes_too_early_differs(tmp_path: Path) -> None:
    fewer = _Shown(retired=((40, 0x4000_0000),))
    assert _difference(fewer, tmp_path).startswith("instruction 1, of sequence 0")


@pytest.mark.parametrize(
    ("shown", "difference"),
    [
        (_Shown(memory=b"\1" + bytes(7)), "leaves 00000000, 00000001 at 0x40100000"),
        (_Shown(memory=bytes(4) + b"\1\2\0\0"), "leaves 00000000, 00000201 at x2"),
        (_Shown(layer_cycle=51), "sequence 0 at 0x40000000 ends in cycle 50, 51"),
        (_Shown(uart=b"abd"), "the UART sends 3, 3 bytes; from 2 on b'c', b'd'"),
        (_Shown(exit="stalled"), "exit is finished, stalled"),
    ],
)
def test_every_other_difference_is_told(shown: _Shown, difference: str, tmp_path: Path) -> None:
    assert difference in _difference(shown, tmp_path)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (0x00A58533, "add x10, x11, x10"),
        (0x40B50533, "sub x10, x10, x11"),
        (0x02B54533, "div x10, x10, x11"),
        (0xFFF00293, "addi x5, x0, -1"),
        (0x41F2D293, "srai x5, x5, 31"),
        (0x12345537, "lui x10, 0x12345"),
        (0xFE512E23, "sw x5, -4(x2)"),
        (0x0042C283, "lbu x5, 4(x5)"),
        (0xFE000EE3, "beq x0, x0, 0x40000ffc"),
        (0xFFDFF06F, "jal x0, 0x40000ffc"),
        (0x00008067, "jalr x0, 0(x1)"),
        (0xB0002573, "csrrs x10, mcycle, x0"),
        (0x3004F073, "csrrci x0, mstatus, 9"),
        (0x00B5250B, "cfu[0,2] x10, x10, x11"),
        (0x0000100F, "fence.i"),
        (0x30200073, "mret"),
        (0x0000007F, ".word 0x0000007f"),
        (0x00003003, ".word 0x00003003"),
    ],
)
def test_instructions_as_text(word: int, text: str) -> None:
    assert instruction_text(word, 0x4000_1000) == text
