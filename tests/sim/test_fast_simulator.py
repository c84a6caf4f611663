"""The fast simulator beside what test_simulators.py shows of every one: its session, its faults."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards import find_board
from firmware.image import FirmwareImage
from sim.diagnosis import FaultFound
from sim.fast_simulator import FastSimulator
from sim.fast_soc import FastSoc
from sim.simulator import RunRequest
from soc import build_soc
from tests.sim.bench import Bench, relu_kernel, relu_model
from toolchain import PlaygroundError, ToolFailed

# A body of a kernel.
_RECURSION = """struct Deep {
    [[gnu::noinline]] static int Go(int depth) {
      volatile char local[4096];
      local[depth & 4095] = 1;
      return depth == 0 ? local[0] : Go(depth - 1) + local[1];
    }
  };
  return Deep::Go(1 << 20) == 7;"""
_VALUES = np.array([[-4, 3, -2, 1, 0, 127, -128, 5]], np.int8)


@pytest.fixture(scope="module")
def image(bench: Bench) -> FirmwareImage:
    return bench.image(relu_model(2))


def _standing_in(bench: Bench, directory: Path, script: str) -> FastSimulator:
    """Return a simulator whose program is a shell script."""
    program = directory / "fast"
    program.write_text(f"#!/bin/sh\ntouch uart_output snapshot_output\n{script}\n")
    program.chmod(0o755)
    soc = FastSoc(program, "reset 0x40000000\n", 0x4000_0000, version="12345678", digest="ab")
    return FastSimulator(soc, bench.cfu.spec)


def _request(**changes: object) -> RunRequest:
    return RunRequest(inferences=[[_VALUES.tobytes()]], max_cycles=1_000_000, **changes)  # type: ignore[arg-type]


def _reports(report: str) -> str:
    return f"echo {shlex.quote(report)}"


def test_the_program_is_told_of_the_system_and_the_stack(
    bench: Bench, image: FirmwareImage, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    simulator = _standing_in(bench, tmp_path, f'echo "$@" > {seen}; cat system >> {seen}; exit 64')
    with pytest.raises(ToolFailed, match="the simulator ended with status 64"):
        simulator.run(image, _request())
    command, *system = seen.read_text().splitlines()
    assert "--load 1073741824 " in command
    assert "--uart-input uart_input --uart-output uart_output" in command
    assert "--max-cycles 1000000 --stall-cycles 20000000 --system system" in command
    assert system == ["reset 0x40000000", f"stack_limit {image.stack_limit:#x}"]


def test_logic_that_does_not_settle(bench: Bench, image: FirmwareImage, tmp_path: Path) -> None:
    said = "%Error-DIDNOTCONVERGE: Cfu.v:6: Settle region did not converge"
    simulator = _standing_in(bench, tmp_path, f"echo {shlex.quote(said)} >&2; exit 1")
    with pytest.raises(PlaygroundError, match="the CFU's logic does not settle") as caught:
        simulator.run(image, _request())
    assert caught.value.exit_code == 1


def test_what_it_is() -> None:
    soc = FastSoc(Path("fast"), "", 0, version="12345678", digest="ab")
    simulator = FastSimulator(soc, spec=None)  # type: ignore[arg-type]
    assert (simulator.name, simulator.provenance) == ("fast", "fast")
    assert (simulator.version, simulator.identity) == ("12345678", "ab")


def test_a_fault_is_explained(bench: Bench, image: FirmwareImage, tmp_path: Path) -> None:
    pc = image.elf.symbols["main"]
    report = (
        '{"exit": "fault", "cycles": 9, "instructions": 4, "marker": 33554433, "stages": [], '
        f'"fault": {{"kind": "store_unmapped", "pc": {pc}, "address": 16, "return_address": 0}}}}'
    )
    with pytest.raises(PlaygroundError) as caught:
        _standing_in(bench, tmp_path, _reports(report)).run(image, _request())
    assert caught.value.message == (
        f"the firmware stored to 0x00000010, where no memory is, at {pc:#010x} in `main`, "
        "layer 1 (RELU)"
    )


def test_other_endings_are_those_of_every_simulator(
    bench: Bench, image: FirmwareImage, tmp_path: Path
) -> None:
    report = '{"exit": "out_of_cycles", "cycles": 9, "marker": 33554432, "stages": []}'
    with pytest.raises(PlaygroundError, match="the inference did not end within 1,000,000 cycles"):
        _standing_in(bench, tmp_path, _reports(report)).run(image, _request())


def test_waveforms_are_the_rtl_s(bench: Bench, image: FirmwareImage, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="no signals to write a waveform of") as caught:
        _standing_in(bench, tmp_path, "").run(image, _request(trace=tmp_path / "x.fst"))
    assert "--simulator verilator" in (caught.value.hint or "")
    assert not (tmp_path / "x.fst").exists()


@pytest.mark.parametrize(
    ("body", "begin", "end"),
    [
        (
            "*reinterpret_cast<volatile int*>(0x20000010) = 1; return true;",
            "the firmware stored to 0x20000010, where no memory is, at 0x",
            " in `playground::relu`, layer 0 (RELU)",
        ),
        (
            "return *reinterpret_cast<volatile int*>(0x20000010) == 1;",
            "the firmware loaded from 0x20000010, where no memory is, at 0x",
            " in `playground::relu`, layer 0 (RELU)",
        ),
        (
            "reinterpret_cast<void (*)()>(0x20000000)(); return true;",
            "the firmware went on at 0x20000000, where no memory is, ",
            "layer 0 (RELU)",
        ),
        (
            _RECURSION,
            "the stack of 16,",
            ", layer 0 (RELU)",
        ),
    ],
)
def test_what_hardware_would_survive_is_a_fault(
    bench: Bench, tmp_path: Path, body: str, begin: str, end: str
) -> None:
    fast = replace(bench, simulator="fast")
    with pytest.raises(FaultFound) as caught:
        relu_kernel(fast, tmp_path, body).run(relu_model(2), [_VALUES])
    assert caught.value.message.startswith(begin)
    assert caught.value.message.endswith(end)


def test_rom_is_not_written(bench: Bench, tmp_path: Path) -> None:
    board = find_board("ulx3s").idealized()
    fast = replace(bench, soc=build_soc(board, bench.soc.cpu, cache=bench.cache), simulator="fast")
    body = "*reinterpret_cast<volatile int*>(16) = 1; return false;"
    with pytest.raises(FaultFound, match="the firmware stored to 0x00000010, which is ROM, at 0x"):
        relu_kernel(fast, tmp_path, body).run(relu_model(), [_VALUES])
    exact = relu_kernel(fast, tmp_path, "return false;")
    exact.assert_exact(relu_model(), [_VALUES])


def test_instructions_are_counted(bench: Bench) -> None:
    result = replace(bench, simulator="fast").run(relu_model(2), [_VALUES])
    counted = sum(layer.instructions for layer in result.inferences[0].layers)
    assert result.simulated_instructions is not None
    assert counted < result.simulated_instructions < result.simulated_cycles
