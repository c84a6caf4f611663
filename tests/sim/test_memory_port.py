"""CFUs that read and write the memory of a running system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards import board_names, find_board
from gateware.intrinsics import UNCACHED_ADDRESS
from playground.design import FAST_SIMULATOR, RTL_SIMULATOR
from soc import build_soc, find_cpu
from tests.sim.bench import Bench, relu_model

_HERE = Path(__file__).parent
_VALUES = np.zeros((1, 8), np.int8)
_KERNEL = """\
#include "playground/relu.h"
#include "cfu.h"
#include "print.h"
namespace playground {{
namespace {{
alignas(64) uint32_t source[256];
alignas(64) uint32_t target[256];
uint32_t AddressOf(const volatile void* pointer) {{ return reinterpret_cast<uintptr_t>(pointer); }}
[[gnu::noinline]] uint32_t Cycles() {{
  uint32_t cycles;
  asm volatile("csrr %0, mcycle" : "=r"(cycles) : : "memory");
  return cycles;
}}
void Show(uint32_t number) {{ Print(static_cast<int32_t>(number)); Print(" "); }}
}}  // namespace
bool relu([[maybe_unused]] const ReluLayer& layer) {{
  {body}
  return false;
}}
}}  // namespace playground
"""


def _numbers(bench: Bench, directory: Path, body: str) -> list[int]:
    """Run statements as a kernel and return what they show."""
    kernel = bench.with_kernel(directory, "relu", _KERNEL.format(body=body))
    return [int(number) for number in kernel.run(relu_model(), [_VALUES]).text.split()]


def _on(bench: Bench, board_name: str, cpu: str | None = None) -> Bench:
    board = find_board(board_name)
    return replace(bench, soc=build_soc(board, find_cpu(cpu or board.cpu), cache=bench.cache))


_COPY = """
  uint32_t expected = 0;
  for (uint32_t i = 0; i < 256; ++i) {
    source[i] = 0x9E3779B9u * (i + 1);
    expected += source[i];
  }
  for (int32_t round = 0; round < 2; ++round) {  // in the second one nobody fetches instructions
    for (uint32_t i = 0; i < 256; ++i) target[i] = 0;
    cfu::publish();
    cfu::aim(AddressOf(target));
    const uint32_t begin = Cycles();
    cfu::copy(AddressOf(source), 256);
    const uint32_t sum = cfu::wait();
    const uint32_t cycles = Cycles() - begin;
    cfu::refresh();
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < 256; ++i) wrong += target[i] != source[i];
    Show(wrong);
    Show(sum - expected);
    if (round == 1) Show(cycles);
  }
"""


@pytest.mark.parametrize(
    ("board", "most_cycles"),
    [
        ("sim", 640),  # bursts of 16 words take 18 cycles, 32 of them 576
        ("ulx3s", 1400),  # two cycles a word, and three for each burst, are 1120
        ("fomu", 1900),  # the same, and a line of instructions from the flash
    ],
)
def test_block_is_copied(bench: Bench, tmp_path: Path, board: str, most_cycles: int) -> None:
    copier = _on(bench, board).with_cfu("block_copier.py:BlockCopier", _HERE)
    *wrong, cycles = _numbers(copier, tmp_path, _COPY)
    assert wrong == [0, 0, 0, 0]
    assert cycles <= most_cycles


def test_refresh_shows_what_the_cfu_wrote(bench: Bench, tmp_path: Path) -> None:
    body = """
  volatile uint32_t& word = target[3];
  word = 1;
  source[0] = 2;
  cfu::publish();
  Show(word);
  cfu::aim(AddressOf(&word));
  cfu::copy(AddressOf(source), 1);
  cfu::wait();
  Show(word);
  cfu::refresh();
  Show(word);
"""
    copier = bench.with_cfu("block_copier.py:BlockCopier", _HERE)
    # Without `refresh` the data cache answers with what it has.
    assert _numbers(copier, tmp_path, body) == [1, 1, 2]


def test_publish_waits_for_stores(bench: Bench, tmp_path: Path) -> None:
    body = """
  volatile uint32_t& word = target[3];
  uint32_t early = 0, late = 0;
  for (int round = 0; round < 2; ++round) {  // in the second one nobody fetches instructions
    word = 1;
    cfu::publish();
    cfu::aim(AddressOf(source));
    cfu::keep(500);
    word = 2;
    cfu::copy(AddressOf(&word), 1);
    early = cfu::wait();
    cfu::publish();
    cfu::aim(AddressOf(source));
    cfu::keep(500);
    word = 3;
    cfu::publish();
    cfu::copy(AddressOf(&word), 1);
    late = cfu::wait();
  }
  Show(early);
  Show(late);
"""
    copier = bench.with_cfu("block_copier.py:BlockCopier", _HERE)
    # Without `publish` the store still waits for the bus, which the CFU has.
    assert _numbers(copier, tmp_path, body) == [1, 3]


@pytest.mark.parametrize("simulator", [RTL_SIMULATOR, FAST_SIMULATOR])
def test_what_is_behind_a_late_answer_sees_memory_after_it(
    bench: Bench, tmp_path: Path, simulator: str
) -> None:
    wait = ".insn r 0x0b, 2, 0, %0, x0, x0; "
    body = f"""
  for (int round = 0; round < 2; ++round) {{  // in the second one nobody fetches instructions
    for (uint32_t i = 0; i < 256; ++i) source[i] = i + 7;
    for (uint32_t i = 0; i < 256; ++i) target[i] = 1;
    cfu::refresh();
    cfu::publish();
    cfu::aim(AddressOf(target));
    cfu::copy(AddressOf(source), 256);
    uint32_t sum, loaded;
    asm volatile("{wait} lw %1, 0(%2)"
                 : "=&r"(sum), "=&r"(loaded) : "r"(&target[255]) : "memory");
    cfu::aim(AddressOf(target));
    cfu::copy(AddressOf(source), 256);
    asm volatile("{wait} sw x0, 0(%1)" : "=&r"(sum) : "r"(&source[255]) : "memory");
    cfu::refresh();
    Show(loaded);
    Show(target[255]);
    Show(source[255]);
  }}
"""
    copier = replace(bench, simulator=simulator).with_cfu("block_copier.py:LateCopier", _HERE)
    assert _numbers(copier, tmp_path, body) == [262, 262, 0] * 2


@pytest.mark.parametrize("name", board_names())
def test_publish_reads_the_scratch_register(name: str, bench: Bench) -> None:
    assert _on(bench, name).soc.memory_map.registers["ctrl_scratch"] == UNCACHED_ADDRESS
