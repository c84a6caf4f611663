// What a proof of the handshake puts in place of arithmetic and memory.
//
// Their values are arbitrary, except that nothing changes by itself: the same operands as in the
// cycle before give the same result, and so does the same address if nothing was written. That
// allows more than the hardware does, so what is proven of it holds for the hardware.

(* techmap_celltype = "$mul $div $mod $divfloor $modfloor $pow" *)
module constant_arithmetic (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  wire [A_WIDTH-1:0] a_before;
  wire [B_WIDTH-1:0] b_before;
  wire [Y_WIDTH-1:0] before, any;
  \$ff #(.WIDTH(A_WIDTH)) keep_a (.D(A), .Q(a_before));
  \$ff #(.WIDTH(B_WIDTH)) keep_b (.D(B), .Q(b_before));
  \$ff #(.WIDTH(Y_WIDTH)) keep_y (.D(Y), .Q(before));
  \$anyseq #(.WIDTH(Y_WIDTH)) choose (.Y(any));
  assign Y = (A == a_before && B == b_before) ? before : any;
endmodule

(* techmap_celltype = "$mem_v2" *)
module constant_memory (RD_CLK, RD_EN, RD_ARST, RD_SRST, RD_ADDR, RD_DATA,
                        WR_CLK, WR_EN, WR_ADDR, WR_DATA);
  parameter MEMID = "";
  parameter SIZE = 1;
  parameter OFFSET = 0;
  parameter ABITS = 1;
  parameter WIDTH = 1;
  parameter INIT = 0;
  parameter RD_PORTS = 1;
  parameter RD_CLK_ENABLE = 0;
  parameter RD_CLK_POLARITY = 0;
  parameter RD_TRANSPARENCY_MASK = 0;
  parameter RD_COLLISION_X_MASK = 0;
  parameter RD_WIDE_CONTINUATION = 0;
  parameter RD_CE_OVER_SRST = 0;
  parameter RD_ARST_VALUE = 0;
  parameter RD_SRST_VALUE = 0;
  parameter RD_INIT_VALUE = 0;
  parameter WR_PORTS = 1;
  parameter WR_CLK_ENABLE = 0;
  parameter WR_CLK_POLARITY = 0;
  parameter WR_PRIORITY_MASK = 0;
  parameter WR_WIDE_CONTINUATION = 0;
  input [RD_PORTS-1:0] RD_CLK, RD_EN, RD_ARST, RD_SRST;
  input [RD_PORTS*ABITS-1:0] RD_ADDR;
  output [RD_PORTS*WIDTH-1:0] RD_DATA;
  input [WR_PORTS-1:0] WR_CLK;
  input [WR_PORTS*WIDTH-1:0] WR_EN;
  input [WR_PORTS*ABITS-1:0] WR_ADDR;
  input [WR_PORTS*WIDTH-1:0] WR_DATA;

  wire writes, wrote;
  assign writes = WR_PORTS != 0 && |WR_EN;
  \$ff #(.WIDTH(1)) keep_writes (.D(writes), .Q(wrote));
  genvar i;
  generate
    for (i = 0; i < RD_PORTS; i = i + 1) begin : port
      wire [ABITS-1:0] address, address_before;
      wire [WIDTH-1:0] data, before, any;
      assign address = RD_ADDR[i*ABITS +: ABITS];
      assign RD_DATA[i*WIDTH +: WIDTH] = data;
      \$ff #(.WIDTH(ABITS)) keep_address (.D(address), .Q(address_before));
      \$ff #(.WIDTH(WIDTH)) keep_data (.D(data), .Q(before));
      \$anyseq #(.WIDTH(WIDTH)) choose (.Y(any));
      // Ports with registers of their own are not made of Verilog that is only collected.
      assign data = (address == address_before && !wrote && (!writes || &WR_CLK_ENABLE)
                     && RD_CLK_ENABLE == 0) ? before : any;
    end
  endgenerate
endmodule
