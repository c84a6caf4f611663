"""What a profile is told of synthesis."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards import find_board
from playground.design import Design
from playground.progress import Silent
from playground.synthesis import with_synthesis
from profiles import CfuIdentity
from soc import find_cpu
from soc.build import hardware_digest
from soc.synthesis import remember_report
from tests.profiles.examples import example_profile
from tests.soc.synthesis.examples import example_report
from toolchain import ArtifactCache

_PROFILE = example_profile(cfu=CfuIdentity(name="simd_mac", digest="12" * 32))
_DESIGN = Design(model=Path("net.tflite"), cfu="simd_mac", board="ulx3s")


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path)


def test_what_was_synthesized_before_is_known(cache: ArtifactCache) -> None:
    board = find_board("ulx3s")
    assert with_synthesis(_PROFILE, _DESIGN, cache=cache).synthesis is None
    build = hardware_digest(board, find_cpu(board.cpu), cache=cache)
    report = example_report(board="ulx3s", bitstream=Path("/somewhere/soc.bit"))
    remember_report(report, build=build, cache=cache)
    found = with_synthesis(_PROFILE, _DESIGN, cache=cache).synthesis
    assert found == example_report(board="ulx3s")  # without this machine's path
    other = _PROFILE.model_copy(update={"cfu": CfuIdentity(name="simd_mac", digest="34" * 32)})
    assert with_synthesis(other, _DESIGN, cache=cache).synthesis is None


def test_simulation_only_has_no_area(cache: ArtifactCache) -> None:
    design = Design(model=Path("net.tflite"))
    assert with_synthesis(_PROFILE, design, cache=cache) is _PROFILE


def test_it_is_synthesized_when_asked(
    monkeypatch: pytest.MonkeyPatch, cache: ArtifactCache
) -> None:
    monkeypatch.setattr(
        "playground.synthesis.synthesize_design", lambda *_, **__: example_report(board="ulx3s")
    )
    profile = with_synthesis(_PROFILE, _DESIGN, cache=cache, progress=Silent())
    assert profile.synthesis == example_report(board="ulx3s")
