"""Conversations with the firmware that speaks MLPerf Tiny's protocol, on the simulated SoC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.mlperf import (
    InputEncoding,
    Scoring,
    Task,
    decode_input,
    expected_results,
    mlperf_application,
)
from firmware.model import Model
from sim.board_start import upload_firmware
from sim.serial_line import SerialLine
from sim.terminal import TerminalBoard
from sim.verilated_soc import build_verilated_soc
from tests.sim.bench import Bench, relu_model
from tests.sim.serial_boards import serial_bench

_SECONDS = 60.0
_READY = b"m-ready\r\n"
_DATA = "00017f80ff102030"
_RESULTS = "m-results-[0.000,0.500,63.500,0.000,0.000,8.000,16.000,24.000]"

_KERNEL = """\
#include "playground/relu.h"
#include "print.h"
#include <cstdlib>
namespace playground {{
bool relu([[maybe_unused]] const ReluLayer& layer) {{
  {body}
  return false;
}}
}}  // namespace playground
"""


@dataclass
class _Talk:
    """A line to the firmware; commands are answered with lines."""

    line: SerialLine
    started: list[str]

    def __call__(self, commands: str) -> list[str]:
        """Return what follows the sent commands, up to the last `m-ready`."""
        self.line.write(commands.encode("latin-1"))
        return _until_ready(self.line, commands.count("%"))


def _until_ready(line: SerialLine, times: int) -> list[str]:
    said = b""
    while said.count(_READY) < times:
        data = line.read(_SECONDS)
        assert data, f"silence after {said!r}"
        said += data
    assert said.endswith(_READY), "it says more than it was asked for"
    return said.decode("ascii").removesuffix("\r\n").split("\r\n")[:-1]


def _open(stack: ExitStack, bench: Bench, model: Model, task: Task) -> SerialLine:
    image = bench.image(model, mlperf_application(model, task))
    program = build_verilated_soc(bench.soc, bench.cfu.verilog, traces=False, cache=bench.cache)
    contents = {image.elf.load_address: image.program}
    board = stack.enter_context(TerminalBoard(program, contents, baud=0, byte_cycles=0))
    return stack.enter_context(SerialLine(board.port, 115_200))


@pytest.fixture(scope="module")
def talk(bench: Bench) -> Iterator[_Talk]:
    """A model of two RELU layers over eight values of scale 0.5."""
    with ExitStack() as stack:
        line = _open(stack, bench, relu_model(2), Task("relus"))
        yield _Talk(line, _until_ready(line, 1))


@pytest.fixture
def fresh(bench: Bench) -> Iterator[_Talk]:
    """The same, just switched on."""
    with ExitStack() as stack:
        line = _open(stack, bench, relu_model(2), Task("relus"))
        yield _Talk(line, _until_ready(line, 1))


def _laps(lines: list[str]) -> list[int]:
    return [int(match[1]) for line in lines if (match := re.fullmatch(r"m-lap-us-(\d+)", line))]


def test_what_is_said_at_the_start(talk: _Talk) -> None:
    mode, lap, done = talk.started
    assert (mode, done) == ("m-timestamp-mode-performance", "m-init-done")
    assert len(_laps([lap])) == 1


def test_identity(talk: _Talk) -> None:
    assert talk("name%") == ["m-name-dut-[cfu-playground]"]
    assert talk("profile%") == [
        "m-profile-[ULPMark for tinyML Firmware V0.0.1]",
        "m-model-[relus]",
    ]


def test_help_names_every_command(talk: _Talk) -> None:
    text = "\n".join(talk("help%"))
    for command in ("name", "profile", "timestamp", "db load N", "db HEX", "db print", "infer N"):
        assert f"\n{command}" in text
    assert "%" not in text


def test_time_passes_in_microseconds(talk: _Talk) -> None:
    (first,), (second,) = _laps(talk("timestamp%")), _laps(talk("timestamp%"))
    # Cycles of the line in between and a few hundred instructions, at 100 MHz.
    assert first < second < first + 1000


def test_an_input_is_loaded_in_pieces_and_inferred(talk: _Talk) -> None:
    assert talk("db load 8%") == ["m-[Expecting 8 bytes]"]
    assert talk(f"db {_DATA[:6]}%") == []
    assert talk("db print%") == ["m-buffer-00-01-7f"]
    assert talk(f"db {_DATA[6:].upper()}%") == ["m-load-done"]
    assert talk("db print%") == ["m-buffer-00-01-7f-80-ff-10-20-30"]
    said = talk("infer 3 2%")
    begin, end = _laps(said)
    assert said == [
        "m-warmup-start-2",
        "m-warmup-done",
        "m-infer-start-3",
        f"m-lap-us-{begin}",
        f"m-lap-us-{end}",
        "m-infer-done",
        _RESULTS,
    ]
    # Two layers of eight values take some hundred cycles, three times.
    assert 1 < end - begin < 300
    assert talk("results%") == [_RESULTS]


def test_time_grows_with_the_count_and_not_with_the_warmups(talk: _Talk) -> None:
    talk(f"db load 8%db {_DATA}%")

    def elapsed(command: str) -> int:
        begin, end = _laps(talk(command))
        return end - begin

    ten = elapsed("infer 10 1%")
    assert elapsed("infer 100 1%") == pytest.approx(10 * ten, rel=0.05)
    assert elapsed("infer 10 100%") == pytest.approx(ten, rel=0.05)


def test_the_defaults_of_infer(talk: _Talk) -> None:
    talk(f"db load 8%db {_DATA}%")
    assert talk("infer%")[0:3] == ["m-warmup-start-10", "m-warmup-done", "m-infer-start-1"]
    assert talk("infer 2%")[0:3] == ["m-warmup-start-10", "m-warmup-done", "m-infer-start-2"]
    assert talk("infer 1 0%")[0] == "m-warmup-start-0"


def test_the_same_input_gives_the_same_again(talk: _Talk) -> None:
    """Layers may use the input's memory for more, so each inference needs it afresh."""
    talk(f"db load 8%db {_DATA}%")
    assert talk("infer 7 3%")[-1] == talk("infer 1 0%")[-1] == _RESULTS


