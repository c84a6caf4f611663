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
//
// After function 6 with n = 127, it stands still while it has no command, until it is told so again.
// Before, its random numbers go on.
//
// With MEMORY_PORT defined, function 6 answers with the sum of all words read, too, and begins, if
// none goes on, a transfer of n + 1 words to or from memory:
//   a[9:2]  first word of a page: its own when it writes, else one that nobody writes to, or, with
//           RACES defined, one that the CPU stores to meanwhile
//   b[0]    it writes     b[4:1]  words at once, less one     b[7:5]  cycles between them, less one
//   b[8]    in bursts     b[12:9] bytes to write

module Cfu(
  input clk, input reset,
  input cmd_valid, output cmd_ready,
  input [9:0] cmd_payload_function_id,
  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,
  output rsp_valid, input rsp_ready,
`ifdef MEMORY_PORT
  output mem_cyc, output mem_stb, output mem_we, output [29:0] mem_adr, output [31:0] mem_dat_w,
  output [3:0] mem_sel, output [2:0] mem_cti, output [1:0] mem_bte,
  input [31:0] mem_dat_r, input mem_ack, input mem_err,
`endif
  output [31:0] rsp_payload_outputs_0);

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
  reg quiet;

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
`ifdef MEMORY_PORT
      6: result = count + total;
`else
      6: result = count;
`endif
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
      quiet <= 0;
    end else begin
      if (!quiet || cmd_valid || busy)
        random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
      if (busy && left != 0) left <= left - 1;
      if (ends) busy <= 0;
      if (cmd_valid && !takes && waited != 7) waited <= waited + 1;
      if (takes) begin
        waited <= 0;
        count <= count + 1;
        if (which == 1) sum <= result;
        if (which == 2) last <= a ^ b;
        if (which == 6 && n == 127) quiet <= !quiet;
        if (!at_once) begin
          busy <= 1;
          left <= latency;
          held <= result;
        end
      end
    end

`ifdef MEMORY_PORT
  reg [31:0] total;
  reg [7:0] to_transfer;
  reg [4:0] in_burst;
  reg [2:0] pause;
  reg [29:0] address;
  reg [12:0] how;

  localparam OWN_PAGE = 20'h40130;
`ifdef RACES
  localparam READ_PAGE = 20'h40100;
`else
  localparam READ_PAGE = 20'h40120;
`endif
  wire [4:0] burst_words = {1'b0, how[4:1]} + 1;
  wire ends_burst = in_burst == 1 || to_transfer == 1;

  assign mem_cyc = in_burst != 0;
  assign mem_stb = in_burst != 0;
  assign mem_we = how[0];
  assign mem_adr = address;
  assign mem_dat_w = total ^ {address[15:0], to_transfer, 8'h5a};
  assign mem_sel = how[0] ? how[12:9] : 4'hf;
  assign mem_cti = !how[8] ? 0 : ends_burst ? 7 : 2;
  assign mem_bte = 0;

  always @(posedge clk)
    if (reset) begin
      total <= 0;
      to_transfer <= 0;
      in_burst <= 0;
      pause <= 0;
      address <= 0;
      how <= 0;
    end else begin
      if (takes && which == 6 && to_transfer == 0) begin
        to_transfer <= {1'b0, n} + 1;
        address <= {b[0] ? OWN_PAGE : READ_PAGE, 2'd0, a[9:2]};
        how <= b[12:0];
        pause <= b[7:5];
      end else if (to_transfer != 0 && in_burst == 0) begin
        pause <= pause - 1;
        if (pause == 0) in_burst <= burst_words;
      end else if (mem_stb && mem_ack) begin
        if (!how[0]) total <= total + mem_dat_r;
        address <= address + 1;
        to_transfer <= to_transfer - 1;
        in_burst <= ends_burst ? 0 : in_burst - 1;
        pause <= how[7:5];
      end
    end
`endif
endmodule
