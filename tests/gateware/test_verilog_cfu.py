"""CFUs in Verilog and SystemVerilog."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateware import Latency, load_cfu, load_model
from gateware.memory_port import MEMORY_PORTS
from toolchain import PlaygroundError

_PORTS = """
  input  logic        cmd_valid,
  output logic        cmd_ready,
  input  logic [9:0]  cmd_payload_function_id,
  input  word_t       cmd_payload_inputs_0,
  input  logic [3:0][7:0] cmd_payload_inputs_1,
  output logic        rsp_valid,
  input  logic        rsp_ready,
  output word_t       rsp_payload_outputs_0,
  input  logic        clk,
  input  logic        reset"""
_PACKAGE = "package words; typedef logic [31:0] word_t; endpackage\n"
_SOURCE = f"""
module Cfu import words::*; ({_PORTS}
);
  assign rsp_valid = cmd_valid;
  assign cmd_ready = rsp_ready;
  always_comb begin
    unique case (cmd_payload_function_id)
      10'd0: rsp_payload_outputs_0 = cmd_payload_inputs_0 + cmd_payload_inputs_1;
      default: rsp_payload_outputs_0 = '0;
    endcase
  end
endmodule
"""
_TOML = """
sources = ["words.sv", "adder.sv"]
model = "adder_model.py:add"

[[instruction]]
name = "add"
funct3 = 0
latency = "combinational"
operands = ["a", "b"]
summary = "Add"

[[instruction]]
name = "nop"
funct3 = 1
funct7 = 1
latency = { max = 7 }
operands = []
result = false
"""
_MODEL = """
def add(function_id, in0, in1):
    return in0 + in1

class Stateful:
    def __init__(self):
        self.calls = 0
    def execute(self, function_id, in0, in1):
        self.calls += 1
        return self.calls

class NoModel:
    pass
