"""The signals of VexRiscv's Verilog that tell where its cycles go."""

from __future__ import annotations

__all__ = ["CpuSignal", "core_signals", "pipeline_signals"]

import re
from collections.abc import Mapping
from dataclasses import dataclass

from soc import SocBuild
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Shifter

_CORE = {
    "decode_valid": "decode_arbitration_isValid",
    "decode_fires": "decode_arbitration_isFiring",
    "decode_stuck": "decode_arbitration_isStuck",
    "decode_removed": "decode_arbitration_removeIt",
    "decode_illegal": "decodeExceptionPort_valid",
    "decode_predicts": "IBusCachedPlugin_predictionJumpInterface_valid",
    "decode_awaits_return": "when_CsrPlugin_l1120",
    "decode_liberates": "CsrPlugin_pipelineLiberator_active",
    "decode_pc": "decode_PC",
    "decode_instruction": "decode_INSTRUCTION",
    "decode_uses_rs1": "decode_RS1_USE",
    "decode_uses_rs2": "decode_RS2_USE",
    "execute_valid": "execute_arbitration_isValid",
    "execute_fires": "execute_arbitration_isFiring",
    "execute_stuck": "execute_arbitration_isStuck",
    "execute_refills": "execute_arbitration_haltByOther",
    "execute_jumps": "BranchPlugin_jumpInterface_valid",
    "execute_misjumps": "BranchPlugin_branchExceptionPort_valid",
    "execute_traps": "CsrPlugin_selfException_valid",
    "execute_instruction": "execute_INSTRUCTION",
    "execute_writes_register": "execute_REGFILE_WRITE_VALID",
    "memory_valid": "memory_arbitration_isValid",
    "memory_stuck": "memory_arbitration_isStuck",
    "memory_accesses": "memory_MEMORY_ENABLE",
    "memory_awaits_cfu": "memory_CfuPlugin_CFU_IN_FLIGHT",
    "memory_lacks_response": "when_CfuPlugin_l236",
    "memory_instruction": "memory_INSTRUCTION",
    "memory_writes_register": "memory_REGFILE_WRITE_VALID",
    "write_back_fires": "writeBack_arbitration_isFiring",
    "write_back_stuck": "writeBack_arbitration_isStuck",
    "write_back_accesses": "writeBack_MEMORY_ENABLE",
    "write_back_stores": "writeBack_MEMORY_WR",
    "write_back_retries": "DBusCachedPlugin_redoBranch_valid",
    "write_back_traps": "DBusCachedPlugin_exceptionBus_valid",
    "fetched": "IBusCachedPlugin_iBusRsp_stages_1_output_m2sPipe_valid",
    "fetch_misses": "IBusCachedPlugin_rsp_redoFetch",
    "fetch_pc": "IBusCachedPlugin_fetchPc_pcReg",
    "fetch_requests": "iBusWishbone_STB",
    "trap_jumps": "CsrPlugin_jumpInterface_valid",
    "cfu_hazard": "when_CfuPlugin_l193",
    "cfu_command": "CfuPlugin_bus_cmd_valid",
    "cfu_ready": "CfuPlugin_bus_cmd_ready",
}
_ITERATIVE_SHIFTER = {"execute_shifts": "shifter_busy"}
_INSTRUCTION_CACHE = {"fetch_refills": "lineLoader_valid"}
_DATA_CACHE = {
    "write_back_uncached": "stageB_mmuRsp_isIoAccess",
    "write_back_refills": "stageB_loaderValid",
}
# LiteX calls it `grant`, with the names of some of the modules around it in front.
_GRANT = re.compile(r"^assign \w*ibus_ack = \(\w+ & \((?P<grant>\w+) == \d+'d0\)\);$", re.MULTILINE)


@dataclass(frozen=True)
class CpuSignal:
    """A signal of the SoC's Verilog.

    Attributes
    ----------
    module
        The module that declares it.
    path
        Dotted path below the top level.
    """

    module: str
    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def pipeline_signals(soc: SocBuild) -> Mapping[str, CpuSignal]:
    """Return the signals that a SoC has, by field of `harness/cycle_account.h`.

    Raises
    ------
    ValueError
        If LiteX has written the bus in another form than this knows.
    """
    grant = _GRANT.search(soc.verilog[0].read_text())
    if grant is None:
        raise ValueError(f"`{soc.verilog[0]}` has no bus that is granted to the CPU")
    return {**core_signals(soc.cpu.options), "bus_grant": CpuSignal("soc", grant["grant"])}


def core_signals(options: CpuOptions) -> Mapping[str, CpuSignal]:
    """Return the signals that a core has."""
    core = _CORE | (_ITERATIVE_SHIFTER if options.shifter is Shifter.ITERATIVE else {})
    cache = "VexRiscv.IBusCachedPlugin_cache."
    return {
        **_signals("VexRiscv", "VexRiscv.", core),
        **_signals("InstructionCache", cache, _INSTRUCTION_CACHE),
        **(
            _signals("DataCache", "VexRiscv.dataCache_1.", _DATA_CACHE)
            if options.data_cache
            else {}
        ),
    }


def _signals(module: str, path: str, names: Mapping[str, str]) -> Mapping[str, CpuSignal]:
    return {field: CpuSignal(module, path + name) for field, name in names.items()}
