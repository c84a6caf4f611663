from __future__ import annotations

import pytest

from soc.vexriscv.netlist import Netlist, replace_each, without_simulation_aids

_MODULE = """\
module Counter (
  output reg [3:0]    value,
  input               clk
);
  wire       [3:0]    next;
  reg        [3:0]    shown;
  reg                 full;

  assign next = (value + 4'b0001);
  always @(*) begin
    shown = value;
    if(full) begin
      shown = 4'b1111;
    end
  end

  Other other (
    .a              (next[3:0]         ) //i
  );
  always @(posedge clk) begin
    if(! full) begin
      value <= next;
    end
    full <= (next == 4'b1111);
  end


endmodule
"""


def test_a_netlist_is_its_text() -> None:
    assert Netlist(_MODULE).text.split() == _MODULE.split()


def test_a_driver_is_replaced_whatever_it_was() -> None:
    netlist = Netlist(_MODULE)
    netlist.drive({"next": "4'd3", "shown": "next"})
    assert "assign next = 4'd3;" in netlist.text
    assert "value + 4'b0001" not in netlist.text
    assert "assign shown = next;" in netlist.text
    assert "shown = 4'b1111" not in netlist.text
    assert "wire       [3:0]    shown;" in netlist.text


def test_a_register_is_made_constant() -> None:
    netlist = Netlist(_MODULE)
    netlist.hold({"full": "1'b0", "value": "4'd1"})
    assert "<=" not in netlist.text
    assert "assign full = 1'b0;" in netlist.text
    assert "output     [3:0]    value," in netlist.text


def test_instances_and_texts_are_taken_out() -> None:
    netlist = Netlist(_MODULE)
    netlist.remove_instance("other")
    netlist.replace("4'b0001", "4'b0010")
    assert "Other" not in netlist.text
    assert "value + 4'b0010" in netlist.text
    netlist.add("  // end")
    assert netlist.text.rstrip().endswith("// end\nendmodule")


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda netlist: netlist.drive({"nothing": "1"}), "there is no signal `nothing`"),
        (lambda netlist: netlist.hold({"next": "1"}), "`next` is no register"),
        (lambda netlist: netlist.replace("4'b1111", "1"), "`4'b1111` occurs in 2 places"),
        (lambda netlist: netlist.replace("absent", "1"), "`absent` occurs in 0 places"),
        (lambda netlist: netlist.remove_instance("next"), "there are 0 instances `next`"),
    ],
)
def test_what_is_not_there_once_is_refused(attempt: object, message: str) -> None:
    assert callable(attempt)
    with pytest.raises(ValueError, match=message):
        attempt(Netlist(_MODULE))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module A (\n  assign b = 1;\n  assign b = 2;\n);\nendmodule", "`b` is driven twice"),
        ("  always @(*) begin\n    a = 1;\n    b = 1;\n  end\n", "a block drives 2 signals"),
        ("  always @(posedge clk) begin\n    a <= 1;\n", "no end of `  always"),
    ],
)
def test_other_verilog_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Netlist(text)


def test_parts_are_replaced_at_once_and_the_longer_first() -> None:
    assert replace_each("a ab b", {"a": "b", "ab": "a", "b": "c"}) == "b a c"
    with pytest.raises(ValueError, match=r"\['c'\] do not occur"):
        replace_each("a", {"a": "b", "c": "d"})


def test_what_only_simulation_needs_is_left_out() -> None:
    text = """\
  (* keep , syn_keep *) wire       [31:0]   kept /* synthesis syn_keep = 1 */ ;
  `ifndef SYNTHESIS
    `ifdef FORMAL
      assert(1);
    `endif
  `endif
  wire                after;
"""
    assert without_simulation_aids(text) == (
        "  wire       [31:0]   kept;\n  wire                after;\n"
    )
