from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from profiles.advice import Advice, Engine, advise
from profiles.advice_plot import COLOURS
from profiles.advice_report import advice_report, save_report
from tests.profiles.examples import example_layer, example_profile
from toolchain import PlaygroundError

_PROFILE = example_profile(
    layers=(
        example_layer(0, cycles=20_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(1, cycles=21_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(2, operator="<SOFTMAX>", macs=0, cycles=6_000, instructions=3_840),
    )
)


def _advice() -> Advice:
    return advise(_PROFILE, Engine("array", 32, requantizes=True), bytes_of=[20_000, 21_000, 24])


def test_a_model_without_multiplications_has_a_report() -> None:
    layer = example_layer(macs=0, operator="SOFTMAX")
    profile = example_profile(layers=(layer,))
    assert "gain at most" in advice_report(profile, advise(profile, Engine(), bytes_of=[1]))


def test_plots_take_their_colours_from_the_page() -> None:
    report = advice_report(_PROFILE, _advice())
    used = set(re.findall(r"var\(--(\w+)\)", report))
    assert used == {*COLOURS, "paper"}
    for name, (light, dark) in COLOURS.items():
        assert report.count(f"--{name}: {light}") == 2  # on screen and on paper
        assert report.count(f"--{name}: {dark}") == 1


def test_the_file_needs_no_other() -> None:
    report = advice_report(_PROFILE, _advice())
    links = re.findall(r"""(?:src|href)=["']?([^"'> ]+)""", report)
    assert all(link.startswith("#") for link in links)
    assert "<script" not in report
    assert "url(http" not in report
    assert len(report) < 200_000


def test_the_text_is_escaped_and_the_same_every_time() -> None:
    report = advice_report(_PROFILE, _advice())
    assert "<td class=word>&lt;SOFTMAX&gt;</td>" in report
    assert report == advice_report(_PROFILE, _advice())
    HTMLParser().feed(report)


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    save_report(_PROFILE, _advice(), tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(PlaygroundError, match="cannot write the report"):
        save_report(_PROFILE, _advice(), tmp_path / "absent" / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
