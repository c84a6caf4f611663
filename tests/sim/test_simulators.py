"""Runs that end well, and runs that end badly in every way firmware and CFUs can.

On every simulator, which is to say the same of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from playground.design import FAST_SIMULATOR, RTL_SIMULATOR
from tests.sim.bench import RELU_KERNEL, Bench, relu_kernel, relu_model
from toolchain import PlaygroundError, ToolFailed

_VALUES = np.array([[-4, 3, -2, 1, 0, 127, -128, 5]], np.int8)

_SILENT_CFU = """\
module Cfu(
  input clk, input reset,
  input cmd_valid, output cmd_ready, input [9:0] cmd_payload_function_id,
  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,
  output rsp_valid, input rsp_ready, output [31:0] rsp_payload_outputs_0);
  // Funct7 0 is accepted and never answered; funct7 1 is not even accepted; others are answered.
  wire [6:0] funct7 = cmd_payload_function_id[9:3];
  assign cmd_ready = funct7 == 0 || (funct7 > 1 && rsp_ready);
  assign rsp_valid = cmd_valid && funct7 > 1;
  assign rsp_payload_outputs_0 = cmd_payload_inputs_0 + cmd_payload_inputs_1;
endmodule
"""
_SILENT_TOML = """\
name = "silent"
sources = ["silent.v"]
[[instruction]]
name = "swallow"
funct3 = 2
funct7 = 0
latency = 1
[[instruction]]
name = "refuse"
funct3 = 0
funct7 = 1
latency = 1
"""


@pytest.fixture(params=[RTL_SIMULATOR, FAST_SIMULATOR])
def bench(bench: Bench, request: pytest.FixtureRequest) -> Bench:
    return replace(bench, simulator=request.param)


def _failure(
    bench: Bench, *, max_cycles: int = 50_000_000, stall_cycles: int = 20_000_000
) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        bench.run(relu_model(3), [_VALUES], max_cycles=max_cycles, stall_cycles=stall_cycles)
    return caught.value


def test_layers_are_bit_exact_and_counted(bench: Bench) -> None:
    result = bench.assert_exact(relu_model(3), [_VALUES])
    (inference,) = result.inferences
    assert [layer.overridden for layer in inference.layers] == [False] * 3
    for layer in inference.layers:
        assert 8 < layer.instructions < layer.cycles < 10_000
    assert inference.cycles < result.simulated_cycles
    snapshot = inference.snapshots[2][0]
    assert np.frombuffer(snapshot.data, np.int8).tolist() == [0, 3, 0, 1, 0, 127, 0, 5]


def test_cycles_are_the_same_every_time(bench: Bench) -> None:
    first, second = (bench.run(relu_model(2), [_VALUES]) for _ in range(2))
    assert first.inferences == second.inferences
    assert first.simulated_cycles == second.simulated_cycles


def test_inferences_of_one_session_do_not_mix(bench: Bench) -> None:
    inputs = [np.full((1, 8), value, np.int8) for value in (-3, 7, 100)]
    result = bench.run(relu_model(2), *([values] for values in inputs))
    outputs = [i.snapshots[1][0].data for i in result.inferences]
    assert outputs == [bytes([0] * 8), bytes([7] * 8), bytes([100] * 8)]


def test_inputs_longer_than_a_frame_arrive_whole(bench: Bench) -> None:
    values = np.random.default_rng(1).integers(-128, 128, (1, 3001), dtype=np.int8)
    bench.assert_exact(relu_model(1, elements=3001), [values])


def test_an_override_runs_or_declines_layer_by_layer(bench: Bench, tmp_path: Path) -> None:
    body = """static int calls = 0;
  if (calls++ == 1) return false;
  for (int i = 0; i < layer.output_shape.FlatSize(); ++i) {
    layer.output_data[i] = layer.input_data[i] > 0 ? layer.input_data[i] : 0;
  }
  return true;"""
    result = relu_kernel(bench, tmp_path, body).assert_exact(relu_model(3), [_VALUES])
    assert [layer.overridden for layer in result.inferences[0].layers] == [True, False, True]


def test_a_kernel_can_print(bench: Bench, tmp_path: Path) -> None:
    body = 'Print("x = "); Print(-2147483647 - 1); Print("\\n"); return false;'
    result = relu_kernel(bench, tmp_path, body).run(relu_model(2), [_VALUES])
    assert result.text == "x = -2147483648\n" * 2


def test_a_kernel_may_have_objects_with_constructors_and_destructors(
    bench: Bench, tmp_path: Path
) -> None:
    declarations = """
