"""Proofs that a CFU keeps to the handshake of its bus, whatever it is sent and however stalled.

Yosys makes an and-inverter graph of the CFU and of the rules around it, and ABC's `pdr`
(property-directed reachability, Een, Mishchenko, Brayton, FMCAD 2011) proves for every cycle that
none is broken, or finds commands that break one. What a multiplier or a memory says is arbitrary
there, since the handshake should not depend on it; what is found that way is simulated with the CFU
as it is before it is called a fault. All of this is in the wheel of Yosys.
"""

from __future__ import annotations

__all__ = ["HandshakeProof", "prove_cfu", "prove_handshake"]

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateware.cfu import Cfu
from gateware.formal_bench import HandshakeBench
from gateware.formal_replay import Replay, replay
from gateware.formal_rules import Promise
from gateware.latency import Latency
from gateware.load import load_cfu, load_model, make_cfu
from gateware.spec import CfuArtifact, CfuSpec
from toolchain import ArtifactCache, ToolFailed, digest, run_tool
from toolchain.fpga_tools import yosys

_OURS = (
    "formal.py",
    "formal_abstraction.v",
    "formal_bench.py",
    "formal_replay.py",
    "formal_rules.py",
)
_LONGEST_LATENCY = 64
_SECONDS = 120
_CYCLES = 10_000
# Contents of memories, which are arbitrary here and take Yosys longer to read than all the rest.
_CONTENTS = re.compile(
    r"^[ \t]*initial begin\n(?:[ \t]*\S+ ?\[\d+\] = [^;\n]+;\n)+[ \t]*end\n", re.MULTILINE
)
_FREE = re.compile(r"^input (\d+) (\d+) (free_\w+)$", re.MULTILINE)
_CHOSEN = re.compile(r"\bpi(\d+)@(\d+)=([01])")


@dataclass(frozen=True)
class HandshakeProof:
    """What is known of a CFU's handshake.

    Attributes
    ----------
    is_proven
        Whether no rule can ever be broken.
    depth
        If not, for how many cycles after reset it is known that none can be.
    broken
        Names of rules, of `gateware.formal_rules.RULES`, that the CFU breaks in `trace`.
    trace
        What happens on the bus in each cycle until then, a line each.
    unfollowed
        Instructions that may take too long for it to be proven when they answer.
    is_accepting
        Whether it is proven, too, that no command has to wait for long, once the earlier ones are
        answered: `gateware.formal_rules.REFUSED_CYCLES` at most in which it could be accepted.
    has_memory
        Whether the rules of a memory port are among what is proven.
    obstacle
        Why nothing at all is known, in Yosys's words.
    is_settled
        Whether more time would bring nothing new.
    """

    is_proven: bool
    depth: int = 0
    broken: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    unfollowed: tuple[str, ...] = ()
    is_accepting: bool = False
    has_memory: bool = False
    obstacle: str | None = None
    is_settled: bool = True


def prove_cfu(
    reference: str, *, directory: Path, cache: ArtifactCache | None = None
) -> HandshakeProof:
    """Prove the handshake of the CFU of a reference.

    Parameters
    ----------
    reference, directory
        As in `gateware.load_cfu`.

    Raises
    ------
    PlaygroundError
        If the CFU cannot be loaded, or a tool fails.
    """
    artifact = load_cfu(reference, directory=directory)
    cfu = make_cfu(reference, directory=directory)
    model = cfu if cfu is not None else load_model(reference, directory=directory)
    return prove_handshake(
        artifact,
        answers_zero=cfu is not None,
        patience_cycles=getattr(model, "patience_cycles", Cfu.patience_cycles),
        cache=cache,
    )


