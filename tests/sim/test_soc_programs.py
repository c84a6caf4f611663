from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from soc import find_cpu
from tests.sim.cpu_variants import CPU_VARIANTS
from tests.sim.soc_code import PAGE_BYTES, RECORD, Code
from tests.sim.soc_comparison import read_retired
from tests.sim.soc_machine import TIMELESS_KINDS, SocMachine
from tests.sim.soc_programs import KINDS, SocProgram, kinds_of, soc_program
from tests.sim.soc_runs import SocSimulator, cfu_verilog, put_program, run, soc_for, verilated
from toolchain import ArtifactCache

_FULL = find_cpu("full")
_REGISTERS = 31


@pytest.fixture(scope="module", params=CPU_VARIANTS)
def cpu(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def rtl(cpu: str) -> SocSimulator:
    cache = ArtifactCache.default()
    soc = soc_for(find_cpu(cpu), "random", cache=cache)
    return verilated(soc, cfu_verilog("random"), cache=cache)


def _registers(copy: bytes) -> bytes:
    """Return registers and memory of a sequence's end, but not the counters."""
    begin = PAGE_BYTES // 2 + RECORD
    return copy[: begin + 4 * _REGISTERS] + copy[begin + 64 * 4 :]


def test_the_rtl_leaves_in_memory_what_instructions_say(
    cpu: str, rtl: SocSimulator, tmp_path: Path
) -> None:
    variant = find_cpu(cpu)
    for kind in kinds_of(variant):
        program = soc_program(variant, kind, seed=1000, sequences=20)
        ran = run(rtl, put_program(program, tmp_path), tmp_path)
        assert (ran.report["exit"], len(ran.cycles)) == ("finished", 20), kind
        if kind in TIMELESS_KINDS:
            expected = SocMachine.executing(program).copies
            size = len(expected[0])
            for number, copy in enumerate(expected):
                found = ran.memory[number * size :][:size]
                assert _registers(found) == _registers(copy), f"sequence {number} of {kind}"


@pytest.mark.parametrize("cpu", ["full"], indirect=True)
def test_the_rtl_tells_when_each_instruction_retired(rtl: SocSimulator, tmp_path: Path) -> None:
    program = soc_program(_FULL, "branches", seed=1, sequences=5)
    ran = run(rtl, put_program(program, tmp_path), tmp_path, retired=tmp_path / "retired")
    records = read_retired(tmp_path / "retired")
    path = SocMachine.executing(program).path
    assert records["pc"][: len(path)].tolist() == path
    assert len(records) - len(path) in range(8)  # while the last store is on its way
    assert (np.diff(records["cycle"].astype(np.int64)) > 0).all()
    assert records["cycle"][-1] < ran.report["cycles"] < records["cycle"][-1] + 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_is_the_same_whenever_it_is_made(kind: str) -> None:
    first, second = (soc_program(_FULL, kind, seed=7, sequences=5) for _ in range(2))
    assert first == second
    assert first != soc_program(_FULL, kind, seed=8, sequences=5)


def _of(kind: str, changed: Callable[[SocProgram], object]) -> list[object]:
    return [changed(soc_program(_FULL, kind, seed=3, sequences=4, only=only)) for only in (None, 2)]


def test_a_sequence_can_be_left_alone_in_a_program() -> None:
    assert _of("alu", lambda program: len(program.starts)) == [4, 1]
    code, alone = _of("alu", lambda program: program.contents[0x4000_0000])
    assert isinstance(code, bytes)
    assert isinstance(alone, bytes)
    assert len(alone) < len(code)


def test_an_address_is_in_a_sequence() -> None:
    program = soc_program(_FULL, "alu", seed=3, sequences=4)
    assert program.sequence_at(program.starts[0] - 4) is None
    assert [program.sequence_at(start) for start in program.starts] == [0, 1, 2, 3]
    assert program.sequence_at(program.starts[2] - 4) == 1


def test_labels_may_be_before_and_behind() -> None:
    code = Code()
    back, on = code.new_label(), code.new_label()
    code.place(back)
    code.branch_to(0, 0, 0, on)
    code.jump_to(0, back)
    code.place(on)
    words = [int.from_bytes(code.image[at : at + 4], "little") for at in (0, 4)]
    assert words == [0x00000463, 0xFFDFF06F]


def test_a_branch_that_is_too_long_is_refused() -> None:
    code = Code()
    on = code.new_label()
    code.branch_to(0, 0, 0, on)
    for _ in range(1024):
        code.immediate(0, 0, 0, 0)
    code.place(on)
    with pytest.raises(AssertionError, match="a branch cannot reach 4100 bytes"):
        _ = code.image