struct Shape { virtual ~Shape() {} virtual int Sides() const = 0; };
struct Triangle : Shape {
  ~Triangle() override { sides = 0; }
  int Sides() const override { return sides; }
  int sides = 3;
};
static Triangle triangle;
[[gnu::noinline]] static int Sides(const Shape& shape) { return shape.Sides(); }
"""
    text = RELU_KERNEL.format(body="Print(Sides(triangle)); return false;")
    kernel = text.replace("namespace playground {", declarations + "namespace playground {", 1)
    result = bench.with_kernel(tmp_path, "relu", kernel).run(relu_model(), [_VALUES])
    assert result.text == "3"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "*reinterpret_cast<volatile int*>(0x40000001) = 1; return true;",
            "the firmware stored to a misaligned address (address 0x40000001) at 0x",
        ),
        (
            "return *reinterpret_cast<volatile int*>(0x40000002) != 0;",
            "the firmware loaded from a misaligned address (address 0x40000002) at 0x",
        ),
        ('asm volatile(".word 0"); return true;', "the firmware met an illegal instruction at 0x"),
        ("std::abort();", "the firmware gave up at 0x"),
        (
            "reinterpret_cast<void (*)()>(0x40000002)(); return true;",
            "the firmware jumped to a misaligned address (address 0x40000002)",
        ),
    ],
)
def test_a_trap_is_explained(bench: Bench, tmp_path: Path, body: str, message: str) -> None:
    error = _failure(relu_kernel(bench, tmp_path, body))
    assert message in error.message
    assert error.message.endswith("layer 0 (RELU)")
    assert "return address" in (error.hint or "")
    assert "`playground::relu`" in f"{error.message} {error.hint}"


def test_a_run_away_kernel_is_stopped(bench: Bench, tmp_path: Path) -> None:
    body = "static int n = 0; if (n++ < 1) return false; for (volatile int i = 0;; i = i + 1) {}"
    error = _failure(relu_kernel(bench, tmp_path, body), max_cycles=2_000_000)
    assert error.message.startswith(
        "the inference did not end within 2,000,000 cycles; the CPU was at 0x"
    )
    assert error.message.endswith("in `playground::relu`, layer 1 (RELU)")
    assert "`max_cycles` in cfu.toml, or `cfu run --max-cycles`" in (error.hint or "")


@pytest.mark.parametrize(
    ("funct3", "funct7", "name"),
    [(2, 0, "`swallow` (funct3 2, funct7 0)"), (0, 1, "`refuse` (funct3 0, funct7 1)")],
)
def test_a_cfu_that_never_answers_is_named(
    bench: Bench, tmp_path: Path, funct3: int, funct7: int, name: str
) -> None:
    (tmp_path / "silent.v").write_text(_SILENT_CFU)
    (tmp_path / "silent.toml").write_text(_SILENT_TOML)
    silent = bench.with_cfu("silent.toml", tmp_path)
    body = f"cfu::op<{funct3}, {funct7}>(1, 2); return true;"
    error = _failure(relu_kernel(silent, tmp_path, body), stall_cycles=500_000)
    assert error.message.startswith(f"the CFU never answered instruction {name} at 0x")
    assert error.message.endswith("in `playground::relu`, layer 0 (RELU)")


def test_cfu_instructions_compute(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "silent.v").write_text(_SILENT_CFU)
    (tmp_path / "silent.toml").write_text(_SILENT_TOML)
    silent = bench.with_cfu("silent.toml", tmp_path)
    body = "Print(static_cast<int32_t>(cfu::op<0, 2>(30, 12))); return false;"
    assert relu_kernel(silent, tmp_path, body).run(relu_model(), [_VALUES]).text == "42"


def _talking_cfu(bench: Bench, directory: Path, statements: str) -> Bench:
    (directory / "silent.v").write_text(_SILENT_CFU.replace("endmodule", f"{statements}endmodule"))
    (directory / "silent.toml").write_text(_SILENT_TOML)
    talking = bench.with_cfu("silent.toml", directory)
    return relu_kernel(talking, directory, "cfu::op<0, 2>(30, 12); return false;")


def test_verilog_may_print_as_much_as_it_likes(bench: Bench, tmp_path: Path) -> None:
    # More than a pipe holds, no newline before the report, and words after it.
    talking = _talking_cfu(
        bench,
        tmp_path,
        'always @(posedge clk) if (!reset) $write("x%x", cmd_payload_inputs_0);\n'
        'final $display("the end");\n',
    )
    assert talking.assert_exact(relu_model(), [_VALUES]).simulated_cycles > 65536 / 9


def test_the_last_words_of_verilog_that_gives_up_are_shown(bench: Bench, tmp_path: Path) -> None:
    talking = _talking_cfu(
        bench, tmp_path, 'always @(posedge clk) if (cmd_valid) $fatal(1, "enough is enough");\n'
    )
    with pytest.raises(ToolFailed, match="the simulator ended with status 1") as caught:
        talking.run(relu_model(), [_VALUES])
    assert "enough is enough" in (caught.value.details or "")


def test_verilog_that_verilator_rejects_is_shown(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "silent.v").write_text(_SILENT_CFU.replace("wire [6:0]", "wyre [6:0]"))
    (tmp_path / "silent.toml").write_text(_SILENT_TOML)
    with pytest.raises(PlaygroundError) as caught:
        bench.with_cfu("silent.toml", tmp_path).run(relu_model(), [_VALUES])
    assert "silent.v:7:3" in (caught.value.details or "")