def prove_handshake(
    artifact: CfuArtifact,
    *,
    answers_zero: bool = True,
    patience_cycles: int = Cfu.patience_cycles,
    cache: ArtifactCache | None = None,
    seconds: int = _SECONDS,
    cycles: int = _CYCLES,
) -> HandshakeProof:
    """Prove the handshake of a CFU's Verilog, or find how it is broken.

    Every response is asked for by a command, comes within the latency of its instruction (cycles
    in which memory keeps the CFU waiting not counted), and stays unchanged until it is taken.

    Parameters
    ----------
    answers_zero
        Whether responses without a meaning, and those to ids that no instruction has, are 0, the
        latter after one cycle. If not, they are any, at any time.
    patience_cycles
        A CFU that accepts no command for so long is taken for a stuck one. Of one that has more
        patience than others it is known that commands wait, and that is not looked at.
    seconds, cycles
        When to be content with a proof for the first cycles after reset: after how long, or if
        it is for so many of them.

    Raises
    ------
    ToolMissing
        If Yosys's wheel is not installed.
    """
    cache = cache or ArtifactCache.default()
    key = digest(
        artifact.spec,
        artifact.files,
        answers_zero,
        patience_cycles,
        [Path(__file__).with_name(name) for name in _OURS],
        yosys().identity,
    )

    def produce(directory: Path) -> None:
        prover = _Prover(artifact, directory, cache, answers_zero=answers_zero)
        engine = f"pdr,-n,-T,{seconds},-F,{cycles}"
        proof = prover.prove(engine)
        if proof.is_proven and patience_cycles <= Cfu.patience_cycles:
            proof = prover.prove_acceptance(proof, engine, patience_cycles)
        if not proof.is_settled:
            raise _NotSettledError(proof)
        (directory / "proof.json").write_text(json.dumps(dataclasses.asdict(proof)))

    try:
        entry = cache.build("handshake", key, produce)
    except _NotSettledError as error:
        return error.proof
    return _from_json(json.loads((entry / "proof.json").read_text()))


class _NotSettledError(Exception):
    """Time ran out: nothing to keep, since another time it may not."""

    def __init__(self, proof: HandshakeProof) -> None:
        super().__init__()
        self.proof = proof


class _Prover:
    """Makes the files of a proof in a directory of its own, and reads what came out."""

    def __init__(
        self,
        artifact: CfuArtifact,
        directory: Path,
        cache: ArtifactCache,
        *,
        answers_zero: bool,
    ) -> None:
        self._spec = artifact.spec
        self._directory = directory
        self._cache = cache
        self._yosys = yosys()
        self._promises, self._unfollowed = _promises(artifact.spec, answers_zero=answers_zero)
        self._other = Promise(Latency.fixed(1), is_zero=True) if answers_zero else None
        self._sources = [f"source_{n}_{file.name}" for n, file in enumerate(artifact.files)]
        for name, file in zip(self._sources, artifact.files, strict=True):
            (directory / name).write_text(file.text)
            (directory / f"empty_{name}").write_text(_CONTENTS.sub("", file.text))
        (directory / "abstraction.v").write_text(
            Path(__file__).with_name("formal_abstraction.v").read_text()
        )
        # ABC is run on another circuit than this one, which it gets back.
        (directory / "carrier.v").write_text(
            "module carrier(input a, b, output y);\n  assign y = a & b;\nendmodule\n"
        )

    def prove(self, engine: str) -> HandshakeProof:
        """Return what is known after running a command of ABC, its words joined by commas."""
        bench = self._bench()
        verdict, depth = self._decide(engine)
        if verdict == "unread":
            return self._proof(obstacle=self._obstacle)
        if verdict == "unsat":
            return self._proof(is_proven=True)
        if verdict == "unknown":
            return self._proof(is_settled=False, depth=depth)
        found = self._replay(bench)
        if found.broken:
            return self._proof(broken=found.broken, trace=found.cycles)
        return self._proof(depth=depth)

    def prove_acceptance(
        self, proof: HandshakeProof, engine: str, patience_cycles: int
    ) -> HandshakeProof:
        """Return what is known after commands' acceptance was looked at, too."""
        bench = self._bench(watches_acceptance=True)
        verdict, _ = self._decide(engine)
        if verdict == "sat":
            found = self._replay(bench, more_cycles=patience_cycles)
            if found.broken and found.is_stuck:
                return self._proof(broken=found.broken, trace=found.cycles)
        return dataclasses.replace(
            proof, is_accepting=verdict == "unsat", is_settled=verdict != "unknown"
        )

    def _bench(self, *, watches_acceptance: bool = False) -> HandshakeBench:
        bench = HandshakeBench(
            self._spec, self._promises, other=self._other, watches_acceptance=watches_acceptance
        )
        (self._directory / "bench.v").write_text(bench.verilog())
        return bench

    def _replay(self, bench: HandshakeBench, *, more_cycles: int = 0) -> Replay:
        """Simulate what ABC found."""
        return replay(
            self._spec,
            [*self._sources, "bench.v"],
            _chosen(
                (self._directory / "bench.map").read_text(),
                (self._directory / "found.txt").read_text(),
            ),
            bench.free,
            bench.rules,
            more_cycles=more_cycles,
            cache=self._cache,
            directory=self._directory,
        )

    def _proof(self, **values: Any) -> HandshakeProof:
        return HandshakeProof(
            **{"is_proven": False, **values},
            unfollowed=self._unfollowed,
            has_memory=self._spec.memory_port,
        )

    def _decide(self, engine: str) -> tuple[str, int]:
        """Return "unsat", "sat" or "unknown" with a number of cycles, or "unread"."""
        # Most CFUs need not know of memories that they stay as they are, and this is quicker.
        verdict, depth = self._decide_of("cutpoint t:$mem_v2 t:$mul", engine)
        if verdict == "sat":
            return self._decide_of("techmap -map abstraction.v", engine)
        return verdict, depth

    def _decide_of(self, abstract: str, engine: str) -> tuple[str, int]:
        script = [
            "read_verilog -sv bench.v",
            "hierarchy -check -top handshake_bench",
            "proc -norom",
            "flatten",
            "delete -port o:* o:failed %d",
            "opt_clean",
            "memory_collect",
            "opt -fast",
            abstract,
            "opt -full",
            "async2sync",
            "dffunmap",
            "setundef -undriven -anyseq",
            "setundef -anyseq",
            "techmap",
            "simplemap",
            "opt_clean",
            "aigmap",
            "opt_clean",
            "write_aiger -zinit -vmap bench.map bench.aig",
        ]
        if not self._read(script):
            return "unread", 0
        commands = [
            "write_blif,carrier.blif",
            "read_aiger,bench.aig",
            "dc2",
            engine,
            "write_status,status.txt",
            "write_cex,-n,-f,found.txt",
            "read_blif,carrier.blif",
            "strash",
        ]
        script = ["read_verilog carrier.v", "techmap", f"abc -script +{';'.join(commands)}"]
        self._run(script, "proving the handshake of")
        return _status((self._directory / "status.txt").read_text())

    def _read(self, script: Sequence[str]) -> bool:
        """Run a script behind a reader that knows all of the CFU's language, if there is one."""
        sources = [f"empty_{name}" for name in self._sources]
        readers = (
            [f"read_verilog -sv {source}" for source in sources],
            # All of SystemVerilog, in a process that cannot have threads.
            [f"read_slang --threads 1 --top Cfu {' '.join(sources)}"],
        )
        for reader in readers:
            try:
                self._run([*reader, *script], "reading")
            except ToolFailed as error:
                lines = (error.details or error.message).splitlines()
                said = next((line for line in lines if "ERROR" in line), None)
                if said is None:
                    raise  # killed, as for want of memory, which says nothing of the CFU
                self._obstacle = said
            else:
                return True
        return False

    def _run(self, script: Sequence[str], what: str) -> None:
        (self._directory / "script.ys").write_text("\n".join(script) + "\n")
        what = f"{what} CFU `{self._spec.name}`"
        run_tool(self._yosys, ["-q", "script.ys"], cwd=self._directory, what=what)


