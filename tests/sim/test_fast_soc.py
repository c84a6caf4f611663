"""What the fast simulator is told of a system, and which systems it is not for."""

from __future__ import annotations

import dataclasses

import pytest

from boards import BlockRam, board_names, find_board
from gateware.spec import CfuPorts
from sim.fast_soc import fast_refusal, system_text
from soc import build_soc, find_cpu
from tests.sim.bench import Bench

_SIM = """\
instruction_cache 4096
data_cache 4096
cache_line 32
prediction static
bypass 1
multiplier pipelined
divider iterative
shifter late
exceptions 1
interrupts 1
counts_instructions 1
cfu_enable 1
reset 0x40000000
ram 0x40000000 16777216
csr 0xf0000000 65536
register ctrl_reset 0xf0000000
register ctrl_scratch 0xf0000004
register uart_rxtx 0xf0000800
register uart_txfull 0xf0000804
register uart_rxempty 0xf0000808
register uart_ev_status 0xf000080c
register uart_ev_pending 0xf0000810
register uart_ev_enable 0xf0000814
register uart_txempty 0xf0000818
register uart_rxfull 0xf000081c
uart_fifo 16
memory_port 0
scratchpad 0
"""


def test_the_text_says_everything_of_the_system(bench: Bench) -> None:
    assert system_text(bench.soc) == _SIM


def test_options_of_the_cpu_are_in_the_text(bench: Bench) -> None:
    cpu = find_cpu("min:instruction_cache=2048")
    lines = system_text(build_soc(bench.soc.board, cpu, cache=bench.cache)).splitlines()
    assert lines[:12] == [
        "instruction_cache 2048",
        "data_cache 0",
        "cache_line 32",
        "prediction none",
        "bypass 0",
        "multiplier none",
        "divider none",
        "shifter iterative",
        "exceptions 0",
        "interrupts 0",
        "counts_instructions 0",
        "cfu_enable 0",
    ]


def test_each_memory_of_a_board_is_in_the_text(bench: Bench) -> None:
    board = find_board("arty_a7_35").idealized()
    text = system_text(build_soc(board, bench.soc.cpu, cache=bench.cache))
    memories = [line for line in text.splitlines() if line.startswith(("ram ", "rom "))]
    assert memories == [
        f"{'rom' if memory.name == 'rom' else 'ram'} {memory.origin:#x} {memory.bytes}"
        for memory in board.memories
    ]
    assert "reset 0x0\n" in text
    assert "register timer0_load 0x" in text


def test_boards_of_block_ram_are_simulated() -> None:
    accepted = {
        name for name in board_names() if fast_refusal(find_board(name), CfuPorts()) is None
    }
    assert accepted == {"sim"}
    ideal = {
        name
        for name in board_names()
        if fast_refusal(find_board(name).idealized(), CfuPorts()) is None
    }
    assert ideal == {"sim", "arty_a7_35", "arty_a7_100", "orangecrab", "ulx3s"}


@pytest.mark.parametrize(
    ("board", "ports", "refusal"),
    [
        (
            "arty_a7_35",
            CfuPorts(),
            "board `arty_a7_35` has DRAM, which the fast simulator has not",
        ),
        (
            "fomu",
            CfuPorts(),
            "board `fomu` has SPRAM and SPI flash, which the fast simulator has not",
        ),
        (
            "sim",
            CfuPorts(scratchpad_bytes=64),
            "the CFU has a scratchpad, which the fast simulator has not",
        ),
    ],
)
def test_what_is_refused(board: str, ports: CfuPorts, refusal: str) -> None:
    assert fast_refusal(find_board(board), ports) == refusal


def test_a_board_of_one_s_own_is_judged_by_its_memories() -> None:
    sim = find_board("sim")
    more = BlockRam(name="sram", origin=0x1000_0000, bytes=4096)
    board = dataclasses.replace(sim, memories=(*sim.memories, more))
    assert fast_refusal(board, CfuPorts()) is None
