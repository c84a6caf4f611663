// The reading half of a serial NOR flash, at its pins. It samples on the clock's rising edge and
// drives after its falling edge, most significant bit first.
//
// Commands: 03h read, 0Bh fast read, 3Bh and 6Bh fast read with data on two and four lines, EBh
// with address, mode and data on four lines; 24-bit addresses. The fast ones have 8 dummy clocks,
// EBh has 2 of mode and 4 dummy. A read goes on until the flash is deselected, and from the last
// byte to the first. Anything else is ignored, as a flash does with what it does not know.
module SpiFlashModel #(
    parameter BYTES = 1 << 21
) (
    input clk,
    input cs_n,
    input [3:0] dq_i,
    output reg [3:0] dq_o
);
  reg [7:0] storage[0:BYTES-1];

  localparam COMMAND = 3'd0, ADDRESS = 3'd1, DUMMY = 3'd2, DATA = 3'd3, IGNORE = 3'd4;

  reg [2:0] state;
  reg [5:0] clocks;  // since the state was entered
  reg [7:0] command;
  reg [23:0] address;
  reg [3:0] bits_sent;  // of the byte at `address`

  wire [7:0] next_command = {command[6:0], dq_i[0]};
  wire quad_address = command == 8'hEB;
  wire [23:0] next_address = quad_address ? {address[19:0], dq_i} : {address[22:0], dq_i[0]};
  wire [5:0] address_clocks = quad_address ? 6'd6 : 6'd24;
  wire [5:0] dummy_clocks = command == 8'h03 ? 6'd0 : command == 8'hEB ? 6'd6 : 6'd8;
  wire [2:0] lines = (command == 8'h6B || command == 8'hEB) ? 3'd4 : command == 8'h3B ? 3'd2 : 3'd1;

  always @(posedge clk or posedge cs_n) begin
    if (cs_n) begin
      state <= COMMAND;
      clocks <= 0;
    end else begin
      clocks <= clocks + 1;
      case (state)
        COMMAND: begin
          command <= next_command;
          if (clocks == 7) begin
            clocks <= 0;
            case (next_command)
              8'h03, 8'h0B, 8'h3B, 8'h6B, 8'hEB: state <= ADDRESS;
              default: state <= IGNORE;
            endcase
          end
        end
        ADDRESS: begin
          address <= next_address;
          if (clocks + 1 == address_clocks) begin
            clocks <= 0;
            bits_sent <= 0;
            state <= dummy_clocks == 0 ? DATA : DUMMY;
          end
        end
        DUMMY: begin
          if (clocks + 1 == dummy_clocks) begin
            clocks <= 0;
            state <= DATA;
          end
        end
        DATA: begin
          // What was driven since the falling edge has been taken.
          if (bits_sent + lines == 8) begin
            bits_sent <= 0;
            address <= address + 1;
          end else bits_sent <= bits_sent + lines;
        end
        default: ;
      endcase
    end
  end

  wire [7:0] shifted = storage[address % BYTES] << bits_sent;

  always @(negedge clk) begin
    dq_o <= lines == 4 ? shifted[7:4] : lines == 2 ? {2'b00, shifted[7:6]} : {2'b00, shifted[7], 1'b0};
  end
endmodule
