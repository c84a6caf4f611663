from __future__ import annotations

from profiles.report import MemoryUse
from profiles.report.memory_map import memory_map


def test_a_memory_that_is_well_used_is_shown_whole() -> None:
    html = memory_map([MemoryUse("sram", 1000, {"code": 250, "arena": 500, "tables": 0})])
    assert "750 of 1,000 bytes (75.0%), 250 free</p>" in html
    assert "width: 25.000%" in html
    assert "width: 50.000%" in html
    assert "tables" not in html


def test_of_a_large_memory_what_is_used_is_shown() -> None:
    html = memory_map([MemoryUse("main_ram", 1 << 24, {"code": 300, "<x>": 100})])
    assert "the bar is what is used" in html
    assert "width: 75.000%" in html
    assert "&lt;x&gt; 100" in html
