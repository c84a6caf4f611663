from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from profiles.report.markup import Markup, clean, element, joined, lines


class _Reader(HTMLParser):
    """Reads a page back: its tags, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_text_comes_back_as_it_was(text: str) -> None:
    reader = _Reader()
    reader.feed(element("p", element("b", text), title=text, class_=None))
    reader.close()
    assert reader.tags == [("p", {"title": text}), ("b", {})]
    assert reader.text == text


def test_markup_is_not_escaped_again() -> None:
    assert joined(["a & b", Markup("<br>"), None]) == "a &amp; b<br>"
    assert lines("a\n<b>") == "a<br>&lt;b&gt;"
    assert lines("of `cfu <x>`\n`") == "of <code>cfu &lt;x&gt;</code><br>`"
    assert (
        element("th", data_value=3, aria_sort="none") == '<th data-value="3" aria-sort="none"></th>'
    )


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_what_is_shown_is_one_line_that_can_be_written(text: str, limit: int) -> None:
    shown = clean(text, limit=limit)
    shown.encode()
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert clean(shown, limit=limit) == shown


def test_what_would_deceive_is_replaced() -> None:
    assert clean("a\x00b\x1b[31m\u202egpj.exe\u2066\ud800") == "a�b�[31m�gpj.exe��"
    assert clean("a\n\tb\u2028c") == "a  b c"
    assert element("p", "\x00", title="\ud800") == '<p title="�">�</p>'
    assert clean("x" * 200, limit=5) == "xxxx…"
