"""Inferences on a whole SoC under cocotb, with CFUs that keep to the rules and ones that do not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.model import Model
from firmware.tflite_reader import read_model
from gateware import load_model
from playground.models import find_model
from sim.cocotb_soc.program import build_cocotb_soc
from sim.cocotb_soc.session import SocSession, run_in_soc
from tests.sim.bench import Bench, relu_kernel, relu_model
from toolchain import PlaygroundError

_VERILOG = """
module Cfu(
  input         cmd_valid,
  output        cmd_ready,
  input  [9:0]  cmd_payload_function_id,
  input  [31:0] cmd_payload_inputs_0,
  input  [31:0] cmd_payload_inputs_1,
  output        rsp_valid,
  input         rsp_ready,
  output [31:0] rsp_payload_outputs_0,
  input         clk,
  input         reset
);
  localparam LATE = 2, TWICE = 3, NEVER = 4, REFUSED = 5;
  reg busy;
  reg [9:0] id;
  reg [7:0] left;
  reg [31:0] sum;
  assign cmd_ready = !busy && cmd_payload_function_id != REFUSED;
  assign rsp_valid = busy && left == 0;
  assign rsp_payload_outputs_0 = sum;
  always @(posedge clk) begin
    if (cmd_valid && cmd_ready) begin
      id <= cmd_payload_function_id;
      busy <= cmd_payload_function_id != NEVER;
      left <= cmd_payload_function_id == LATE ? 5 : 0;
      sum <= cmd_payload_inputs_0 + cmd_payload_inputs_1;
    end else if (left != 0) begin
      left <= left - 1;
    end else if (rsp_valid && rsp_ready) begin
      busy <= id == TWICE;
      id <= 0;
    end
    if (reset) busy <= 0;
  end
endmodule
"""
_NAMES = ("add", "subtract", "late", "twice", "never", "refused")
_TOML = 'sources = ["faulty.v"]\nmodel = "model.py:model"\n' + "".join(
    f'[[instruction]]\nname = "{name}"\nfunct3 = {number}\nlatency = {{ max = 5 }}\n'
    for number, name in enumerate(_NAMES)
)
_MODEL = (
    "def model(function_id, in0, in1):\n    return in0 - in1 if function_id == 1 else in0 + in1\n"
)
_INPUT = np.arange(-4, 4, dtype=np.int8).reshape(1, 8)


@pytest.fixture(scope="module")
def faulty(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench with a CFU in Verilog, each of whose instructions but the first has another fault."""
    directory = tmp_path_factory.mktemp("faulty")
    (directory / "faulty.v").write_text(_VERILOG)
    (directory / "faulty.toml").write_text(_TOML)
    (directory / "model.py").write_text(_MODEL)
    return bench.with_cfu("faulty.toml", directory)


def _run(
    bench: Bench,
    model: Model,
    inputs: Sequence[np.ndarray],
    *,
    cfu: tuple[str, Path],
    max_cycles: int = 3_000_000,
) -> SocSession:
    reference, directory = cfu
    return run_in_soc(
        build_cocotb_soc(bench.soc, bench.cfu, cache=bench.cache),
        bench.soc,
        bench.image(model),
        [array.tobytes() for array in inputs],
        cfu=bench.cfu,
        model=None if bench.cfu.spec.memory_port else load_model(reference, directory=directory),
        answers_zero=directory == Path(),
        patience_cycles=1000,
        max_cycles=max_cycles,
    )


def _run_faulty(bench: Bench, directory: Path, body: str, **options: int) -> SocSession:
    """Run a kernel of RELU that ends as TensorFlow Lite Micro's does."""
    for name, text in (("faulty.toml", _TOML), ("faulty.v", _VERILOG), ("model.py", _MODEL)):
        (directory / name).write_text(text)
    kernels = relu_kernel(bench, directory, f"{body}; return false;")
    return _run(kernels, relu_model(), [_INPUT], cfu=("faulty.toml", directory), **options)


@pytest.mark.parametrize("cfu", ["simd_mac", "array_dma"])
def test_digits_are_read_as_tensorflow_lite_micro_does(bench: Bench, cfu: str) -> None:
    shipped = find_model("digits_cnn")
    model = read_model(shipped.path)
    kernels = Path("firmware/kernels/overrides", "array" if cfu == "array_dma" else cfu)
    design = bench.with_cfu(cfu).with_kernels(kernels)
    tensor = model.tensors[model.inputs[0]]
    image = np.frombuffer(shipped.inputs[0].read_bytes()[: tensor.bytes], tensor.dtype)
    inputs = [image.reshape(tensor.shape)]
    session = _run(design, model, inputs, cfu=(cfu, Path()))
    assert session.bus.failures == ()
    assert session.bus.commands > 100
    assert session.bus.has_model == (cfu == "simd_mac")
    wanted = golden_tensors(model.content, inputs, wanted=model.outputs)
    assert session.outputs == tuple(wanted[index].tobytes() for index in model.outputs)
    # It is the SoC that is simulated elsewhere, to the cycle.
    assert session.layers == design.run(model, inputs).inferences[0].layers


def test_commands_are_counted(faulty: Bench, tmp_path: Path) -> None:
    body = "for (int i = 0; i < 3; ++i) if (cfu::add(i, 0x80) != 0x80u + i) abort()"
    session = _run_faulty(faulty, tmp_path, body)
    assert session.bus.failures == ()
    assert (session.bus.simulator, session.bus.commands) == ("soc", 3)
    assert session.bus.coverage == {name: 3 * (name == "add") for name in _NAMES}
    assert session.bus.corners["add"] == {"in0": (0, 1), "in1": (0x80,)}
    assert session.outputs == (np.maximum(_INPUT, 0).tobytes(),)


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (
            "cfu::subtract(7, 3)",
            "`subtract` (id 1) of 0x00000007 and 0x00000003 answered 0x0000000a",
        ),
        ("cfu::late(1, 2)", "`late` answered after 6 cycle(s); it promises 1 to 5 cycles"),
        ("cfu::twice(1, 2); cfu::add(1, 2)", "a response without a command"),
        ("cfu::never(1, 2)", "`never` accepted in cycle "),
        (
            "cfu::refused(1, 2)",
            "a command is never accepted although every earlier one is answered",
        ),
    ],
    ids=["wrong", "late", "twice", "never-answered", "never-accepted"],
)
def test_faults_are_seen(faulty: Bench, tmp_path: Path, body: str, failure: str) -> None:
    session = _run_faulty(faulty, tmp_path, body)
    assert not session.bus.passed
    assert failure in session.bus.failures[0]


def test_an_exception_is_told(faulty: Bench, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"met an illegal instruction at .* layer 0"):
        _run_faulty(faulty, tmp_path, 'asm volatile("ebreak")')


def test_what_takes_too_long_is_given_up(faulty: Bench, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="not done after 40,000 cycles, in layer 0"):
        _run_faulty(faulty, tmp_path, 'for (;;) asm volatile("")', max_cycles=40_000)
