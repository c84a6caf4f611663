from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from boards import Board
from firmware.image import FirmwareImage
from tests.playground.conftest import Ran

Cfu = Callable[..., Ran]


def test_json_and_table_of_a_simulated_session(cfu: Cfu) -> None:
    ran = cfu("mlperf", "digits_cnn", "--limit", "1", "--json")
    assert ran.code == 0, ran.err
    value = json.loads(ran.out)
    assert value["accuracy"]["correct"] == 1
    assert value["performance"]["follows_rule"] is False
    table = cfu("mlperf", "digits_cnn", "--limit", "1", "--script", "performance").out
    # The commands come when they come, so the device's microseconds begin anywhere in a cycle.
    found = re.search(r"^([0-9.]+) inferences per second", table, re.MULTILINE)
    assert found is not None
    assert float(found[1]) == pytest.approx(value["performance"]["inferences_per_second"], rel=1e-3)
    assert "top-1" not in table
    assert "source: rtl (Verilator" in table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--script", "energy"], "error: there is no script `energy`"),
        (["--dataset", ".", "--label", "1"], "`--dataset` comes with its own inputs and labels"),
        (["--upload"], "error: `--upload` without `--port`"),
        (
            ["--upload", "--port", "/dev/ttyUSB0", "--board", "fomu"],
            "error: board `fomu` starts from flash, and has no BIOS to take firmware",
        ),
        (["--baud", "9600"], "error: `--baud` without `--port`"),
        (["--iterations", "0"], "error: invalid value for '--iterations'"),
        (["--warmups", "-1"], "error: invalid value for '--warmups'"),
        (["--limit", "0"], "error: invalid value for '--limit'"),
        (["--label", "1", "--label", "2"], "there are 2 labels for 40 examples"),
        (["--dataset", "nowhere"], "error: cannot read the data set's `nowhere/y_labels.csv`"),
        (["--port", "/dev/ttyNothing"], "error: there is no port `/dev/ttyNothing`"),
    ],
)
def test_requests_that_make_no_sense(arguments: list[str], message: str, cfu: Cfu) -> None:
    ran = cfu("mlperf", "digits_cnn", *arguments)
    assert ran.code == 1
    assert message in ran.err
    assert ran.out == ""


def test_a_data_set_in_the_benchmark_s_layout(cfu: Cfu, tmp_path: Path) -> None:
    (tmp_path / "y_labels.csv").write_text("zeros.bin,10,11\n")
    (tmp_path / "zeros.bin").write_bytes(bytes(64))
    ran = cfu("mlperf", "digits_cnn", "--dataset", str(tmp_path), "--script", "accuracy")
    assert ran.code == 0, ran.err
    assert "zeros.bin" in ran.out
    assert "top-1 0.0% (0 of 1)" in ran.out


def test_a_board_that_starts_from_flash_gets_the_firmware_there(
    cfu: Cfu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bytes] = []

    def program(board: Board, bitstream: Path, image: FirmwareImage, **how: object) -> None:
        loaded.append(image.program.read_bytes())

    monkeypatch.setattr("playground.programming.find_programmer", lambda board: None)
    monkeypatch.setattr("playground.programming.program_board", program)
    bitstream = tmp_path / "fomu.bin"
    bitstream.touch()
    arguments = ("load", "digits_cnn", "--board", "fomu", "--bitstream", str(bitstream))
    assert cfu(*arguments).code == 0
    ran = cfu(*arguments, "--mlperf")
    assert ran.code == 0, ran.err
    assert "next: `cfu mlperf digits_cnn --board fomu --port" in ran.err
    assert [b"m-lap-us-" in program for program in loaded] == [False, True]


def test_loading_it_and_talking_to_another_is_refused(cfu: Cfu) -> None:
    ran = cfu("load", "digits_cnn", "--board", "fomu", "--mlperf", "--port", "/dev/ttyUSB0")
    assert ran.code == 1
    assert (
        "error: `--mlperf` puts another firmware into the flash than `--port` talks to" in ran.err
    )
