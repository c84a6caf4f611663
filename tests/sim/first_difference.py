"""Say where the fast simulator first differs from the Verilated SoC, instruction by instruction.

Of a program at random: `python -m tests.sim.first_difference --cpu full --kind loads --seed 7`.
Of a firmware: `python -m tests.sim.first_difference --model digits_cnn --cfu mac4`.

With `--cut`, of a single sequence (`--only`): the instruction behind which it must end for values
to differ, when they do long before a cycle does.

The columns are: the instruction's number, the cycle in which it left the last stage, the cycles
since the one before, its address, the instruction. Exits with 1 when there is a difference.
"""

from __future__ import annotations

__all__ = ["main"]

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playground.built import build_image, build_simulated_soc, read_design
from playground.inputs import read_inputs
from playground.resolve import Choices, resolve
from soc import SocBuild, find_cpu
from tests.sim.instruction_text import instruction_text
from tests.sim.soc_code import CODE
from tests.sim.soc_comparison import Pair, compare
from tests.sim.soc_programs import KINDS, SocProgram, soc_program
from tests.sim.soc_runs import (
    CFUS,
    cfu_verilog,
    fast,
    put_firmware,
    put_program,
    soc_for,
    verilated,
)
from toolchain import ArtifactCache, PlaygroundError


@dataclass(frozen=True)
class _Case:
    """A program with the SoC and the CFU that it is for.

    Attributes
    ----------
    options
        By which a simulator gets it.
    program
        It, if it is one at random.
    """

    soc: SocBuild
    cfu: str
    options: Sequence[str]
    program: SocProgram | None


def main() -> int:
    """Run a program on both and print the first difference; return the exit status."""
    arguments = _parser().parse_args()
    directory = Path(tempfile.mkdtemp(prefix="first-difference-"))
    try:
        return 0 if _compare(arguments, directory) else 1
    except PlaygroundError as error:
        _say("\n".join(filter(None, (f"error: {error}", error.hint, error.details))))
        return 2
    finally:
        if arguments.keep:
            _say(f"files are in {directory}")
        else:
            shutil.rmtree(directory)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", default=None, help="CPU variant: full")
    parser.add_argument("--kind", default="all", choices=KINDS, help="of program")
    parser.add_argument("--seed", type=int, default=0, help="of the first program")
    parser.add_argument("--seeds", type=int, default=1, help="how many programs to try")
    parser.add_argument("--sequences", type=int, default=50, help="in a program")
    parser.add_argument("--rounds", type=int, help="how often each sequence is executed")
    parser.add_argument("--only", type=int, help="number of the one sequence to leave in it")
    parser.add_argument("--cut", action="store_true", help="look for the first wrong value")
    parser.add_argument("--cfu", help=f"name of a CFU, or {', '.join(CFUS)}: random, none")
    parser.add_argument("--kernels", help="kernels of the firmware")
    parser.add_argument("--model", help="run a firmware with this model instead of a program")
    parser.add_argument("--max-cycles", type=int)
    parser.add_argument("--around", type=int, default=12, help="instructions to print")
    parser.add_argument("--fast", type=Path, help="program to use instead of a newly built one")
    parser.add_argument("--keep", action="store_true", help="leave all files where they are")
    return parser


def _compare(arguments: argparse.Namespace, directory: Path) -> bool:
    cache = ArtifactCache.default()
    if arguments.cut:
        return _cut(arguments, directory, cache)
    if arguments.model is not None:
        case = _firmware_case(arguments, directory, cache)
        return _compare_case(case, "the firmware", arguments, directory, cache)
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        case = _program_case(arguments, seed, directory, cache)
        if not _compare_case(case, f"seed {seed}", arguments, directory, cache):
            return False
    return True


def _cut(arguments: argparse.Namespace, directory: Path, cache: ArtifactCache) -> bool:
    """Print behind which instruction a sequence must end for values to differ."""
    case = _program_case(arguments, arguments.seed, directory, cache)
    pair = _pair(case, arguments, directory, cache)
    assert case.program is not None
    for address, program in case.program.cut():
        compared = compare(pair, put_program(program, directory), directory, program=program)
        if compared.difference is not None:
            words = case.program.contents[CODE][: address - CODE]
            for at in range(max(0, len(words) - 4 * arguments.around), len(words), 4):
                word = int.from_bytes(words[at : at + 4], "little")
                _say(f"   {CODE + at:08x}  {instruction_text(word, CODE + at)}")
            _say(compared.difference.splitlines()[-4 if "->" in compared.difference else 0])
            return False
    _say("nothing differs")
    return True


def _program_case(
    arguments: argparse.Namespace, seed: int, directory: Path, cache: ArtifactCache
) -> _Case:
    cpu = find_cpu(arguments.cpu or "full")
    program = soc_program(
        cpu,
        arguments.kind,
        seed=seed,
        sequences=arguments.sequences,
        rounds=arguments.rounds,
        only=arguments.only,
    )
    return _Case(
        soc=soc_for(cpu, arguments.cfu or "random", cache=cache),
        cfu=cfu_verilog(arguments.cfu or "random"),
        options=put_program(program, directory),
        program=program,
    )


def _firmware_case(arguments: argparse.Namespace, directory: Path, cache: ArtifactCache) -> _Case:
    choices = Choices(
        directory=Path.cwd(),
        model=arguments.model,
        cfu=arguments.cfu,
        kernels=arguments.kernels,
        board="sim",
        cpu=arguments.cpu,
    )
    design = resolve(choices, project=None)
    parts = read_design(design, cache=cache)
    soc = build_simulated_soc(parts, cache=cache)
    inputs = read_inputs(parts.model, design.inputs).first()
    image = build_image(parts, soc, cache=cache)
    options = put_firmware(image, inputs.inferences, soc.memory_map.reset_address, directory)
    return _Case(soc=soc, cfu=parts.cfu.verilog, options=options, program=None)


def _compare_case(
    case: _Case,
    name: str,
    arguments: argparse.Namespace,
    directory: Path,
    cache: ArtifactCache,
) -> bool:
    """Print how a case ends and return whether it does so on both."""
    pair = _pair(case, arguments, directory, cache)
    options = [*case.options]
    if arguments.max_cycles is not None:
        options += ["--max-cycles", str(arguments.max_cycles)]
    compared = compare(pair, options, directory, program=case.program, around=arguments.around)
    same = (
        f"the same {compared.instructions} instructions, {compared.cycles} cycles, {compared.exit}"
    )
    _say(f"{name}: {compared.difference or same}")
    return compared.difference is None


def _pair(
    case: _Case, arguments: argparse.Namespace, directory: Path, cache: ArtifactCache
) -> Pair:
    return Pair(
        verilated(case.soc, case.cfu, cache=cache),
        fast(case.soc, case.cfu, directory, cache=cache, program=arguments.fast),
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
