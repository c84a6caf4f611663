from __future__ import annotations

from pathlib import Path

from soc.synthesis import recall_report, remember_report
from tests.soc.synthesis.examples import example_report
from toolchain import ArtifactCache

_CFU = "12" * 32


def test_the_latest_report_is_recalled(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path)
    assert recall_report(build="soc", cfu=_CFU, cache=cache) is None
    for seed in (1, 7):
        remember_report(example_report(seed=seed), build="soc", cache=cache)
    found = recall_report(build="soc", cfu=_CFU, cache=cache)
    assert found == example_report(seed=7)
    assert recall_report(build="other", cfu=_CFU, cache=cache) is None
    assert recall_report(build="soc", cfu="34" * 32, cache=cache) is None


def test_a_damaged_record_is_none(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path)
    remember_report(example_report(), build="soc", cache=cache)
    (record,) = (tmp_path / "synthesized").iterdir()
    record.write_text(record.read_text()[:100])
    assert recall_report(build="soc", cfu=_CFU, cache=cache) is None
