"""The fast simulator shows what the Verilated SoC shows, to the cycle, whatever is executed.

`CFU_SEED=N` tries one seed instead of all, `CFU_PROGRAMS=N` so many programs of each kind. The
failures of the last run are in pytest's cache (`.pytest_cache/v/fast_differential`).
"""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from soc import find_cpu
from tests.sim.cpu_variants import CPU_VARIANTS
from tests.sim.soc_comparison import Pair, compare
from tests.sim.soc_programs import SocProgram, kinds_of, soc_program
from tests.sim.soc_runs import cfu_verilog, fast, put_program, run, soc_for, verilated
from toolchain import ArtifactCache

_SEQUENCES = 50  # of a program
_PROGRAMS = {"full": 8}
_PROGRAMS_ELSE = 2
# What was simulated before may be recalled later: few sequences are executed often, too.
_OFTEN = {"sequences": 5, "rounds": 120}
_OFTEN_ELSE = ("branches", "mixed_memory", "cfu", "all")  # on others than `full`
_CFUS = ("port", "none", "mac4", "simd_mac")
# What the fast simulator refuses, and how it says so.
_REFUSED: Mapping[str, Mapping[str, object]] = {
    "interrupts": {"kind": "interrupts", "pc": 0, "address": 0}
}
_CASES = [
    (cpu, kind) for cpu in CPU_VARIANTS for kind in kinds_of(find_cpu(cpu)) if kind not in _REFUSED
]
_OFTEN_CASES = [(cpu, kind) for cpu, kind in _CASES if cpu in _PROGRAMS or kind in _OFTEN_ELSE]
_REFUSED_CASES = [
    (cpu, kind) for cpu in CPU_VARIANTS for kind in kinds_of(find_cpu(cpu)) if kind in _REFUSED
]


@pytest.fixture(scope="session")
def pair_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Pair]:
    """A function that returns both simulators of a CPU variant with a CFU."""
    cache = ArtifactCache.default()

    @functools.cache
    def pair(cpu: str, cfu: str) -> Pair:
        soc = soc_for(find_cpu(cpu), cfu, cache=cache)
        verilog = cfu_verilog(cfu)
        directory = tmp_path_factory.mktemp("system")
        return Pair(
            verilated(soc, verilog, cache=cache), fast(soc, verilog, directory, cache=cache)
        )

    return pair


def _seeds(cpu: str) -> range:
    if "CFU_SEED" in os.environ:
        seed = int(os.environ["CFU_SEED"])
        return range(seed, seed + 1)
    return range(int(os.environ.get("CFU_PROGRAMS", _PROGRAMS.get(cpu, _PROGRAMS_ELSE))))


@dataclass(frozen=True)
class _Case:
    """Programs of a kind, for a CPU variant with a CFU."""

    cpu: str
    kind: str
    cfu: str = "random"
    sequences: int = _SEQUENCES
    rounds: int | None = None

    @property
    def options(self) -> str:
        """What `first_difference` is to be told."""
        rounds = "" if self.rounds is None else f" --rounds {self.rounds}"
        return (
            f"--cpu {shlex.quote(self.cpu)} --cfu {self.cfu} --kind {self.kind} "
            f"--sequences {self.sequences}{rounds}"
        )

    def program(self, seed: int) -> SocProgram:
        return soc_program(
            find_cpu(self.cpu), self.kind, seed=seed, sequences=self.sequences, rounds=self.rounds
        )


@pytest.fixture
def assert_the_same(
    pair_of: Callable[[str, str], Pair], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[_Case], None]:
    """A function that fails with the first program whose runs differ."""

    def check(case: _Case) -> None:
        pair = pair_of(case.cpu, case.cfu)
        known = request.config.cache
        key = f"fast_differential/{''.join(c if c.isalnum() else '-' for c in request.node.name)}"
        if known.get(key, None) is not None:
            known.set(key, None)
        for seed in _seeds(case.cpu):
            program = case.program(seed)
            options = put_program(program, tmp_path)
            compared = compare(pair, options, tmp_path, program=program)
            found = compared.difference or (compared.exit != "finished" and compared.exit)
            if found:
                command = f"python -m tests.sim.first_difference {case.options} --seed {seed}"
                known.set(key, {"seed": seed, "command": command})
                pytest.fail(f"{command}\n{found}", pytrace=False)

    return check


@pytest.mark.parametrize(("cpu", "kind"), _CASES)
def test_programs_take_the_same_cycles_and_leave_the_same_memory(
    cpu: str, kind: str, assert_the_same: Callable[[_Case], None]
) -> None:
    assert_the_same(_Case(cpu, kind))


@pytest.mark.parametrize(("cpu", "kind"), _OFTEN_CASES)
def test_what_is_executed_often_is_as_exact(
    cpu: str, kind: str, assert_the_same: Callable[[_Case], None]
) -> None:
    assert_the_same(_Case(cpu, kind, **_OFTEN))


@pytest.mark.parametrize("kind", ["cfu", "all"])
@pytest.mark.parametrize("cfu", _CFUS)
def test_other_cfus_are_as_exact(
    cfu: str, kind: str, assert_the_same: Callable[[_Case], None]
) -> None:
    assert_the_same(_Case("full", kind, cfu))
    assert_the_same(_Case("full", kind, cfu, **_OFTEN))


@pytest.mark.parametrize(("cpu", "kind"), _REFUSED_CASES)
def test_what_is_not_modelled_is_refused(
    cpu: str, kind: str, pair_of: Callable[[str, str], Pair], tmp_path: Path
) -> None:
    program = soc_program(find_cpu(cpu), kind, seed=0, sequences=_SEQUENCES)
    options = put_program(program, tmp_path)
    report = run(pair_of(cpu, "random").other, options, tmp_path).report
    assert report["exit"] == "fault"
    assert report["fault"].items() >= _REFUSED[kind].items()
