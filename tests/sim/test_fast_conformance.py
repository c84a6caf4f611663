"""The fast simulator executes RV32IM as its specification says, and traps as VexRiscv does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest

from soc import CpuVariant, find_cpu
from tests.sim.cpu_programs import (
    HANDLER_REPORT,
    RESULTS,
    corner_program,
    system_program,
    trap_program,
)
from tests.sim.cpu_variants import CPU_VARIANTS
from tests.sim.soc_code import CODE, Code
from tests.sim.soc_comparison import Pair, compare
from tests.sim.soc_machine import SocMachine
from tests.sim.soc_programs import SocProgram
from tests.sim.soc_runs import cfu_verilog, fast, put_program, run, soc_for, verilated
from toolchain import ArtifactCache

_RESULT_BYTES = 32 << 10
_TRAPPING = tuple(each for each in CPU_VARIANTS if find_cpu(each).exceptions)

_LW_MISALIGNED = 0x0002A403  # lw x8, 0(x5)
_LH_MISALIGNED = 0x00031403  # lh x8, 0(x6)
_SW_MISALIGNED = 0x0083A023  # sw x8, 0(x7)
_SH_MISALIGNED = 0x00829023  # sh x8, 0(x5)
_JALR_MISALIGNED = 0x00038467  # jalr x8, 0(x7)
_ILLEGAL = 0x0000007F
_ECALL = 0x00000073
_EBREAK = 0x00100073
_MISSING_CSR = 0x7C001073
_MUL, _DIV, _DIVU, _REM, _REMU = (0x02000033 | funct3 << 12 for funct3 in (0, 4, 5, 6, 7))
_CFU = 0x0000000B


class _Bench:
    """A CPU variant on both simulators."""

    def __init__(self, reference: str, directory: Path) -> None:
        cache = ArtifactCache.default()
        self.cpu: CpuVariant = find_cpu(reference)
        soc = soc_for(self.cpu, "random", cache=cache)
        verilog = cfu_verilog("random")
        self._pair = Pair(
            verilated(soc, verilog, cache=cache), fast(soc, verilog, directory, cache=cache)
        )

    def results(self, image: bytes, directory: Path, *, at: int = RESULTS) -> bytes:
        """Run a program on both, compare them, and return what it left."""
        program = _program(image, at)
        options = put_program(program, directory)
        assert compare(self._pair, options, directory, program=program).difference is None
        return run(self._pair.other, options, directory).memory


def _program(image: bytes, at: int) -> SocProgram:
    return SocProgram({CODE: image}, b"", (CODE,), ((CODE + at, _RESULT_BYTES),))


def _words(memory: bytes, count: int) -> list[int]:
    return [int.from_bytes(memory[4 * i :][:4], "little") for i in range(count)]


@pytest.fixture(scope="module", params=CPU_VARIANTS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> _Bench:
    return _Bench(request.param, tmp_path_factory.mktemp("system"))


def test_every_instruction_at_the_limits_of_its_operands(both: _Bench, tmp_path: Path) -> None:
    image = corner_program(both.cpu.isa, Code())
    (expected,) = SocMachine.executing(_program(image, RESULTS)).copies
    assert both.results(image, tmp_path) == expected


def test_counters_count(both: _Bench, tmp_path: Path) -> None:
    memory = both.results(system_program(Code()), tmp_path)
    cycles, instructions, user_cycles, user_instructions, upper_is_zero, sum_from_cfu = _words(
        memory, 6
    )
    assert 9 <= cycles < 60
    assert 9 <= user_cycles < 60
    expected = 9 if both.cpu.counts_instructions else 0
    assert (instructions, user_instructions) == (expected, expected)
    assert (upper_is_zero, sum_from_cfu) == (1, 7)


def _reports(both: _Bench, tmp_path: Path, words: Sequence[int]) -> list[int]:
    image = trap_program(words, program=Code())
    return _words(both.results(image, tmp_path, at=HANDLER_REPORT), 3 * len(words) + 1)


@pytest.mark.parametrize("both", _TRAPPING, indirect=True)
def test_exceptions_say_what_happened(both: _Bench, tmp_path: Path) -> None:
    expected = {
        _LW_MISALIGNED: (4, CODE + 0x20001),
        _LH_MISALIGNED: (4, CODE + 0x20003),
        _SW_MISALIGNED: (6, CODE + 0x20002),
        _SH_MISALIGNED: (6, CODE + 0x20001),
        _JALR_MISALIGNED: (0, CODE + 0x20002),
        _ILLEGAL: (2, _ILLEGAL),
        _EBREAK: (2, _EBREAK),
        _MISSING_CSR: (2, _MISSING_CSR),
        _ECALL: (11, _ECALL),
    }
    *reports, behind = _reports(both, tmp_path, tuple(expected))
    causes, addresses, values = reports[::3], reports[1::3], reports[2::3]
    assert list(zip(causes, values, strict=True)) == list(expected.values())
    assert [b - a for a, b in itertools.pairwise(addresses)] == [4] * (len(expected) - 1)
    assert behind == 0


@pytest.mark.parametrize("both", _TRAPPING, indirect=True)
def test_instructions_that_are_not_there_are_illegal(both: _Bench, tmp_path: Path) -> None:
    missing = []
    if both.cpu.isa == "rv32i":
        missing.append(_MUL)
    if both.cpu.isa != "rv32im":
        missing += [_DIV, _DIVU, _REM, _REMU]
    if both.cpu.cfu_enable:
        missing.append(_CFU)
    words = [*missing, _ILLEGAL]
    assert _reports(both, tmp_path, words)[: 3 * len(words) : 3] == [2] * len(words)
