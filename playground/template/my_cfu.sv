// A CFU to start from: one instruction that does four multiply-accumulates.
//
// A command is taken in a cycle in which cmd_valid and cmd_ready are high, and each one is answered
// once, in order. my_cfu.toml says which function ids there are and when their answer comes.

module Cfu (
    input  logic        clk,
    input  logic        reset,
    input  logic        cmd_valid,
    output logic        cmd_ready,
    input  logic [9:0]  cmd_payload_function_id,
    input  logic [31:0] cmd_payload_inputs_0,
    input  logic [31:0] cmd_payload_inputs_1,
    output logic        rsp_valid,
    input  logic        rsp_ready,
    output logic [31:0] rsp_payload_outputs_0
);

  localparam int Lanes = 4;
  localparam logic signed [8:0] InputOffset = 128;  // of most int8 models

  // As narrow as its operands, so that it fits a multiplier of the FPGA.
  function automatic logic signed [16:0] product(input logic signed [7:0] value,
                                                 input logic signed [7:0] filter);
    logic signed [8:0] shifted;
    shifted = value + InputOffset;
    product = shifted * filter;
  endfunction

  logic signed [31:0] sum;

  always_comb begin
    sum = 0;
    for (int lane = 0; lane < Lanes; lane++) begin
      sum += product(cmd_payload_inputs_0[8*lane+:8], cmd_payload_inputs_1[8*lane+:8]);
    end
  end

  // The answer is registered. There is room for a command unless an answer waits to be taken.
  assign cmd_ready = ~rsp_valid | rsp_ready;

  always_ff @(posedge clk) begin
    if (reset) begin
      rsp_valid <= 1'b0;
    end else if (cmd_ready) begin
      rsp_valid <= cmd_valid;
      // With a second instruction, cmd_payload_function_id selects between their results.
      rsp_payload_outputs_0 <= sum;
    end
  end

endmodule