def test_results_stay_while_an_input_is_loaded(talk: _Talk) -> None:
    talk(f"db load 8%db {_DATA}%infer 1 0%")
    talk("db load 8%db 01%")
    assert talk("results%") == [_RESULTS]


def test_digits_beyond_the_end_are_disregarded(talk: _Talk) -> None:
    talk("db load 4%")
    assert talk("db 0102030405060708%") == ["m-load-done"]
    assert talk("db print%") == ["m-buffer-01-02-03-04"]
    assert talk("db 05%") == ["e-[no bytes are expected; db load N comes first]"]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("frobnicate", "Unknown command: frobnicate"),
        ("NAME", "Unknown command: NAME"),
        ("\x1b\x00\xff]x[", "Unknown command: ?"),
        ("db", "db takes load, print or hexadecimal digits"),
        ("db load", "db load takes a number of bytes, not ``"),
        ("db load x", "db load takes a number of bytes, not `x`"),
        ("db load 0", "db load takes a number of bytes, not `0`"),
        ("db load -8", "db load takes a number of bytes, not `-8`"),
        ("db load 4294967297", "db load takes a number of bytes, not `4294967297`"),
        ("db load 18446744073709551624", "db load takes a number of bytes"),
        ("db load 9", "the model takes 8 bytes, not 9"),
        ("db load 4294967295", "the model takes 8 bytes, not 4294967295"),
        ("db 0", "half a byte: 1 digits"),
        ("db 0g", "no hexadecimal digits: `0g`"),
        ("infer x", "infer takes a number of inferences, not `x`"),
        ("infer 0", "infer takes a number of inferences, not `0`"),
        ("infer -1", "infer takes a number of inferences, not `-1`"),
        ("infer 1 x", "infer takes a number of warm-ups, not `x`"),
        ("infer 1 -1", "infer takes a number of warm-ups, not `-1`"),
        ("infer 99999999999", "infer takes a number of inferences"),
        ("infer", "the input is not loaded: 2 of 8 bytes"),
        ("x" * 81, "a command has at most 80 characters"),
        ("name" + "x" * 5000, "a command has at most 80 characters"),
    ],
)
def test_what_makes_no_sense_is_an_error_without_effect(
    command: str, error: str, talk: _Talk
) -> None:
    talk("db load 8%db 0102%")
    (said,) = talk(f"{command}%")
    assert said.startswith(f"e-[{error}")
    assert said.endswith("]")
    # Loading goes on, unless it was begun anew.
    if not command.startswith("db load"):
        assert talk("db print%") == ["m-buffer-01-02"]
    assert talk("name%") == ["m-name-dut-[cfu-playground]"]


def test_a_refused_load_leaves_nothing_to_load(talk: _Talk) -> None:
    talk("db load 8%")
    talk("db load 9%")
    assert talk("db 01%") == ["e-[no bytes are expected; db load N comes first]"]


def test_the_longest_command_is_understood(talk: _Talk) -> None:
    spaces = " " * (80 - len("name"))
    assert talk(f"{spaces}name%") == ["m-name-dut-[cfu-playground]"]


def test_empty_commands_and_ends_of_lines(talk: _Talk) -> None:
    assert talk("%") == []
    assert talk("   %") == []
    assert talk("\r\nna\r\nme%") == ["m-name-dut-[cfu-playground]"]


def test_commands_may_come_before_the_answer(talk: _Talk) -> None:
    said = talk("db load 1%name%db print%frob%name%")
    assert said.count("m-name-dut-[cfu-playground]") == 2
    assert said.count("m-ready") == 4  # the last one is not among the lines


def test_before_the_first_inference(fresh: _Talk) -> None:
    assert fresh("results%") == ["e-[there was no inference yet]"]
    assert fresh("infer 1 0%") == ["e-[the input is not loaded: 0 of 8 bytes]"]
    assert fresh("db print%") == []
    assert fresh("results%") == ["e-[there was no inference yet]"]


