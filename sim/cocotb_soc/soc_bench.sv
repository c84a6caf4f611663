// What cocotb sees of a simulated SoC.
//
// Python is woken by events alone, which are signals that change: when a byte went in or out, and
// for each cycle of the CFU's bus in which something happens. What an event tells stays until the
// next one, and was seen by the rising edge that it follows.
module soc_bench (
    input wire clk,

    // From host to SoC: `host_byte` is offered while `host_valid` is high.
    input  wire       host_valid,
    input  wire [7:0] host_byte,
    output reg        host_event,

    // From SoC to host.
    output reg       soc_event,
    output reg [7:0] soc_byte,

    // Where the firmware is; see firmware/runtime/marker.h.
    output wire [31:0] marker,

    // The CFU's bus: whether it waits for memory, and for how many cycles it did before; the number
    // of the cycle; the cycle.
    output reg         bus_event,
    output reg [174:0] bus_cycle
);
  wire host_ready, soc_valid;
  wire [7:0] soc_data;

  soc dut (
      .sys_clk(clk),
      .sim_trace(1'b0),
      .serial_sink_valid(host_valid),
      .serial_sink_data(host_byte),
      .serial_sink_ready(host_ready),
      .serial_source_valid(soc_valid),
      .serial_source_data(soc_data),
      .serial_source_ready(1'b1),
      .marker(marker)
  );

  string file;
  initial begin
    host_event = 0;
    soc_event  = 0;
    bus_event  = 0;
`include "contents.svh"
  end

  wire happens = dut.Cfu.cmd_valid | dut.Cfu.rsp_valid;
  reg happened = 0;
  reg [31:0] cycle = 0;
  reg [31:0] memory_waits = 0;
`ifdef MEMORY_PORT
  wire memory_waits_now = dut.Cfu.mem_cyc & dut.Cfu.mem_stb & ~(dut.Cfu.mem_ack | dut.Cfu.mem_err);
`else
  wire memory_waits_now = 0;
`endif

  always @(posedge clk) begin
    cycle <= cycle + 1;
    if (host_valid & host_ready) host_event <= ~host_event;
    if (soc_valid) begin
      soc_event <= ~soc_event;
      soc_byte  <= soc_data;
    end
    if (dut.Cfu.reset) begin
      happened <= 0;
    end else begin
      memory_waits <= memory_waits + memory_waits_now;
      happened <= happens;
      // Of a quiet time the first cycle is told, too: it tells what was withdrawn.
      if (happens | happened) begin
        bus_event <= ~bus_event;
        bus_cycle <= {
          memory_waits_now,
          memory_waits,
          cycle,
          dut.Cfu.cmd_valid,
          dut.Cfu.cmd_ready,
          dut.Cfu.cmd_payload_function_id,
          dut.Cfu.cmd_payload_inputs_0,
          dut.Cfu.cmd_payload_inputs_1,
          dut.Cfu.rsp_valid,
          dut.Cfu.rsp_ready,
          dut.Cfu.rsp_payload_outputs_0
        };
      end
    end
  end
endmodule
