"""Changes of the caches: their sizes, and data accesses without one."""

from __future__ import annotations

__all__ = ["change_caches", "sized_data_cache", "sized_instruction_cache"]

from dataclasses import dataclass

from soc.vexriscv.netlist import Netlist, replace_each
from soc.vexriscv.options import CpuOptions


@dataclass(frozen=True)
class _Geometry:
    """Widths in bits of what a byte's address is split into: tag, line, word and byte of four."""

    line: int
    word: int

    @classmethod
    def of(cls, cache_bytes: int, line_bytes: int) -> _Geometry:
        return cls(
            line=(cache_bytes // line_bytes).bit_length() - 1,
            word=(line_bytes // 4).bit_length() - 1,
        )

    @property
    def offset(self) -> int:
        """Of a byte within its line."""
        return self.word + 2

    @property
    def index(self) -> int:
        """Of a byte within the cache."""
        return self.line + self.offset

    @property
    def tag(self) -> int:
        return 32 - self.index

    @property
    def common_edits(self) -> dict[str, str]:
        """What both caches have in common, from 4 KiB in lines of 32 bytes to this."""
        line, word, offset, index, tag = self.line, self.word, self.offset, self.index, self.tag
        return {
            "[0:127]": f"[0:{(1 << line) - 1}]",
            "[0:1023]": f"[0:{(1 << line + word) - 1}]",
            "[21:0]": f"[{tag + 1}:0]",  # two bits beside the tag: valid and error
            "[21 : 2]": f"[{tag + 1} : 2]",
            "[19:0]": f"[{tag - 1}:0]",
            "[9:0]": f"[{line + word - 1}:0]",
            "[6:0]": f"[{line - 1}:0]",
            "[11 : 5]": f"[{index - 1} : {offset}]",
            "[11 : 2]": f"[{index - 1} : 2]",
            "[31 : 12]": f"[31 : {index}]",
            "3'b101": f"3'd{offset}",
            "3'b111": f"{word}'d{(1 << word) - 1}",
            "3'b000": f"{word}'d0",
            "5'h0": f"{offset}'h0",
            "8'h01": f"{line + 1}'h1",
            "8'h0": f"{line + 1}'h0",
        }


def sized_instruction_cache(module: str, options: CpuOptions) -> str:
    """Return module `InstructionCache` for the options' size, from that of 4 KiB."""
    size = _Geometry.of(options.instruction_cache, options.cache_line)
    return replace_each(
        module,
        {
            "[7:0]    lineLoader_flushCounter": f"[{size.line}:0] lineLoader_flushCounter",
            "lineLoader_flushCounter[7]": f"lineLoader_flushCounter[{size.line}]",
            "[6 : 0]": f"[{size.line - 1} : 0]",
            "[2:0]    lineLoader_wordIndex": f"[{size.word - 1}:0] lineLoader_wordIndex",
            "[31 : 5]": f"[31 : {size.offset}]",
            "3'b001": f"{size.word}'d1",
            **size.common_edits,
        },
    )


def sized_data_cache(module: str, options: CpuOptions) -> str:
    """Return module `DataCache` for the options' size, from that of 4 KiB."""
    size = _Geometry.of(options.data_cache, options.cache_line)
    return replace_each(
        module,
        {
            "[7:0]    stageB_flusher_counter": f"[{size.line}:0] stageB_flusher_counter",
            "stageB_flusher_counter[7]": f"stageB_flusher_counter[{size.line}]",
            "[2:0]    loader_counter_value;": f"[{size.word - 1}:0] loader_counter_value;",
            "[2:0]    loader_counter_valueNext": f"[{size.word - 1}:0] loader_counter_valueNext",
            "[2:0]    _zz_loader_counter_valueNext;": (
                f"[{size.word - 1}:0] _zz_loader_counter_valueNext;"
            ),
            "{2'd0, _zz_loader_counter_valueNext_1}": "_zz_loader_counter_valueNext_1",
            "[4 : 0]": f"[{size.offset - 1} : 0]",
            "7'bxxxxxxx": f"{size.line}'bx",
            "10'bxxxxxxxxxx": f"{size.line + size.word}'bx",
            "20'bxxxxxxxxxxxxxxxxxxxx": f"{size.tag}'bx",
            **size.common_edits,
        },
    )


def change_caches(netlist: Netlist, options: CpuOptions) -> None:
    """Fit the core to the caches' line length, and take out the data cache if there is none."""
    line = _Geometry.of(options.instruction_cache, options.cache_line)
    last = f"{line.word}'d{(1 << line.word) - 1}"
    counters = {
        "_zz_iBusWishbone_ADR": f"{line.word}'d",
        "_zz_dBus_cmd_ready": f"{line.word}'d",
    }
    for counter, number in counters.items():
        netlist.replace(f"[2:0]    {counter};", f"[{line.word - 1}:0] {counter};")
        netlist.replace(
            f"      {counter} <= 3'b000;\n      _zz", f"      {counter} <= {number}0;\n      _zz"
        )
        netlist.replace(f"({counter} + 3'b001)", f"({counter} + {number}1)")
    netlist.replace(
        "[26:0]   _zz_iBusWishbone_ADR_1", f"[{31 - line.offset}:0] _zz_iBusWishbone_ADR_1"
    )
    netlist.replace(
        "(iBus_cmd_payload_address >>> 5)", f"(iBus_cmd_payload_address >>> {line.offset})"
    )
    netlist.replace("((_zz_iBusWishbone_ADR == 3'b111)", f"((_zz_iBusWishbone_ADR == {last})")
    netlist.replace("(_zz_iBusWishbone_ADR != 3'b000)", f"(_zz_iBusWishbone_ADR != {line.word}'d0)")
    if options.data_cache == 0:
        _remove_data_cache(netlist, options)
        return
    netlist.replace(
        "          _zz_dBus_cmd_ready <= 3'b000;",
        f"          _zz_dBus_cmd_ready <= {line.word}'d0;",
    )
    netlist.replace(
        "(dBus_cmd_payload_size == 3'b101)", f"(dBus_cmd_payload_size == 3'd{line.offset})"
    )
    netlist.replace("(_zz_dBus_cmd_ready == 3'b111)", f"(_zz_dBus_cmd_ready == {last})")
    netlist.replace(
        "{{dBus_cmd_payload_address[31 : 5],", f"{{{{dBus_cmd_payload_address[31 : {line.offset}],"
    )
    if options.exceptions:
        netlist.replace("[12 : 0] = 13'h1000;", f"[19 : 0] = 20'd{options.data_cache};")
        netlist.replace("[25 : 20] = 6'h20;", f"[26 : 20] = 7'd{options.cache_line};")


def _remove_data_cache(netlist: Netlist, options: CpuOptions) -> None:
    """Connect the memory stage to the bus.

    The stage waits for the bus, and nothing can be in its way while it does: without a data cache
    the stage after it never waits. So an access, once begun, ends, and none begins that an
    exception of the instruction before it undoes.
    """
    netlist.remove_instance("dataCache_1")
    quiet = (
        "execute_haltIt",
        "execute_refilling",
        "memory_isWrite",
        "redo",
        "writeBack_accessError",
        "writeBack_exclusiveOk",
        "writeBack_haltIt",
        "writeBack_isWrite",
        "writeBack_keepMemRspData",
        "writeBack_mmuException",
    )
    netlist.drive({f"dataCache_1_io_cpu_{name}": "1'b0" for name in quiet})
    netlist.drive(
        {
            "dataCache_1_io_cpu_flush_ready": "1'b1",
            "dataCache_1_io_cpu_writeBack_data": "dataAccess_data",
            "dataCache_1_io_cpu_writeBack_unalignedAccess": (
                "dataAccess_wasMisaligned" if options.exceptions else "1'b0"
            ),
            "dataCache_1_io_mem_cmd_valid": "1'b0",
            "dataCache_1_io_mem_cmd_payload_wr": "1'b0",
            "dataCache_1_io_mem_cmd_payload_uncached": "1'b0",
            "dataCache_1_io_mem_cmd_payload_address": "32'h0",
            "dataCache_1_io_mem_cmd_payload_data": "32'h0",
            "dataCache_1_io_mem_cmd_payload_mask": "4'h0",
            "dataCache_1_io_mem_cmd_payload_size": "3'h0",
            "dataCache_1_io_mem_cmd_payload_last": "1'b1",
            "dBusWishbone_CYC": "dataAccess_request",
            "dBusWishbone_STB": "dataAccess_request",
            "dBusWishbone_WE": "memory_MEMORY_WR",
            "dBusWishbone_ADR": "memory_REGFILE_WRITE_DATA[31 : 2]",
            "dBusWishbone_DAT_MOSI": "memory_MEMORY_STORE_DATA_RF",
            "dBusWishbone_SEL": "dataAccess_mask",
            "dBusWishbone_CTI": "3'b000",
        }
    )
    netlist.replace(
        "    memory_arbitration_haltItself = 1'b0;\n",
        "    memory_arbitration_haltItself = (dataAccess_request && (! dBusWishbone_ACK));\n",
    )
    misaligned = (
        """((memory_INSTRUCTION[13] && (dataAccess_byte != 2'b00))
      || (memory_INSTRUCTION[12] && dataAccess_byte[0]))"""
        if options.exceptions
        else "1'b0"
    )
    netlist.add(
        f"""\
  wire       [1:0]    dataAccess_byte;
  wire                dataAccess_misaligned;
  wire                dataAccess_request;
  reg        [3:0]    dataAccess_mask;
  reg        [31:0]   dataAccess_data;
  reg                 dataAccess_wasMisaligned;
  assign dataAccess_byte = memory_REGFILE_WRITE_DATA[1 : 0];
  assign dataAccess_misaligned = {misaligned};
  assign dataAccess_request = (memory_arbitration_isValid && memory_MEMORY_ENABLE
      && (! dataAccess_misaligned) && (! memory_arbitration_isFlushed));
  always @(*) begin
    if(memory_INSTRUCTION[13] || (! memory_MEMORY_WR)) begin
      dataAccess_mask = 4'b1111;
    end else if(memory_INSTRUCTION[12]) begin
      dataAccess_mask = (dataAccess_byte[1] ? 4'b1100 : 4'b0011);
    end else begin
      dataAccess_mask = (4'b0001 <<< dataAccess_byte);
    end
  end
  always @(posedge clk) begin
    if(dBusWishbone_ACK) begin
      dataAccess_data <= dBusWishbone_DAT_MISO;
    end
    dataAccess_wasMisaligned <= dataAccess_misaligned;
  end"""
    )