"""


def _project(
    directory: Path, *, toml: str = _TOML, source: str = _SOURCE, model: str = _MODEL
) -> Path:
    (directory / "words.sv").write_text(_PACKAGE)
    (directory / "adder.sv").write_text(source)
    (directory / "adder.toml").write_text(toml)
    (directory / "adder_model.py").write_text(model)
    return directory


def _error(directory: Path) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        load_cfu("adder.toml", directory=directory)
    return caught.value


def test_system_verilog_is_passed_on_as_it_is(tmp_path: Path) -> None:
    artifact = load_cfu("adder.toml", directory=_project(tmp_path))
    assert [(f.name, f.text) for f in artifact.files] == [
        ("words.sv", _PACKAGE),
        ("adder.sv", _SOURCE),
    ]
    assert artifact.verilog == _PACKAGE + "\n" + _SOURCE
    assert artifact.spec.name == "adder"
    add, nop = artifact.spec.instructions
    assert (add.name, add.latency, add.operands) == ("add", Latency.combinational(), ("a", "b"))
    assert (nop.function_id, nop.latency, nop.has_result) == (9, Latency.variable(7), False)


def test_any_change_of_a_source_changes_the_digest(tmp_path: Path) -> None:
    before = load_cfu("adder.toml", directory=_project(tmp_path)).digest
    again = load_cfu("adder.toml", directory=_project(tmp_path)).digest
    other = _project(tmp_path, source=_SOURCE.replace(" + ", " - "))
    assert before == again
    assert load_cfu("adder.toml", directory=other).digest != before


def test_a_function_is_a_model_without_state(tmp_path: Path) -> None:
    model = load_model("adder.toml", directory=_project(tmp_path))
    assert model is not None
    assert model.execute(0, 0xFFFFFFFF, 3) == 2


def test_a_class_is_a_model_with_state(tmp_path: Path) -> None:
    project = _project(tmp_path, toml=_TOML.replace(":add", ":Stateful"))
    model = load_model("adder.toml", directory=project)
    assert model is not None
    assert [model.execute(0, 0, 0) for _ in range(3)] == [1, 2, 3]


def test_a_model_is_optional(tmp_path: Path) -> None:
    project = _project(tmp_path, toml=_TOML.replace("model =", "name ="))
    assert load_model("adder.toml", directory=project) is None
    assert load_cfu("adder.toml", directory=project).spec.name == "adder_model.py:add"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("_model.py:add", "_model.py:gone", "`adder_model.py` defines no function or class `gone`"),
        (
            "_model.py:add",
            "_gone.py:add",
            "`adder.toml` line 3: the model `adder_gone.py:add` does not exist",
        ),
        (
            "_model.py:add",
            "_model.py",
            "`adder.toml` line 3: the model `adder_model.py` does not exist",
        ),
        (
            ":add",
            ":NoModel",
            "model `adder_model.py:NoModel` has no method `execute(function_id, in0, in1)`",
        ),
    ],
)
def test_faults_of_the_model(tmp_path: Path, old: str, new: str, message: str) -> None:
    project = _project(tmp_path, toml=_TOML.replace(old, new))
    with pytest.raises(PlaygroundError) as caught:
        load_model("adder.toml", directory=project)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"adder.sv"', '"gone.sv"', "`adder.toml` line 2: source `gone.sv` does not exist"),
        (
            '"adder.sv"',
            '"adder.vhd"',
            "`adder.toml` line 2: source `adder.vhd` is neither a .v nor a .sv file",
        ),
        ('"adder.sv"', '"words.sv"', "`adder.toml` names two sources of the same file name"),
        ('"words.sv", "adder.sv"', '"words.sv"', "no module `Cfu` in `words.sv`"),
        (
            "funct3 = 1\nfunct7 = 1",
            "funct3 = 0",
            "`adder.toml` line 6: instructions `add` and `nop` have the same opcode, funct3=0",
        ),
        ("funct3 = 1", "funct3 =", "`adder.toml` is not valid TOML: Invalid value (at line 14,"),
        ("funct3 = 1", "funct3 = 8", "`adder.toml` line 14: `instruction.1.funct3`: "),
        ("funct3 = 1\n", "", "`adder.toml` line 12: `instruction.1.funct3`: Field required"),
        ("funct7 = 1", "funct8 = 1", "line 15: `instruction.1.funct8`: there is no such key"),
        (
            "funct3 = 1",
            "func3 = 1",
            "line 14: `instruction.1.func3`: there is no such key, did you",
        ),
        ("max = 7", "most = 7", "line 16: `instruction.1.latency"),
        ("latency = { max = 7 }", 'latency = "slow"', "line 16: `instruction.1.latency"),
        ('["words.sv", "adder.sv"]', "[]", "`adder.toml` line 2: `sources`: "),
        ("sources =", "source =", "line 2: `source`: there is no such key, did you mean `sources`"),
        ('name = "nop"', 'name = "while"', "`adder.toml` line 13: `while` cannot name a C++"),
    ],
)
def test_faults_of_the_description(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert _TOML.count(old) == 1
    assert message in _error(_project(tmp_path, toml=_TOML.replace(old, new))).message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("module Cfu", "module Cpu", "no module `Cfu` in `words.sv`, `adder.sv`"),
        (
            "  input  logic        clk,\n",
            "",
            "module `Cfu` lacks input `clk` of 1 bit",
        ),
        (
            "input  logic [9:0]",
            "input  logic [2:0]",
            "input `cmd_payload_function_id` of 10 bits (there: input of 3)",
        ),
        (
            "input  logic        reset",
            "input  logic reset, input logic irq",
            "module `Cfu` has ports that nothing connects: `irq`",
        ),
    ],
)
def test_faults_of_the_ports(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert _SOURCE.count(old) == 1
    assert message in _error(_project(tmp_path, source=_SOURCE.replace(old, new))).message


def _with_memory_port(directory: Path, *, described: bool, left_out: str = "") -> Path:
    """Return a project of the adder with a memory port that does nothing."""
    ports = "".join(
        f",\n  {way} logic [{width - 1}:0] {name}"
        for name, (way, width) in MEMORY_PORTS.items()
        if name != left_out
    )
    quiet = "".join(
        f"  assign {name} = '0;\n"
        for name, (way, _) in MEMORY_PORTS.items()
        if way == "output" and name != left_out
    )
    source = _SOURCE.replace(_PORTS, _PORTS + ports).replace("endmodule", f"{quiet}endmodule")
    toml = f"memory_port = true\n{_TOML}" if described else _TOML
    return _project(directory, source=source, toml=toml)


def test_a_memory_port_is_described(tmp_path: Path) -> None:
    project = _with_memory_port(tmp_path, described=True)
    assert load_cfu("adder.toml", directory=project).spec.memory_port


def test_a_memory_port_that_is_not_described_is_told(tmp_path: Path) -> None:
    project = _with_memory_port(tmp_path, described=False)
    with pytest.raises(PlaygroundError, match="ports that nothing connects: `mem_cyc`") as caught:
        load_cfu("adder.toml", directory=project)
    assert "`memory_port = true` in the description" in (caught.value.hint or "")


def test_a_memory_port_lacks_no_port(tmp_path: Path) -> None:
    project = _with_memory_port(tmp_path, described=True, left_out="mem_sel")
    with pytest.raises(PlaygroundError, match="module `Cfu` lacks output `mem_sel` of 4 bits"):
        load_cfu("adder.toml", directory=project)


def test_a_syntax_error_is_told_in_verilators_words(tmp_path: Path) -> None:
    error = _error(_project(tmp_path, source=_SOURCE.replace("endcase", "endcaes")))
    start = "the CFU's Verilog has errors: `adder.sv` line 21: syntax error, unexpected "
    assert error.message.startswith(start)
    assert f"%Error: {tmp_path / 'adder.sv'}:21:" in str(error.details)
    assert error.hint == f"correct `{tmp_path / 'adder.sv'}` at line 21"


@pytest.mark.parametrize(
    ("used", "is_elsewhere"),
    [
        ("  helper h(.x(1'b0));", True),
        ('`include "sizes.svh"', True),
        ("  import sizes::*;", True),
        ("  word_of_another_t left;", True),
        ("  assign left = 1 +;", False),
        ("  wire left = nowhere;", False),
    ],
)
def test_a_file_is_missing_only_where_one_would_help(
    tmp_path: Path, used: str, is_elsewhere: bool
) -> None:
    source = _SOURCE.replace("endmodule", f"{used}\nendmodule")
    hint = str(_error(_project(tmp_path, source=source)).hint)
    assert ("must be listed in `sources`" in hint) == is_elsewhere
    assert (hint == f"correct `{tmp_path / 'adder.sv'}` at line 22") != is_elsewhere


def test_a_misspelt_source_is_told_with_the_one_there_is(tmp_path: Path) -> None:
    error = _error(_project(tmp_path, toml=_TOML.replace('"adder.sv"', '"ader.sv"')))
    assert str(error.hint).startswith("did you mean `adder.sv`? looked for `")


def test_a_memory_filled_from_a_file_is_refused(tmp_path: Path) -> None:
    # The simulator would not find the file, and go on with a memory of zeros.
    rom = '  logic [31:0] rom [4];\n  initial $readmemh("rom.hex", rom);\nendmodule'
    project = _project(tmp_path, source=_SOURCE.replace("endmodule", rom))
    line = project.joinpath("adder.sv").read_text().splitlines().index(rom.splitlines()[1]) + 1
    assert _error(project).message == (
        f"`adder.sv` line {line}: memories cannot be filled from a file"
    )
