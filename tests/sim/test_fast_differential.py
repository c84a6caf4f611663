"""The fast simulator shows what the Verilated SoC shows, to the cycle, whatever is executed.

`CFU_SEED=N` tries one seed instead of all, `CFU_PROGRAMS=N` so many programs of each kind. The
failures of the last run are in pytest's cache (`.pytest_cache/v/fast_differential`).
"""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from soc import find_cpu
from tests.sim.cpu_variants import CPU_VARIANTS
from tests.sim.soc_comparison import Pair, compare
from tests.sim.soc_programs import kinds_of, soc_program
from tests.sim.soc_runs import cfu_verilog, fast, put_program, run, soc_for, verilated
from toolchain import ArtifactCache

_SEQUENCES = 50  # of a program
_PROGRAMS = {"full": 10}
_PROGRAMS_ELSE = 3
# What the fast simulator refuses, and how it says so.
_REFUSED: Mapping[str, Mapping[str, object]] = {
    "interrupts": {"kind": "interrupts", "pc": 0, "address": 0}
}
_CASES = [
    (cpu, kind) for cpu in CPU_VARIANTS for kind in kinds_of(find_cpu(cpu)) if kind not in _REFUSED
]
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


def _assert_the_same(
    pair: Pair, cpu: str, kind: str, cfu: str, directory: Path, request: pytest.FixtureRequest
) -> None:
    for seed in _seeds(cpu):
        program = soc_program(find_cpu(cpu), kind, seed=seed, sequences=_SEQUENCES)
        options = put_program(program, directory)
        found = compare(pair, options, directory, program=program).difference
        if found is not None:
            named = f"--cpu {shlex.quote(cpu)} --cfu {cfu} --kind {kind} --seed {seed}"
            command = f"python -m tests.sim.first_difference {named}"
            request.config.cache.set(
                f"fast_differential/{cpu}-{cfu}-{kind}", {"seed": seed, "command": command}
            )
            pytest.fail(f"{command}\n{found}", pytrace=False)


@pytest.mark.parametrize(("cpu", "kind"), _CASES)
def test_programs_take_the_same_cycles_and_leave_the_same_memory(
    cpu: str,
    kind: str,
    pair_of: Callable[[str, str], Pair],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    _assert_the_same(pair_of(cpu, "random"), cpu, kind, "random", tmp_path, request)


@pytest.mark.parametrize("kind", ["cfu", "all"])
@pytest.mark.parametrize("cfu", ["quiet", "none", "mac4", "array"])
def test_a_cfu_that_stands_still_between_commands_is_as_exact(
    cfu: str,
    kind: str,
    pair_of: Callable[[str, str], Pair],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    _assert_the_same(pair_of("full", cfu), "full", kind, cfu, tmp_path, request)


@pytest.mark.parametrize(("cpu", "kind"), _REFUSED_CASES)
def test_what_is_not_modelled_is_refused(
    cpu: str, kind: str, pair_of: Callable[[str, str], Pair], tmp_path: Path
) -> None:
    program = soc_program(find_cpu(cpu), kind, seed=0, sequences=_SEQUENCES)
    options = put_program(program, tmp_path)
    report = run(pair_of(cpu, "random").other, options, tmp_path).report
    assert report["exit"] == "fault"
    assert report["fault"].items() >= _REFUSED[kind].items()
