"""Reports in a real browser: what only shows when a page is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from profiles.report import save_report
from tests.chromium import PageLog, chromium, watched_page
from tests.profiles.report.reports import example_report, hostile_report

_CYCLES = "#layers table.sortable >> nth=0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    save_report(example_report(), path)
    return path.as_uri()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, PageLog]]:
    with watched_page(browser, color_scheme="light") as (page, log):
        page.goto(address)
        yield page, log
        assert log.complaints == []
        assert log.requests == [address]


def _column(page: Page, number: int) -> list[str]:
    return page.locator(f"{_CYCLES} >> tbody tr td:nth-child({number})").all_inner_texts()


def _paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def _fill_of_a_bar(page: Page) -> str:
    return str(
        page.evaluate(
            "getComputedStyle(document.querySelector('#layers svg g > title ~ path')).fill"
        )
    )


def test_it_is_there_at_once_and_asks_for_nothing(opened: tuple[Page, PageLog]) -> None:
    page, _ = opened
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    print(f"interactive after {timing['domInteractive']:.0f} ms")  # noqa: T201
    assert timing["domInteractive"] > 0
    assert timing["decodedBodySize"] == 0 or timing["decodedBodySize"] < 2_000_000
    assert page.locator("figure svg").count() == 9
    assert page.evaluate("window.stolen === undefined")


def test_sorting(opened: tuple[Page, PageLog]) -> None:
    page, _ = opened
    numbers = _column(page, 1)
    cycles = _column(page, 4)
    assert numbers == ["0", "1", "2", "3", "4", "5"]
    head = page.locator(f"{_CYCLES} >> thead th:nth-child(4)")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert _column(page, 4) == sorted(cycles, key=lambda text: -int(text.replace(",", "")))
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert _column(page, 1) == ["5", "4", "3", "2", "1", "0"]
    operators = page.locator(f"{_CYCLES} >> thead th:nth-child(2)")
    operators.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert _column(page, 2) == sorted(_column(page, 2))


def test_the_keyboard_sorts_too(opened: tuple[Page, PageLog]) -> None:
    page, _ = opened
    page.locator(f"{_CYCLES} >> thead th:nth-child(4) button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert _column(page, 1)[0] == "5"


def test_the_switch_goes_round_and_is_kept(opened: tuple[Page, PageLog], address: str) -> None:
    page, log = opened
    switch = page.locator("#theme")
    assert switch.inner_text() == "Theme: auto"
    light, bar = _paper(page), _fill_of_a_bar(page)
    switch.click()
    assert (switch.inner_text(), _paper(page)) == ("Theme: light", light)
    switch.click()
    assert switch.inner_text() == "Theme: dark"
    assert _paper(page) == "rgb(13, 17, 23)"
    assert _fill_of_a_bar(page) != bar
    page.reload()
    assert _paper(page) == "rgb(13, 17, 23)"
    assert log.requests == [address, address]
    log.requests.pop()
    page.emulate_media(media="print")
    assert _paper(page) == light


def test_the_systems_theme(browser: Browser, address: str) -> None:
    with watched_page(browser, color_scheme="dark") as (page, log):
        page.goto(address)
        assert _paper(page) == "rgb(13, 17, 23)"
        page.locator("#theme").click()
        assert _paper(page) == "rgb(255, 255, 255)"
        assert log.complaints == []


def test_it_reads_without_script(browser: Browser, address: str) -> None:
    with watched_page(browser, java_script_enabled=False) as (page, _):
        page.goto(address)
        assert page.locator("#theme").is_hidden()
        assert page.locator("#layers td >> text=CONV_2D").count() > 0
        assert page.locator("th button").count() == 0


def test_bars_tell_what_they_are(opened: tuple[Page, PageLog]) -> None:
    page, _ = opened
    titles = page.locator("#layers svg g > title").all_text_contents()
    assert "layer 0 CONV_2D, #0 baseline: 70,000 cycles, kernel reference" in titles


def test_the_pointer_is_told_at_once(opened: tuple[Page, PageLog]) -> None:
    page, _ = opened
    tip = page.locator("#tip")
    bar = page.locator("#layers svg g:has(> title) > path, #layers svg g[data-told] > path").first
    text = "layer 0 CONV_2D, #0 baseline: 70,000 cycles, kernel reference"
    assert tip.is_hidden()
    for _ in range(2):  # what was told once is told again
        bar.hover()
        assert (tip.is_visible(), tip.inner_text()) == (True, text)
        page.locator("h1").hover()
        assert tip.is_hidden()
    assert page.locator(f"#layers svg g[aria-label='{text}']").count() == 1


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_nothing_is_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    with watched_page(browser, viewport={"width": width, "height": 800}) as (page, _):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_text_in_plots_stays_in_them(opened: tuple[Page, PageLog]) -> None:
    page, _ = opened
    cut = page.evaluate("""() => [...document.querySelectorAll("figure svg")].flatMap(svg => {
        const room = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter(text => {
            const box = text.getBoundingClientRect();
            return box.left < room.left - 1 || box.right > room.right + 1
                || box.top < room.top - 1 || box.bottom > room.bottom + 1;
        }).map(text => text.textContent);
    })""")
    assert cut == []


def test_tables_fit_on_paper(browser: Browser, address: str, tmp_path: Path) -> None:
    width = 703  # of A4 without margins, in CSS pixels
    with watched_page(browser, viewport={"width": width, "height": 1000}) as (page, _):
        page.goto(address)
        page.emulate_media(media="print")
        wide = page.evaluate(
            "w => [...document.querySelectorAll('table, svg')]"
            ".filter(e => e.getBoundingClientRect().right > w + 1).map(e => e.textContent)",
            width,
        )
        assert wide == []
        assert page.locator("nav").is_hidden()
        page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_hostile_names_do_nothing(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    save_report(hostile_report(), path)
    with watched_page(browser) as (page, log):
        page.goto(path.as_uri())
        assert page.evaluate("window.stolen === undefined")
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 1
        page.locator(f"{_CYCLES} >> thead th:nth-child(4) button").click()
        assert log.complaints == []
        assert log.requests == [path.as_uri()]
