from __future__ import annotations

import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.design import BOARD_SIMULATOR
from playground.synthesis import HardwareDesign
from profiles import History
from tests.playground.conftest import FakeFlow, Ran
from tests.playground.test_programming import FakeProgrammer
from tests.soc.synthesis.examples import example_report
from toolchain import ToolSource

Cfu = Callable[..., Ran]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProgrammer:
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return FakeProgrammer.install(directory, "openFPGALoader")


def test_the_model_runs_on_the_board_that_was_programmed(
    cfu: Cfu, flow: FakeFlow, fake: FakeProgrammer
) -> None:
    Path("board.bit").write_bytes(b"bits")
    Path("cfu.toml").write_text('model = "digits_cnn"\n')
    master, slave = pty.openpty()
    port = os.ttyname(slave)
    ran = cfu(
        *("load", "--board", "ulx3s", "--bitstream", "board.bit"),
        *("--port", port),
    )
    os.close(slave)
    os.close(master)
    assert ran.code == 0, ran.err
    assert fake.calls() == [(["--board", "ulx3s", "board.bit"], [b"bits"])]
    (design,) = flow.designs
    assert (design.simulator, design.board, design.port) == (BOARD_SIMULATOR, "ulx3s", port)
    assert "8,620,000" in ran.out
    (entry,) = History.open(Path()).entries()
    assert entry.cycles == 8_700_000


def test_without_a_port_the_next_command_is_told(
    cfu: Cfu, flow: FakeFlow, fake: FakeProgrammer
) -> None:
    Path("board.bit").write_bytes(b"bits")
    ran = cfu("load", "digits_cnn", "--board", "ulx3s", "--bitstream", "board.bit", "--flash")
    assert ran.code == 0, ran.err
    assert fake.calls()[0][0] == ["--board", "ulx3s", "--write-flash", "board.bit"]
    assert flow.designs == []
    assert "--simulator board --port /dev/ttyUSB0" in ran.err


def test_a_port_that_is_not_there_is_noticed_first(
    cfu: Cfu, flow: FakeFlow, fake: FakeProgrammer
) -> None:
    Path("board.bit").write_bytes(b"bits")
    ran = cfu(
        *("load", "digits_cnn", "--board", "ulx3s", "--bitstream", "board.bit"),
        *("--port", "/dev/ttyNOWHERE"),
    )
    assert ran.code == 1
    assert "there is no port `/dev/ttyNOWHERE`" in ran.err
    assert not fake.log.exists()


def test_a_bitstream_that_is_not_there(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("load", "digits_cnn", "--board", "ulx3s", "--bitstream", "board.bit")
    assert ran.code == 1
    assert "there is no bitstream `board.bit`" in ran.err


def test_the_bitstream_is_made_as_the_options_of_synth_say(
    cfu: Cfu, flow: FakeFlow, fake: FakeProgrammer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("made.bit").write_bytes(b"made")
    asked: list[object] = []

    def synthesize(design: HardwareDesign, **options: object) -> object:
        asked.append((design.board, options["seeds"], options["tools"]))
        return example_report(bitstream=Path("made.bit"))

    monkeypatch.setattr("playground.synthesis.synthesize_design", synthesize)
    options = ("--seeds", "3", "--seed", "5", "--tools", "native")
    ran = cfu("load", "digits_cnn", "--board", "ulx3s", *options)
    assert ran.code == 0, ran.err
    assert cfu("load", "digits_cnn", "--board", "ulx3s").code == 0
    assert asked == [
        ("ulx3s", (5, 6, 7), ToolSource.NATIVE),
        ("ulx3s", (1,), ToolSource.YOWASP),
    ]
    assert fake.calls()[0] == (["--board", "ulx3s", "made.bit"], [b"made"])


def test_seeds_are_not_for_a_bitstream_that_is_there(cfu: Cfu, flow: FakeFlow) -> None:
    Path("board.bit").write_bytes(b"bits")
    ran = cfu("load", "digits_cnn", "--board", "ulx3s", "--bitstream", "board.bit", "--seeds", "2")
    assert ran.code == 1
    assert "`--seeds` and `--seed` are for making a bitstream" in ran.err


def test_a_board_of_the_simulator(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("load", "digits_cnn", "--board", "sim")
    assert ran.code == 1
    assert "board `sim` exists in simulation only" in ran.err