def test_a_reset_is_like_switching_it_on(fresh: _Talk) -> None:
    fresh(f"db load 8%db {_DATA}%infer 1 0%")
    said = fresh("reset%")
    # What was on its way when the reset came may be cut short.
    assert said[-3:][0] == "m-timestamp-mode-performance"
    assert said[-1] == "m-init-done"
    assert fresh("results%") == ["e-[there was no inference yet]"]


@pytest.mark.parametrize(
    "task",
    [
        Task("ic01", InputEncoding.UNSIGNED),
        Task("ad01", InputEncoding.FLOAT, Scoring.RECONSTRUCTION_ERROR),
        Task("floats", InputEncoding.FLOAT),
    ],
    ids=lambda task: task.model_id,
)
def test_the_device_makes_of_an_input_what_the_host_expects(task: Task, bench: Bench) -> None:
    model = relu_model(1)
    if task.encoding is InputEncoding.FLOAT:
        stimulus = np.array([0, 0.25, -0.25, 1.3, -1000, 1000, 7.75, np.nan], "<f4").tobytes()
        if task.scoring is Scoring.RECONSTRUCTION_ERROR:
            stimulus = stimulus[:-4] + np.array([63], "<f4").tobytes()
    else:
        stimulus = bytes([0, 1, 127, 128, 129, 200, 254, 255])
    tensor = np.frombuffer(decode_input(task, model, stimulus), np.int8).reshape(1, 8)
    output = golden_tensors(model.content, [tensor], wanted=model.outputs)[model.outputs[0]]
    expected = expected_results(task, model, stimulus=stimulus, output=output)
    with ExitStack() as stack:
        line = _open(stack, bench, model, task)
        talk = _Talk(line, _until_ready(line, 1))
        half = len(stimulus) // 2
        talk(f"db load {len(stimulus)}%db {stimulus[:half].hex()}%")
        talk(f"db {stimulus[half:].hex()}%")
        dashed = "-".join(f"{byte:02x}" for byte in stimulus)
        assert "-".join(x.removeprefix("m-buffer-") for x in talk("db print%")) == dashed
        said = talk("infer 2 1%")[-1]
        assert talk("profile%")[1] == f"m-model-[{task.model_id}]"
    numbers = [float(x) for x in said.removeprefix("m-results-[").removesuffix("]").split(",")]
    np.testing.assert_allclose(numbers, expected, rtol=1e-6, atol=0.0006)


def test_kernels_print_lines_of_their_own(bench: Bench, tmp_path: Path) -> None:
    body = 'Print("layer]\\n"); Print(-5);'
    printing = bench.with_kernel(tmp_path, "relu", _KERNEL.format(body=body))
    with ExitStack() as stack:
        line = _open(stack, printing, relu_model(1), Task("relus"))
        talk = _Talk(line, _until_ready(line, 1))
        said = talk(f"db load 8%db {_DATA}%infer 1 0%")
    assert said.count("m-print-[layer??]") == said.count("m-print-[-5]") == 1


def test_after_an_exception_only_a_reset_is_heard(bench: Bench, tmp_path: Path) -> None:
    crashing = bench.with_kernel(tmp_path, "relu", _KERNEL.format(body="std::abort();"))
    with ExitStack() as stack:
        line = _open(stack, crashing, relu_model(1), Task("relus"))
        _until_ready(line, 1)
        line.write(f"db load 8%db {_DATA}%infer 1 0%".encode())
        said = b""
        while not said.endswith(b"in layer 0]\r\n"):
            data = line.read(_SECONDS)
            assert data, f"silence after {said!r}"
            said += data
        line.write(b"name%resetreset%")  # it sends no answer to the name
        assert _until_ready(line, 1)[-1] == "m-init-done"
    assert re.search(rb"m-infer-start-1\r\ne-\[exception [23] at 0x[0-9a-f]{8}, value ", said)


def test_the_bios_starts_it_whatever_the_board_was_at() -> None:
    serial = serial_bench()
    image = serial.bench.image(relu_model(2), mlperf_application(relu_model(2), Task("relus")))
    sent: list[int] = []
    with serial.switched_on() as board, SerialLine(board.port, serial.baud) as line:
        for _ in range(2):  # from the board's start, and from the firmware itself
            upload_firmware(line, image, slowdown=3, progress=sent.append)
            started = _until_ready(line, 1)
            assert started[-1] == "m-init-done"
            talk = _Talk(line, started)
            assert talk("results%") == ["e-[there was no inference yet]"]
            assert talk("db load 8%")[-1] == "m-[Expecting 8 bytes]"
            assert talk(f"db {_DATA}%")[-1] == "m-load-done"
            assert talk("infer 1 0%")[-1] == _RESULTS
    assert sent[-1] == image.program.stat().st_size


def test_cfu_run_finds_a_board_that_runs_it() -> None:
    serial = serial_bench()
    image = serial.bench.image(relu_model(2), mlperf_application(relu_model(2), Task("relus")))
    with serial.switched_on() as board:
        with SerialLine(board.port, serial.baud) as line:
            upload_firmware(line, image, slowdown=3, progress=lambda done: None)
            _until_ready(line, 1)
        result = serial.run(board.port, serial.image(relu_model(2)), [[bytes.fromhex(_DATA)]])
    assert len(result.inferences[0].layers) == 2
