"""Changes of the pipeline: hazards, prediction, traps, control and status registers, the CFU."""

from __future__ import annotations

__all__ = ["change_pipeline", "repair_cfu_port"]

from soc.vexriscv.netlist import Netlist
from soc.vexriscv.options import CpuOptions, Divider, Multiplier, Prediction

_HISTORY_ENTRIES_LOG2 = 10

# Control and status registers by what they are for, as VexRiscv numbers its signals: in decimal.
_MACHINE_INFORMATION = (3857, 3858, 3859, 3860)
_ISA = 769
_TRAPS = (768, 836, 772, 773, 833, 832, 834, 835)
_DATA_CACHE = 3264
_USER_COUNTERS = {3072: 2816, 3200: 2944, 3074: 2818, 3202: 2946}
_INTERRUPTS = (3008, 4032)


def change_pipeline(netlist: Netlist, options: CpuOptions) -> None:
    """Take out of the complete pipeline what the options leave out, and put in the rest."""
    _change_counters(netlist, options)
    if not options.bypass:
        _remove_bypass(netlist)
    if options.prediction is Prediction.NONE:
        _remove_prediction(netlist)
    if options.prediction is Prediction.DYNAMIC:
        _add_history(netlist)
    if not options.interrupts:
        _remove_interrupts(netlist)
    if not options.exceptions:
        _remove_exceptions(netlist)
    _change_legality(netlist, options)


def repair_cfu_port(netlist: Netlist) -> None:
    """Keep the core from sending a CFU command twice.

    The complete core remembers that a command waits for the CFU, even if it has been taken: that is
    when execute is stuck by a division ahead, and the CFU is busy with the command by then. The
    next instruction, whatever it is, was executed by the CFU too, and got its result.
    """
    netlist.replace(
        "      if(execute_CfuPlugin_schedule) begin\n        execute_CfuPlugin_hold <= 1'b1;",
        "      if(execute_CfuPlugin_schedule && (! execute_CfuPlugin_fired)) begin\n"
        "        execute_CfuPlugin_hold <= 1'b1;",
    )


def _remove_bypass(netlist: Netlist) -> None:
    """Let an instruction wait in decode until its operands are in the registers."""
    for number, operand, matches in ((0, "RS1", "l48"), (1, "RS2", "l51")):
        in_flight = "".join(
            f" || (when_HazardSimplePlugin_l57{stage} && when_HazardSimplePlugin_{matches}{stage})"
            for stage in ("", "_1", "_2")
        )
        # The write of the cycle before is not yet what the register file reads.
        written = (
            f"(HazardSimplePlugin_writeBackBuffer_valid && HazardSimplePlugin_addr{number}Match)"
        )
        netlist.drive(
            {
                f"decode_{operand}": f"decode_RegFilePlugin_{operand.lower()}Data",
                f"HazardSimplePlugin_src{number}Hazard": (
                    f"decode_{operand}_USE && ({written}{in_flight})"
                ),
            }
        )


def _remove_prediction(netlist: Netlist) -> None:
    netlist.drive(
        {
            "IBusCachedPlugin_decodePrediction_cmd_hadBranch": "1'b0",
            "IBusCachedPlugin_predictionJumpInterface_payload": "32'h0",
            "execute_PREDICTION_HAD_BRANCHED2": "1'b0",
        }
    )


def _add_history(netlist: Netlist) -> None:
    """Remember for branches, by address, how far the static prediction was right of late.

    Two branches may share an entry: a prediction is corrected in execute in any case.
    """
    index = f"[{_HISTORY_ENTRIES_LOG2 + 1} : 2]"
    netlist.add(
        f"""\
  // 3: the static prediction was right again and again, 0: wrong
  reg        [1:0]    history [0:{(1 << _HISTORY_ENTRIES_LOG2) - 1}];
  reg        [1:0]    history_fetched;
  reg        [1:0]    history_decode;
  reg        [1:0]    history_execute;
  reg                 history_executeStatic;
  wire                history_executeRight;
  integer             history_entry;
  initial begin
    for(history_entry = 0; history_entry < {1 << _HISTORY_ENTRIES_LOG2}; \
history_entry = history_entry + 1) begin
      history[history_entry] = 2'd2;
    end
  end
  assign history_executeRight = (history_executeStatic == execute_BRANCH_COND_RESULT);
  always @(posedge clk) begin
    if(IBusCachedPlugin_iBusRsp_stages_0_output_ready) begin
      history_fetched <= history[IBusCachedPlugin_fetchPc_output_payload{index}];
    end
    if(IBusCachedPlugin_iBusRsp_stages_1_output_ready) begin
      history_decode <= history_fetched;
    end
    if(! execute_arbitration_isStuck) begin
      history_execute <= history_decode;
      history_executeStatic <= decode_INSTRUCTION[31];
    end
    if(execute_arbitration_isFiring && (execute_BRANCH_CTRL == BranchCtrlEnum_B)) begin
      if(history_executeRight) begin
        history[execute_PC{index}] <= history_execute + {{1'b0, history_execute != 2'd3}};
      end else begin
        history[execute_PC{index}] <= history_execute - {{1'b0, history_execute != 2'd0}};
      end
    end
  end"""
    )
    netlist.replace(
        "_zz_IBusCachedPlugin_decodePrediction_cmd_hadBranch_2[31]));\n    if(_zz_6)",
        "(decode_INSTRUCTION[31] == history_decode[1])));\n    if(_zz_6)",
    )


