"""Runs on a board over its serial line, LiteX's BIOS included, and all that can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from boards import find_board
from firmware.golden import golden_tensors
from firmware.model import Model
from gateware import load_cfu
from sim.board_link import BoardLink
from sim.serial_line import SerialLine
from sim.simulator import RunResult
from soc import build_soc, find_cpu
from tests.sim.bench import Bench, relu_model
from tests.sim.serial_boards import (
    Meddler,
    SerialBench,
    litex_term_uploads,
    records_of,
    serial_bench,
)
from toolchain import ArtifactCache, PlaygroundError

_VALUES = np.array([[-4, 3, -2, 1, 0, 127, -128, 5]], np.int8)
_INPUTS = [_VALUES.tobytes()]
_OUTPUT = np.maximum(_VALUES, 0).tobytes()
_KERNEL = """\
#include <cstdlib>
#include "playground/relu.h"
#include "print.h"
namespace playground {{
bool relu([[maybe_unused]] const ReluLayer& layer) {{ {body} }}
}}  // namespace playground
"""
_STEP = b"\xc5\xf0\x04"  # how a frame that runs one layer begins


@pytest.fixture(scope="module")
def serial() -> SerialBench:
    return serial_bench()


@pytest.fixture(scope="module")
def flash() -> SerialBench:
    """A board whose firmware is in its flash, with a CPU that needs not be generated."""
    cache = ArtifactCache.default()
    board = find_board("fomu")
    soc = build_soc(board, find_cpu("full"), cache=cache)
    bench = Bench(soc=soc, cache=cache, cfu=load_cfu("none", directory=Path()))
    return SerialBench(board=board, bench=bench, contents={})


def _outputs(result: RunResult) -> list[bytes]:
    return [s.data for i in result.inferences for layer in i.snapshots.values() for s in layer]


def _expected(model: Model) -> dict[int, bytes]:
    wanted = [index for layer in model.layers for index in layer.outputs]
    golden = golden_tensors(model.content, [_VALUES], wanted=wanted)
    return {index: tensor.tobytes() for index, tensor in golden.items()}


def _fails(run: Callable[[], object]) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        run()
    assert caught.value.hint
    return caught.value


def _once(find: bytes, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return a function that changes the first bytes that come with `find` in them."""
    seen = bytearray()
    done = False

    def tamper(data: bytes) -> bytes:
        nonlocal done
        seen.extend(data)
        if done or find not in seen:
            return data
        done = True
        return change(data)

    return tamper


def test_a_model_runs_whatever_the_board_was_at(serial: SerialBench) -> None:
    """First it has just been switched on, then it runs a firmware, then the BIOS's prompt waits."""
    model = relu_model(2)
    image = serial.image(model)
    with serial.switched_on() as board:
        first = serial.run(board.port, image, [_INPUTS, _INPUTS])
        second = serial.run(board.port, image, [_INPUTS], expected=[_expected(model)])
    assert _outputs(first) == [_OUTPUT] * 4
    assert _outputs(second) == [_OUTPUT] * 2
    for inference in (*first.inferences, *second.inferences):
        for layer in inference.layers:
            assert 8 < layer.instructions < layer.cycles < 10_000


def test_a_board_at_the_prompt_of_its_bios_is_found(serial: SerialBench) -> None:
    with serial.switched_on() as board:
        with SerialLine(board.port, serial.baud) as line:
            heard = b""
            while b"litex" not in heard or b"Console" not in heard:
                data = line.read(30)
                assert data, "the BIOS gave no prompt"
                heard += data
        assert b"BIOS CRC passed" in heard
        assert b"Memtest OK" in heard
        result = serial.run(board.port, serial.image(relu_model()), [_INPUTS], slowdown=1.5)
    assert _outputs(result) == [_OUTPUT]


def test_outputs_that_are_wrong_are_sent(serial: SerialBench, tmp_path: Path) -> None:
    body = "for (int i = 0; i < 8; ++i) layer.output_data[i] = 9; return true;"
    model = relu_model()
    wrong = serial.with_kernel(tmp_path, "relu", _KERNEL.format(body=body))
    with wrong.switched_on() as board:
        result = wrong.run(board.port, wrong.image(model), [_INPUTS], expected=[_expected(model)])
    assert _outputs(result) == [bytes([9] * 8)]
    assert result.inferences[0].layers[0].overridden


def test_what_a_kernel_prints_arrives_once(serial: SerialBench, tmp_path: Path) -> None:
    printing = serial.with_kernel(
        tmp_path, "relu", _KERNEL.format(body='Print("here "); return false;')
    )
    with printing.switched_on() as board:
        result = printing.run(board.port, printing.image(relu_model(2)), [_INPUTS])
    assert result.text == "here here "


def test_an_exception_is_explained(serial: SerialBench, tmp_path: Path) -> None:
    broken = serial.with_kernel(tmp_path, "relu", _KERNEL.format(body="std::abort();"))
    with broken.switched_on() as board:
        error = _fails(lambda: broken.run(board.port, broken.image(relu_model()), [_INPUTS]))
        # The next run resets the board, which an exception has stopped.
        good = serial.run(board.port, serial.image(relu_model()), [_INPUTS])
    assert error.message.startswith("the firmware gave up at 0x")
    assert error.message.endswith("layer 0 (RELU)")
    assert _outputs(good) == [_OUTPUT]


def _damage(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 0x10])