def _promises(
    spec: CfuSpec, *, answers_zero: bool
) -> tuple[dict[int, Promise | None], tuple[str, ...]]:
    """Return what is followed, and the names of instructions that cannot be."""
    promises: dict[int, Promise | None] = {}
    unfollowed = []
    for instruction in spec.instructions:
        promises[instruction.function_id] = None
        if instruction.latency.maximum > _LONGEST_LATENCY:
            unfollowed.append(instruction.name)
        else:
            promises[instruction.function_id] = Promise(
                instruction.latency, is_zero=answers_zero and not instruction.has_result
            )
    return promises, tuple(unfollowed)


def _status(text: str) -> tuple[str, int]:
    """Read what ABC's `write_status` wrote."""
    verdict, depth = text.split()[:2]
    return verdict.removeprefix("snl_").lower().replace("unk", "unknown"), int(depth)


def _chosen(names: str, found: str) -> list[Mapping[str, int]]:
    """Return the values of the bench's free inputs in each cycle of what ABC found.

    Parameters
    ----------
    names
        Map of Yosys's `write_aiger`: "input <index> <bit> <name>".
    found
        What ABC's `write_cex` wrote: "pi<index>@<cycle>=<value>".
    """
    bits = {}
    for index, bit, name in _FREE.findall(names):
        bits[int(index)] = name, int(bit)
    cycles: dict[int, dict[str, int]] = {}
    for chosen_index, cycle, value in _CHOSEN.findall(found):
        values = cycles.setdefault(int(cycle), {})
        if int(chosen_index) in bits:
            name, place = bits[int(chosen_index)]
            values[name] = values.get(name, 0) | int(value) << place
    return [cycles.get(cycle, {}) for cycle in range(max(cycles, default=-1) + 1)]


def _from_json(values: Mapping[str, Any]) -> HandshakeProof:
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return HandshakeProof(**{**values, **lists})
