from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.design import Design
from playground.progress import Progress
from playground.tracing import Traced
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import example_profile
from tests.profiles.timelines import example_timeline
from toolchain import ArtifactCache

Cfu = Callable[..., Ran]
Asked = list[tuple[Design, frozenset[int]]]


@pytest.fixture
def asked(flow: FakeFlow, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Replace what traces by what makes up a trace; return what it is asked for."""
    designs: Asked = []

    def trace_design(
        design: Design, *, layers: frozenset[int], cache: ArtifactCache, progress: Progress
    ) -> Traced:
        designs.append((design, layers))
        return Traced(example_profile(), example_timeline(), {}, resolution=1_234)

    monkeypatch.setattr("playground.tracing.trace_design", trace_design)
    return designs


def test_a_trace_is_written(cfu: Cfu, asked: Asked) -> None:
    ran = cfu(
        *("trace", "digits_cnn", "--cfu", "simd_mac", "--cpu", "perf", "-o", "a.json"),
        *("--max-cycles", "99"),
    )
    assert ran.code == 0, ran.err
    assert ran.out == ""
    assert "traceEvents" in json.loads(Path("a.json").read_text())
    assert "wrote `a.json`, " in ran.err
    assert "ui.perfetto.dev" in ran.err
    assert "calls shorter than 1,234 cycles are shown together" in ran.err
    ((design, layers),) = asked
    assert (design.cfu, design.cpu, design.max_cycles) == ("simd_mac", "perf", 99)
    assert layers == frozenset()


def test_the_format_may_be_named(cfu: Cfu, asked: Asked) -> None:
    ran = cfu("trace", "digits_cnn", "-o", "a.json", "--format", "folded", "--layers", "1,3-4")
    assert ran.code == 0, ran.err
    assert Path("a.json").read_text().startswith("0 CONV_2D 10\n")
    assert asked[0][1] == {1, 3, 4}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "a.json", "--format", "xml"), "there is no format `xml`"),
        (("-o", "absent/a.json"), "cannot write `absent/a.json`: there is no directory `absent`"),
        (("-o", "a.json", "--layers", "x"), "`x` in `--layers x` is no layer or range of layers"),
        ((), "missing option '--output' / '-o'"),
    ],
)
def test_what_cannot_be_done(
    cfu: Cfu, asked: Asked, options: tuple[str, ...], message: str
) -> None:
    ran = cfu("trace", "digits_cnn", *options)
    assert ran.code == 1
    assert message in ran.err
    assert not asked
