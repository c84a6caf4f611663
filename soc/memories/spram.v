// What an iCE40 UltraPlus single-port RAM cell does: 16,384 words of 16 bits, written by nibbles;
// a read gives its data after the next clock edge. (Lattice, iCE40 SPRAM Usage Guide, FPGA-TN-02022.)
module SB_SPRAM256KA (
    input CLOCK,
    input STANDBY,
    input SLEEP,
    input POWEROFF,  // active low
    input [13:0] ADDRESS,
    input [15:0] DATAIN,
    input [3:0] MASKWREN,
    input WREN,
    input CHIPSELECT,
    output reg [15:0] DATAOUT
);
  reg [15:0] storage[0:16383];

  wire active = CHIPSELECT & POWEROFF & ~SLEEP & ~STANDBY;
  wire [15:0] mask = {{4{MASKWREN[3]}}, {4{MASKWREN[2]}}, {4{MASKWREN[1]}}, {4{MASKWREN[0]}}};

  always @(posedge CLOCK) begin
    if (active) begin
      if (WREN) storage[ADDRESS] <= (DATAIN & mask) | (storage[ADDRESS] & ~mask);
      else DATAOUT <= storage[ADDRESS];
    end
  end
endmodule