@pytest.mark.parametrize("change", [lambda data: data[1:], _damage], ids=["lost", "damaged"])
def test_bytes_get_lost_or_damaged_on_their_way(
    serial: SerialBench, change: Callable[[bytes], bytes]
) -> None:
    """Those of the upload, and one in each kind of question and answer."""
    down = [
        _once(b"z6IHG7", change),  # the answer to the BIOS
        _once(b"\x01\x40\x00\x03\xe0", change),  # a piece of the firmware
        *(_once(b"\xc5\xf0" + bytes([kind]), change) for kind in (1, 2, 4, 5)),
    ]
    up = [_once(b"\xc5\xf0" + bytes([kind]), change) for kind in (0x87, 0x88, 0x83)]
    with (
        serial.switched_on() as board,
        Meddler(board.port, serial.baud, to_board=_each_of(down), to_host=_each_of(up)) as meddler,
    ):
        model = relu_model(2)
        result = serial.run(
            meddler.port,
            serial.image(model),
            [_INPUTS],
            expected=[_expected(model)],
            slowdown=1.5,
        )
    assert _outputs(result) == [_OUTPUT] * 2


def _each_of(tampers: Sequence[Callable[[bytes], bytes]]) -> Callable[[bytes], bytes]:
    def tamper(data: bytes) -> bytes:
        for each in tampers:
            data = each(data) if data else data
        return data

    return tamper


def _at_second_step(act: Callable[[], None]) -> Callable[[bytes], bytes]:
    steps = 0

    def watch(data: bytes) -> bytes:
        nonlocal steps
        steps += data.count(_STEP)
        if steps == 2:
            steps += 1
            act()
        return data

    return watch


def test_a_board_that_restarts_is_noticed(serial: SerialBench) -> None:
    with serial.switched_on() as board:
        watch = _at_second_step(board.switch_on)
        with Meddler(board.port, serial.baud, to_board=watch) as meddler:
            error = _fails(lambda: serial.run(meddler.port, serial.image(relu_model(3)), [_INPUTS]))
    assert error.message == f"the board on `{meddler.port}` restarted, running layer 1 (RELU)"


def test_a_board_that_falls_silent_is_noticed(serial: SerialBench) -> None:
    with serial.switched_on() as board:
        watch = _at_second_step(board.switch_off)
        with Meddler(board.port, serial.baud, to_board=watch) as meddler:
            error = _fails(
                lambda: serial.run(
                    meddler.port, serial.image(relu_model(3)), [_INPUTS], slowdown=1.5
                )
            )
    assert error.message == f"the board on `{meddler.port}` fell silent, running layer 1 (RELU)"


def test_a_kernel_that_loops_is_a_silent_board(serial: SerialBench, tmp_path: Path) -> None:
    endless = serial.with_kernel(
        tmp_path, "relu", _KERNEL.format(body="for (volatile int i = 0;; i = i + 1) {}")
    )
    with endless.switched_on() as board:
        error = _fails(
            lambda: endless.run(board.port, endless.image(relu_model()), [_INPUTS], slowdown=1.5)
        )
    assert "fell silent, running layer 0 (RELU)" in error.message
    assert "`max_cycles` in cfu.toml, or `cfu run --max-cycles`" in (error.hint or "")


def test_an_upload_that_stops_is_noticed(serial: SerialBench) -> None:
    with serial.switched_on() as board:
        watch = _once(b"\x01\x40\x00\x03\xe0", lambda data: board.switch_off() or data)
        with Meddler(board.port, serial.baud, to_board=watch) as meddler:
            error = _fails(
                lambda: serial.run(
                    meddler.port, serial.image(relu_model()), [_INPUTS], slowdown=0.2
                )
            )
    assert error.message == (
        f"the board on `{meddler.port}` fell silent while it was sent the firmware"
    )


def test_another_rate_is_garbage(serial: SerialBench) -> None:
    with serial.switched_on() as board:
        error = _fails(
            lambda: serial.run(
                board.port, serial.image(relu_model()), [_INPUTS], baud=230_400, slowdown=1
            )
        )
    assert error.message == f"what comes from `{board.port}` at 230,400 baud is garbage"


def test_a_board_that_is_off_does_not_answer(serial: SerialBench) -> None:
    with serial.switched_on() as board:
        board.switch_off()
        error = _fails(
            lambda: serial.run(board.port, serial.image(relu_model()), [_INPUTS], slowdown=0.05)
        )
    assert error.message == f"the board on `{board.port}` does not answer"


def test_a_board_that_starts_from_flash(flash: SerialBench) -> None:
    image, other = flash.image(relu_model(2)), flash.image(relu_model(1))
    with flash.switched_on({image.elf.load_address: image.program}) as board:
        result = flash.run(board.port, image, [_INPUTS])
        error = _fails(lambda: flash.run(board.port, other, [_INPUTS]))
    assert _outputs(result) == [_OUTPUT] * 2
    assert error.message == f"the board on `{board.port}` holds another firmware in its flash"


def test_litex_term_uploads_the_firmware(serial: SerialBench) -> None:
    """LiteX's own program, through LiteX's own BIOS; then the records come back."""
    model = relu_model(2)
    image = serial.image(model)
    with serial.switched_on() as board:
        litex_term_uploads(board.port, serial.baud, image)
        with SerialLine(board.port, serial.baud) as line:
            records = records_of(BoardLink(line, slowdown=3), _INPUTS)
    assert len(records) == len(model.layers)
    assert all(record.cycles > record.instructions > 8 for record in records)
