// A CFU to start from: one instruction that does four multiply-accumulates.
//
// A command is taken in a cycle in which cmd_valid and cmd_ready are high, and each one is answered
// once, in order. my_cfu.toml says which function ids there are and when their answer comes.

module Cfu (
    input         clk,
    input         reset,
    input         cmd_valid,
    output        cmd_ready,
    input  [9:0]  cmd_payload_function_id,
    input  [31:0] cmd_payload_inputs_0,
    input  [31:0] cmd_payload_inputs_1,
    output reg    rsp_valid,
    input         rsp_ready,
    output reg [31:0] rsp_payload_outputs_0
);

  // (input + 128) * filter; 128 is the offset of most int8 models, whose activations begin at -128.
  function signed [16:0] product(input [7:0] value, input [7:0] filter);
    reg signed [8:0] shifted;
    begin
      shifted = $signed(value) + 9'sd128;
      product = shifted * $signed(filter);
    end
  endfunction

  wire signed [16:0] product_0 = product(cmd_payload_inputs_0[7:0], cmd_payload_inputs_1[7:0]);
  wire signed [16:0] product_1 = product(cmd_payload_inputs_0[15:8], cmd_payload_inputs_1[15:8]);
  wire signed [16:0] product_2 = product(cmd_payload_inputs_0[23:16], cmd_payload_inputs_1[23:16]);
  wire signed [16:0] product_3 = product(cmd_payload_inputs_0[31:24], cmd_payload_inputs_1[31:24]);
  wire signed [31:0] sum = product_0 + product_1 + product_2 + product_3;

  // The answer is registered. There is room for a command unless an answer waits to be taken.
  assign cmd_ready = ~rsp_valid | rsp_ready;

  always @(posedge clk) begin
    if (reset) begin
      rsp_valid <= 1'b0;
    end else if (cmd_ready) begin
      rsp_valid <= cmd_valid;
      // With a second instruction, cmd_payload_function_id selects between their results.
      rsp_payload_outputs_0 <= sum;
    end
  end

endmodule