def _remove_interrupts(netlist: Netlist) -> None:
    stages = [f"CsrPlugin_pipelineLiberator_pcValids_{i}" for i in range(3)]
    enables = [f"CsrPlugin_mie_{name}" for name in ("MEIE", "MTIE", "MSIE")]
    pending = [f"CsrPlugin_mip_{name}" for name in ("MEIP", "MTIP", "MSIP")]
    netlist.hold(dict.fromkeys(("CsrPlugin_interrupt_valid", *stages, *enables, *pending), "1'b0"))
    netlist.hold({"_zz_CsrPlugin_csrMapping_readDataInit": "32'h0"})
    netlist.drive({"CsrPlugin_pipelineLiberator_active": "1'b0", "CsrPlugin_interruptJump": "1'b0"})


def _remove_exceptions(netlist: Netlist) -> None:
    sources = (
        "_zz_when",  # in decode
        "_zz_when_1",  # in execute
        "decodeExceptionPort_valid",
        "IBusCachedPlugin_decodeExceptionPort_valid",
        "CsrPlugin_selfException_valid",
        "BranchPlugin_branchExceptionPort_valid",
        "DBusCachedPlugin_exceptionBus_valid",
    )
    consequences = (
        "when_IBusCachedPlugin_l244",  # waits with an instruction that cannot be fetched
        "when_IBusCachedPlugin_l256",
        "execute_BranchPlugin_missAlignedTarget",
        "when_CsrPlugin_l926",  # stops fetching
        "when_CsrPlugin_l1023",  # jumps to the handler,
        "when_CsrPlugin_l1068",  # and back
        "when_CsrPlugin_l1112",  # waits for an interrupt
        "when_CsrPlugin_l1120",  # waits for the jump back
        "CsrPlugin_exception",
    )
    netlist.drive(dict.fromkeys((*sources, *consequences), "1'b0"))
    netlist.drive({"decode_ENV_CTRL": "EnvCtrlEnum_NONE"})
    travelling = [
        f"CsrPlugin_exceptionPortCtrl_exceptionValidsRegs_{stage}"
        for stage in ("decode", "execute", "memory", "writeBack")
    ]
    netlist.hold(dict.fromkeys((*travelling, "CsrPlugin_hadException"), "1'b0"))
    _remove_registers(netlist, *_TRAPS, *_MACHINE_INFORMATION, *_INTERRUPTS)


def _change_counters(netlist: Netlist, options: CpuOptions) -> None:
    """Make counters read-only, and the unprivileged names other names for the same."""
    for counter in ("mcycle", "minstret"):
        for half in ("31 : 0", "63 : 32"):
            netlist.replace(
                f"          CsrPlugin_{counter}[{half}] <= "
                "CsrPlugin_csrMapping_writeDataSignal[31 : 0];\n",
                "",
            )
    for alias, register in _USER_COUNTERS.items():
        netlist.replace(
            f"execute_CsrPlugin_csr_{register} <= "
            f"(decode_INSTRUCTION[31 : 20] == 12'h{register:x});",
            f"execute_CsrPlugin_csr_{register} <= ((decode_INSTRUCTION[31 : 20] == "
            f"12'h{register:x}) || (decode_INSTRUCTION[31 : 20] == 12'h{alias:x}));",
        )
        _remove_registers(netlist, alias)
    if not options.counts_instructions:
        netlist.hold({"CsrPlugin_minstret": "64'h0"})
    netlist.hold({"CsrPlugin_misa_base": "2'b01", "CsrPlugin_misa_extensions": "26'h0000042"})
    if not options.exceptions:
        _remove_registers(netlist, _ISA)
    if options.data_cache == 0 or not options.exceptions:
        _remove_registers(netlist, _DATA_CACHE)


def _change_legality(netlist: Netlist, options: CpuOptions) -> None:
    """Decide which of the instructions that the decoder knows are legal."""
    illegal = []
    if options.cfu_enable:
        illegal.append("(decode_CfuPlugin_CFU_ENABLE && (! CfuPlugin_en))")
    else:
        netlist.hold({"CfuPlugin_en": "1'b1"})
    if options.multiplier is Multiplier.NONE:
        illegal.append("((decode_INSTRUCTION & 32'hfe00007f) == 32'h02000033)")
    elif options.divider is Divider.NONE:
        illegal.append("((decode_INSTRUCTION & 32'hfe00407f) == 32'h02004033)")
    netlist.drive({"when_CfuPlugin_l184": " || ".join(illegal) or "1'b0"})
    # The port has register operands only.
    netlist.drive({"execute_CfuPlugin_CFU_INPUT_2_KIND": "Input2Kind_RS"})


def _remove_registers(netlist: Netlist, *numbers: int) -> None:
    """Make control and status registers absent: access is illegal, or reads 0 and writes none."""
    netlist.hold({f"execute_CsrPlugin_csr_{number}": "1'b0" for number in numbers})
