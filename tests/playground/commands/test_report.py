from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.design import NO_CFU
from profiles import Profile, save_profile
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import example_layer, example_profile, example_split

Cfu = Callable[..., Ran]


def _explained(profile: Profile) -> Profile:
    """Give the profile as many layers as `digits_cnn` has, and what their cycles went to."""
    first, second = profile.layers
    others = (example_layer(i, operator="SOFTMAX", macs=0, cycles=1_000) for i in range(2, 6))
    layers = tuple(
        layer.model_copy(update={"split": example_split()}) for layer in (first, second, *others)
    )
    return profile.model_copy(
        update={"layers": layers, "total_cycles": sum(layer.cycles for layer in layers)}
    )


@pytest.fixture
def project(flow: FakeFlow) -> Path:
    flow.change = _explained
    Path("conv_2d.cc").touch()
    Path("cfu.toml").write_text('model = "digits_cnn"\ncfu = "simd_mac"\n')
    return Path.cwd()


def test_a_project_beside_its_baseline(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    cfu("run", "--cfu", "none", "--kernels", "none", "--as", "first")
    ran = cfu("report")
    assert ran.code == 0, ran.err
    assert [(design.cfu, design.why) for design in flow.designs[1:]] == [
        (NO_CFU, True),
        ("simd_mac", True),
    ]
    text = Path("report.html").read_text()
    size = Path("report.html").stat().st_size
    assert ran.out == f"wrote `report.html`, {size / 1e3:,.0f} kB: any browser opens it\n"
    assert "drawing the report\n" in ran.err
    assert "<h1>kws · simd_mac</h1>" in text
    for section in ("layers", "causes", "bounds", "hardware", "history", "memory", "graph"):
        assert f'<section id="{section}">' in text, section
    assert "run 1 first: " in text  # in the ladder
    assert "run 2 baseline: " not in text  # it was run for the report
    assert "<pre>cfu run digits_cnn --cfu simd_mac --kernels ." in text


def test_recorded_runs(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    assert cfu("run").code == 0
    assert cfu("run", "--cfu", "none", "--kernels", "none", "--as", "slow").code == 0
    ran = cfu("report", "slow", "1", "-o", "two.html", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["runs"] == 2
    assert len(flow.designs) == 2  # nothing was run for the report
    text = Path("two.html").read_text()
    assert "#0 baseline (run 2, slow)" in text
    assert '<th scope="row">from</th><td>run 2 of the project&#x27;s history</td>' in text
    assert '<th scope="row">label</th><td>slow</td>' in text
    # The example's digests are nobody's.
    assert "the model <code>kws</code> that ran is not at hand" in text


def test_saved_profiles(cfu: Cfu, flow: FakeFlow) -> None:
    save_profile(example_profile(), Path("a.json"))
    ran = cfu("report", "a.json")
    assert ran.code == 0, ran.err
    text = Path("report.html").read_text()
    assert "the profile `a.json`" in text
    assert "What cycles went to was not asked for: <code>cfu run --why</code> does." in text


def test_unlike_profiles(cfu: Cfu, flow: FakeFlow) -> None:
    save_profile(example_profile(), Path("a.json"))
    save_profile(example_profile(cpu="small"), Path("b.json"))
    refused = cfu("report", "a.json", "b.json")
    assert refused.code == 1
    assert "hint: `--allow-unlike`" in refused.err
    assert not Path("report.html").exists()
    assert cfu("report", "a.json", "b.json", "--allow-unlike").code == 0
    assert "NOT like with like" in Path("report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: nothing to report is named"),
        (["absent.json"], "error: cannot read the profile `absent.json`"),
        (["a.json", "-o", "absent/x.html"], "error: cannot write `absent/x.html`"),
    ],
)
def test_what_cannot_be_reported(
    arguments: list[str], message: str, cfu: Cfu, flow: FakeFlow
) -> None:
    save_profile(example_profile(), Path("a.json"))
    ran = cfu("report", *arguments)
    assert ran.code == 1
    assert ran.err.startswith(message)


def test_a_run_that_is_not_there(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    ran = cfu("report", "7")
    assert (ran.code, ran.err.split("\n")[0]) == (1, "error: the history has no run `7`")
    assert cfu("report", "nonsense").err.startswith(
        "error: there is no file, directory or run `nonsense`"
    )
