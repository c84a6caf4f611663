// A CFU to try a CPU's port with: when it takes a command and when it answers differs by function.
//
// By function_id[2:0], with function_id[9:3] as `n`:
//   0  takes and answers in the same cycle                      a + b + n
//   1  answers a cycle later, takes the next one meanwhile      sum of all a * b so far
//   2  answers after a[3:0] cycles more                         the last a ^ b
//   3  takes and answers at random                              a with its bytes swapped, ^ b
//   4  as 0, but takes at random                                a - b
//   5  answers after 16 + b[5:0] cycles more                    a * n + b
//   6  answers at random, mostly late                           commands so far
//   7  takes after n[2:0] cycles, answers after n[6:3] more     a & b

module Cfu(
  input clk, input reset,
  input cmd_valid, output cmd_ready,
  input [9:0] cmd_payload_function_id,
  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,
  output rsp_valid, input rsp_ready,
  output [31:0] rsp_payload_outputs_0);

  parameter FREE_RUNNING = 1;  // random numbers go on without commands, too

  wire [2:0] which = cmd_payload_function_id[2:0];
  wire [6:0] n = cmd_payload_function_id[9:3];
  wire [31:0] a = cmd_payload_inputs_0;
  wire [31:0] b = cmd_payload_inputs_1;

  reg [31:0] random;
  reg busy;
  reg [6:0] left;
  reg [31:0] held;
  reg [2:0] waited;
  reg [31:0] sum;
  reg [31:0] last;
  reg [31:0] count;

  wire at_once = which == 0 || which == 4;
  reg open;
  reg [6:0] latency;
  reg [31:0] result;
  always @* begin
    case (which)
      3: open = random[1:0] == 0;
      4: open = random[0];
      7: open = waited >= n[2:0];
      default: open = 1;
    endcase
    case (which)
      2: latency = {3'd0, a[3:0]};
      3: latency = random[4] ? 7'd0 : {5'd0, random[3:2]};
      5: latency = 7'd16 + {1'd0, b[5:0]};
      6: latency = random[5] ? 7'd0 : {3'd0, random[9:6]};
      7: latency = {3'd0, n[6:3]};
      default: latency = 0;
    endcase
    case (which)
      0: result = a + b + {25'd0, n};
      1: result = sum + a * b;
      2: result = last;
      3: result = {a[7:0], a[15:8], a[23:16], a[31:24]} ^ b;
      4: result = a - b;
      5: result = a * {25'd0, n} + b;
      6: result = count;
      default: result = a & b;
    endcase
  end

  wire ends = busy && left == 0 && rsp_ready;
  wire room = at_once ? !busy && rsp_ready : !busy || ends;
  assign cmd_ready = room && open;
  wire takes = cmd_valid && cmd_ready;
  assign rsp_valid = busy ? left == 0 : cmd_valid && open && at_once;
  assign rsp_payload_outputs_0 = busy ? held : result;

  always @(posedge clk)
    if (reset) begin
      random <= 32'h1badcafe;
      busy <= 0;
      left <= 0;
      held <= 0;
      waited <= 0;
      sum <= 0;
      last <= 0;
      count <= 0;
    end else begin
      if (FREE_RUNNING || cmd_valid || busy)
        random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
      if (busy && left != 0) left <= left - 1;
      if (ends) busy <= 0;
      if (cmd_valid && !takes && waited != 7) waited <= waited + 1;
      if (takes) begin
        waited <= 0;
        count <= count + 1;
        if (which == 1) sum <= result;
        if (which == 2) last <= a ^ b;
        if (!at_once) begin
          busy <= 1;
          left <= latency;
          held <= result;
        end
      end
    end
endmodule
