"""Whole sessions: on the simulated SoC, and with devices that answer wrongly."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from playground.design import Design
from playground.mlperf.report import result_json, result_tables, summary_lines
from playground.mlperf.scripts import Effort
from playground.mlperf.session import MlperfRequest, MlperfResult, Script, run_mlperf
from playground.progress import Silent
from playground.resolve import Choices, resolve
from toolchain import ArtifactCache, PlaygroundError

_BOTH = frozenset(Script)
_ONCE = Effort(inferences=1, warmups=0, patience_seconds=600)


def _design() -> Design:
    return resolve(Choices(directory=Path(), model="digits_cnn"), project=None)


def _run(request: MlperfRequest, design: Design | None = None) -> MlperfResult:
    return run_mlperf(
        design or _design(), request, cache=ArtifactCache.default(), progress=Silent()
    )


@pytest.fixture(scope="module")
def result() -> MlperfResult:
    """Both scripts on two of the digits, without a CFU."""
    return _run(MlperfRequest(scripts=_BOTH, effort=_ONCE, limit=2))


def test_the_simulated_soc_is_as_fast_as_its_cycles_say(result: MlperfResult) -> None:
    assert result.performance is not None
    assert [w.name for w in result.performance.windows] == [
        "digits_cnn.dat #1",
        "digits_cnn.dat #21",
    ]
    for window in result.performance.windows:
        assert 1_000 < window.inference.microseconds < 100_000
    assert not result.performance.follows_rule
    assert (result.provenance, result.device) == ("rtl", "cfu-playground")
    assert "by its cycle counter at 100 MHz, ideal memory" in result.counted_by


def test_the_digits_are_read(result: MlperfResult) -> None:
    assert result.accuracy is not None
    assert (result.accuracy.metric, result.accuracy.correct) == ("top-1", 2)
    assert [len(scores) for _, scores in result.accuracy.scores] == [10, 10]
    assert None not in result.labels


def test_what_is_shown(result: MlperfResult) -> None:
    first, second = result_tables(result, width=80)
    assert str(first.title) == "MLPerf Tiny digits_cnn: board sim, CPU full, CFU none"
    assert (first.row_count, second.row_count) == (2, 2)
    lines = summary_lines(result)
    assert lines[0].endswith(" inferences per second (median)")
    assert lines[1] == "top-1 100.0% (2 of 2)"
    assert lines[2].startswith("source: rtl (Verilator ")
    assert lines[3].endswith("energy is not measured")
    assert lines[4].startswith("less was timed than the benchmark asks for")


def test_what_is_in_the_json(result: MlperfResult) -> None:
    value = result_json(result)
    assert (value["task"], value["source"], value["clock_hz"]) == ("digits_cnn", "rtl", 100_000_000)
    performance, accuracy = value["performance"], value["accuracy"]
    assert isinstance(performance, dict)
    assert isinstance(accuracy, dict)
    microseconds = [window["microseconds"] for window in performance["windows"]]
    assert performance["inferences_per_second"] == pytest.approx(
        (1e6 / microseconds[0] + 1e6 / microseconds[1]) / 2
    )
    assert accuracy["value"] == 1.0
    assert [len(example["results"]) for example in accuracy["examples"]] == [10, 10]


def test_the_firmware_is_written_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    request = MlperfRequest(scripts=_BOTH, effort=_ONCE, port="/dev/null-board")
    with pytest.raises(PlaygroundError, match="there is no port"):
        _run(replace(request, firmware=tmp_path / "out"))
    assert (tmp_path / "out" / "firmware.elf").read_bytes()[:4] == b"\x7fELF"
    assert (tmp_path / "out" / "firmware.bin").stat().st_size > 10_000
    with pytest.raises(PlaygroundError, match="cannot write the firmware to"):
        _run(replace(request, firmware=tmp_path / "file"))


@contextmanager
def _device(answer: Callable[[str], str]) -> Iterator[str]:
    """Give the port of a device that answers by a function of the command."""
    master, slave = pty.openpty()
    port = os.ttyname(slave)

    def serve() -> None:
        command = b""
        while True:
            try:
                byte = os.read(master, 1)
            except OSError:
                return
            if byte == b"%":
                os.write(master, f"{answer(command.decode())}m-ready\r\n".encode())
                command = b""
            elif byte == b"\x04":
                return
            else:
                command += byte

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield port
    finally:
        os.write(slave, b"\x04")
        thread.join()
        os.close(slave)
        os.close(master)


def _answer(command: str, *, model: str = "digits_cnn", results: str = "1.000") -> str:
    match command.split():
        case ["name"]:
            return "m-name-dut-[fake]\r\n"
        case ["profile"]:
            return f"m-model-[{model}]\r\n"
        case ["db", "load", size]:
            return f"m-[Expecting {size} bytes]\r\n"
        case ["db", digits]:
            return "m-load-done\r\n" if len(digits) == 4 else ""
        case ["infer", *_]:
            return f"m-lap-us-10\r\nm-lap-us-1010\r\nm-results-[{results}]\r\n"
    return ""


def _failure(answer: Callable[[str], str]) -> PlaygroundError:
    effort = replace(_ONCE, patience_seconds=20)
    with _device(answer) as port, pytest.raises(PlaygroundError) as caught:
        _run(MlperfRequest(scripts=_BOTH, effort=effort, port=port, limit=1))
    return caught.value


def test_results_that_differ_are_no_result() -> None:
    error = _failure(_answer)
    assert str(error).startswith(
        "the device's results [1.000] are not those of TensorFlow Lite Micro, ["
    )
    assert error.hint is not None
    assert "`cfu run` shows the first layer that differs" in error.hint


def test_results_that_differ_in_a_digit_are_noticed(result: MlperfResult) -> None:
    assert result.accuracy is not None
    right = list(result.accuracy.scores[0][1])
    right[3] += 0.004
    results = ",".join(f"{value:.3f}" for value in right)
    assert "are not those of" in str(_failure(lambda c: _answer(c, results=results)))


def test_a_board_at_a_port_is_measured(result: MlperfResult) -> None:
    assert result.accuracy is not None
    results = ",".join(f"{value:.3f}" for value in result.accuracy.scores[0][1])
    effort = replace(_ONCE, inferences=None, patience_seconds=20)
    with _device(lambda c: _answer(c, results=results)) as port:
        found = _run(MlperfRequest(scripts=_BOTH, effort=effort, port=port, limit=1))
    assert found.provenance == "board, simulated"  # on a pseudo-terminal
    assert found.counted_by.startswith(f"the device at {port}, by its cycle counter")
    assert found.performance is not None
    assert found.performance.windows[0].inference.count == 10_100  # at 1 ms for any number


def test_a_board_with_another_model_is_told() -> None:
    error = _failure(lambda c: _answer(c, model="kws01"))
    assert str(error) == "the device runs model `kws01`, not `digits_cnn`"


def test_a_board_with_another_firmware_is_told() -> None:
    error = _failure(lambda c: "hello\r\n")
    assert str(error) == "the device answers `name` with something else than the protocol has"
