"""Searches as they are, with nothing made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boards import find_board
from gateware import load_cfu
from playground.cli import main
from playground.explore.files import pack
from playground.explore.objectives import Measured
from playground.explore.trial import Order, evaluate
from playground.resolve import Choices, resolve
from soc import find_cpu
from soc.synthesis import board_device
from soc.synthesis.device import find_device
from soc.synthesis.estimate import estimate_cfu
from toolchain import ArtifactCache, ToolSource, find_fpga_tools
from toolchain.shared_cache import SharedCache, open_store


def test_the_front_of_a_small_search_is_that_of_the_rtl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = (
        "explore", "digits_cnn", "--cfu", "array", "--search", "cfu.units=2,8", "--search",
        "cpu.prediction=none,static", "--sampler", "grid", "--workers", "2", "--json",
    )  # fmt: skip
    code = main(arguments)
    printed = capsys.readouterr()
    assert code == 0, printed.err
    values = json.loads(printed.out)
    assert len(values["trials"]) == 4
    assert not [trial for trial in values["trials"] if "failed" in trial]
    assert len(values["front"]) >= 2
    assert all(point["rtl_cycles"] == point["cycles"] for point in values["front"])


def test_an_estimate_of_area_is_near_to_what_is_placed() -> None:
    cache = ArtifactCache.default()
    design = resolve(Choices(Path("/"), model="digits_cnn", cfu="mac4", cpu="up5k"), project=None)
    found = evaluate(Order(pack(design), fpga="fomu", base_cpu="up5k"), cache=cache)
    assert isinstance(found, Measured)
    assert found.cells == pytest.approx(3_491, rel=0.03)  # docs/ladder.md, after routing
    assert found.dsp == 8
    device = find_device(board_device(find_board("fomu"), cache=cache))
    yosys = find_fpga_tools(device.family.name, ToolSource.YOWASP).yosys
    alone = load_cfu("inner_loop_up5k", directory=Path())
    assert estimate_cfu(alone, device, yosys=yosys, cache=cache).cells == pytest.approx(
        2_351, rel=0.03
    )


def test_what_one_cache_made_another_runs(tmp_path: Path) -> None:
    design = resolve(Choices(Path("/"), model="digits_cnn", cfu="mac4"), project=None)
    order = Order(pack(design), fpga="ulx3s")
    store = open_store(str(tmp_path / "store"))
    made = evaluate(order, cache=SharedCache(tmp_path / "one", store))
    assert isinstance(made, Measured)
    for path in (tmp_path / "store" / "trial").rglob("*.tar.gz"):
        path.unlink()  # of its parts it is made again
    other = SharedCache(tmp_path / "other", store)
    assert evaluate(order, cache=other) == made
    assert find_cpu("full").verilog_file(other).is_file()
