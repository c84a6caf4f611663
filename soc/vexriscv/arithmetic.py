"""Changes of the arithmetic: products, quotients, shifts."""

from __future__ import annotations

__all__ = ["change_arithmetic"]

from soc.vexriscv.netlist import Netlist
from soc.vexriscv.options import CpuOptions, Divider, Multiplier, Shifter

_PRODUCTS = ("execute_MUL_LL", "execute_MUL_LH", "execute_MUL_HL", "execute_MUL_HH")


def change_arithmetic(netlist: Netlist, options: CpuOptions) -> None:
    """Replace or remove multiplier, divider and shifter."""
    if options.divider is Divider.NONE:
        netlist.drive({"decode_IS_DIV": "1'b0"})
    if options.multiplier is not Multiplier.PIPELINED:
        netlist.drive(dict.fromkeys(_PRODUCTS, "0") | {"writeBack_IS_MUL": "1'b0"})
    if options.multiplier is Multiplier.NONE:
        netlist.drive({"decode_IS_MUL": "1'b0"})
    if options.multiplier is Multiplier.ITERATIVE:
        _add_iterative_multiplier(netlist)
    if options.shifter is not Shifter.LATE:
        netlist.drive({"memory_SHIFT_CTRL": "ShiftCtrlEnum_DISABLE_1"})
        _shift_in_execute(netlist, options.shifter)


def _add_iterative_multiplier(netlist: Netlist) -> None:
    """Multiply in the memory stage: a bit of the first factor a cycle, lowest first.

    The upper half of the product begins as 0 and the lower half as the first factor; both move
    right together. A signed factor's highest bit weighs negative: the second factor is extended by
    its sign, and the first's last bit subtracts.
    """
    netlist.add(
        """\
  reg        [31:0]   multiplier_low;
  reg        [32:0]   multiplier_high;
  reg        [32:0]   multiplier_factor;
  reg                 multiplier_negative;
  reg        [5:0]    multiplier_left;
  wire       [33:0]   multiplier_addend;
  wire       [33:0]   multiplier_sum;
  wire                multiplier_busy;
  assign multiplier_busy = (memory_arbitration_isValid && memory_IS_MUL && (multiplier_left != 0));
  assign multiplier_addend = (multiplier_low[0]
      ? {multiplier_factor[32],multiplier_factor} : 34'h0);
  assign multiplier_sum = (((multiplier_left == 1) && multiplier_negative)
      ? ({multiplier_high[32],multiplier_high} - multiplier_addend)
      : ({multiplier_high[32],multiplier_high} + multiplier_addend));
  always @(posedge clk) begin
    if(! memory_arbitration_isStuck) begin
      multiplier_low <= execute_RS1;
      multiplier_high <= 33'h0;
      multiplier_factor <= {(execute_MulPlugin_bSigned && execute_RS2[31]),execute_RS2};
      multiplier_negative <= execute_MulPlugin_aSigned;
      multiplier_left <= 6'd32;
    end else if(multiplier_busy) begin
      {multiplier_high,multiplier_low} <= {multiplier_sum,multiplier_low[31:1]};
      multiplier_left <= (multiplier_left - 6'd1);
    end
  end"""
    )
    netlist.replace(
        """\
    if(when_MulDivIterativePlugin_l128) begin
      if(when_MulDivIterativePlugin_l129) begin
        memory_arbitration_haltItself = 1'b1;
""",
        """\
    if(multiplier_busy) begin
      memory_arbitration_haltItself = 1'b1;
    end
    if(when_MulDivIterativePlugin_l128) begin
      if(when_MulDivIterativePlugin_l129) begin
        memory_arbitration_haltItself = 1'b1;
""",
    )
    netlist.replace(
        "    _zz_decode_RS2_1 = memory_REGFILE_WRITE_DATA;\n",
        "    _zz_decode_RS2_1 = memory_REGFILE_WRITE_DATA;\n"
        "    if(memory_IS_MUL) begin\n"
        "      _zz_decode_RS2_1 = ((memory_INSTRUCTION[13 : 12] == 2'b00) "
        "? multiplier_low : multiplier_high[31:0]);\n"
        "    end\n",
    )


def _shift_in_execute(netlist: Netlist, shifter: Shifter) -> None:
    """Have the shift's result in the execute stage, with the sums."""
    netlist.replace(
        "    _zz_decode_RS2 = execute_REGFILE_WRITE_DATA;\n",
        "    _zz_decode_RS2 = execute_REGFILE_WRITE_DATA;\n"
        "    if(execute_SHIFT_CTRL != ShiftCtrlEnum_DISABLE_1) begin\n"
        "      _zz_decode_RS2 = shifter_result;\n"
        "    end\n",
    )
    netlist.replace(
        "assign decode_BYPASSABLE_EXECUTE_STAGE = ",
        "assign decode_BYPASSABLE_EXECUTE_STAGE = "
        "(decode_SHIFT_CTRL != ShiftCtrlEnum_DISABLE_1) || ",
    )
    if shifter is Shifter.EARLY:
        bits = ",".join(f"execute_SHIFT_RIGHT[{bit}]" for bit in range(32))
        netlist.add(
            "  wire       [31:0]   shifter_result;\n"
            "  assign shifter_result = ((execute_SHIFT_CTRL == ShiftCtrlEnum_SLL_1) "
            f"? {{{bits}}} : execute_SHIFT_RIGHT);"
        )
        return
    netlist.drive({"execute_SHIFT_RIGHT": "32'h0"})
    netlist.add(
        """\
  reg                 shifter_begun;
  reg        [4:0]    shifter_left;
  reg        [31:0]   shifter_value;
  wire                shifter_busy;
  wire       [31:0]   shifter_result;
  assign shifter_busy = (execute_arbitration_isValid
      && (execute_SHIFT_CTRL != ShiftCtrlEnum_DISABLE_1)
      && (shifter_begun ? (shifter_left != 0) : 1'b1));
  assign shifter_result = shifter_value;
  always @(posedge clk) begin
    if(! shifter_begun) begin
      shifter_value <= execute_SRC1;
      shifter_left <= execute_SRC2[4 : 0];
    end else if(shifter_left != 0) begin
      shifter_value <= ((execute_SHIFT_CTRL == ShiftCtrlEnum_SLL_1)
          ? {shifter_value[30:0],1'b0}
          : {((execute_SHIFT_CTRL == ShiftCtrlEnum_SRA_1) && shifter_value[31]),
             shifter_value[31:1]});
      shifter_left <= (shifter_left - 5'd1);
    end
    shifter_begun <= (execute_arbitration_isValid
        && (execute_SHIFT_CTRL != ShiftCtrlEnum_DISABLE_1)
        && execute_arbitration_isStuck && (! execute_arbitration_removeIt) && (! reset));
  end"""
    )
    netlist.replace(
        "    execute_arbitration_haltItself = 1'b0;\n",
        "    execute_arbitration_haltItself = shifter_busy;\n",
    )
