from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from profiles.report import Report, report_page
from profiles.report.colours import COLOURS
from profiles.report.page import page, security_policy
from tests.profiles.examples import MISMATCH, example_layer, example_profile
from tests.profiles.report.reports import HOSTILE, example_report, hostile_report

_SECTIONS = ["layers", "causes", "bounds", "history", "memory", "graph", "provenance"]


class _Outline(HTMLParser):
    """What elements a page has, which are open at its end, and what its attributes are."""

    _VOID = frozenset({"br", "meta", "link", "path", "rect", "use"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._VOID:
            assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]


@pytest.fixture(scope="module")
def text() -> str:
    return report_page(example_report())


def test_a_page_is_well_formed_and_has_its_sections(text: str) -> None:
    outline = _Outline(text)
    assert outline.open == []
    ids = outline.values("id")
    assert [name for name in ids if name in _SECTIONS] == _SECTIONS
    assert len(ids) == len(set(ids))
    links = [link for link in outline.values("href") if link != "data:,"]
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_the_file_needs_no_other(text: str) -> None:
    outline = _Outline(text)
    assert not {"img", "iframe", "object", "embed", "form", "base"} & set(outline.tags)
    assert outline.values("src") == []
    assert not re.search(r"url\((?!#)|@import", text)
    assert len(text) < 2_000_000
    assert outline.tags.count("script") == 1


def test_nothing_of_a_name_becomes_markup() -> None:
    text = report_page(hostile_report())
    text.encode()
    outline = _Outline(text)
    assert outline.open == []
    assert outline.tags.count("script") == 1
    assert "img" not in outline.tags
    assert not any(name.startswith("on") for _, name, _ in outline.attributes)
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;window.stolen = 1&lt;/script&gt;" in text
    assert HOSTILE not in text


def test_the_policy_allows_the_pages_own_script_only(text: str) -> None:
    policy = security_policy()
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "connect-src 'self'" in security_policy(is_served=True)
    assert f'content="{policy}"'.replace("'", "&#x27;") in text


def test_colours_for_light_dark_and_paper(text: str) -> None:
    assert set(re.findall(r"var\(--([\w-]+)\)", text)) <= set(COLOURS)
    for name, (light, dark) in COLOURS.items():
        assert text.count(f"--{name}: {light}") == 2  # on screen and on paper
        assert text.count(f"--{name}: {dark}") == 2  # by the system and by the switch


def test_the_same_report_is_the_same_file(text: str) -> None:
    assert report_page(example_report()) == text


def test_the_figures_that_come_first(text: str) -> None:
    assert "<b>67,500</b><span>cycles (rtl)</span><small>0.675 ms at 100 MHz</small>" in text
    assert "<b>4.00×</b><span>against baseline</span>" in text
    assert '<b class="good">bit-exact</b>' in text
    assert "Something was not at hand." in text


def test_a_wrong_run_says_so_first() -> None:
    wrong = example_layer(0, bit_exact=False, mismatch=MISMATCH)
    run = dataclasses.replace(example_report().runs[0], profile=example_profile(layers=(wrong,)))
    text = report_page(Report((dataclasses.replace(run, advice=None),)))
    assert '<b class="bad">1 layers WRONG</b>' in text
    assert "WRONG: " in text


def test_sections_without_content_are_left_out() -> None:
    run = dataclasses.replace(
        example_report().runs[0], profile=example_profile(), advice=None, memories=()
    )
    text = report_page(Report((run,)))
    assert re.findall(r'<section id="(\w+)"', text) == ["layers", "provenance"]


def test_a_page_that_watches_a_server() -> None:
    text = page("runs", "a & b", watched="12", is_live=True)
    assert '<html lang="en" data-watched="12" data-live="">' in text
    assert "connect-src &#x27;self&#x27;" in text
    assert "a &amp; b" in text
