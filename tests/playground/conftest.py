"""A flow that runs nothing, for tests of what is around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from playground.cli import main
from playground.design import NO_CFU, Design
from playground.progress import Progress
from profiles import CfuIdentity, Profile
from tests.profiles.examples import example_layer, example_profile
from toolchain import ArtifactCache


@dataclass
class FakeFlow:
    """Stands in for `run_design`: a CFU makes convolutions ten times as fast.

    Attributes
    ----------
    designs
        What it was asked to run.
    change
        Applied to each profile.
    """

    designs: list[Design] = field(default_factory=list)
    change: Callable[[Profile], Profile] = lambda profile: profile

    def __call__(self, design: Design, *, cache: ArtifactCache, progress: Progress) -> Profile:
        self.designs.append(design)
        with progress.phase("simulate", f"simulating `{design.model.stem}`", total=1) as step:
            step(1)
        if design.cfu == NO_CFU:
            return self.change(example_profile())
        kernels = tuple(path.name for path in design.kernel_files)
        name = design.cfu.partition(":")[2] or design.cfu
        layers = (
            example_layer(0, cycles=862_000, kernel=kernels[0] if kernels else "reference"),
            example_layer(1, operator="SOFTMAX", macs=0, cycles=80_000, name="probs"),
        )
        faster = example_profile(
            cfu=CfuIdentity(name=name, digest="12" * 32), kernels=kernels, layers=layers
        )
        return self.change(faster)


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeFlow:
    """Replace the flow; work in an empty directory with an empty cache."""
    fake = FakeFlow()
    monkeypatch.setattr("playground.flow.run_design", fake)
    monkeypatch.setenv("CFU_CACHE", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return fake


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cfu(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs the `cfu` command in this process."""

    def run(*arguments: str) -> Ran:
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
