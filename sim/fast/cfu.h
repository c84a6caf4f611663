// The CFU's own Verilog, compiled by Verilator, at the pace of the CPU's clock.

#ifndef SIM_FAST_CFU_H_
#define SIM_FAST_CFU_H_

#include <cstdint>
#include <memory>

struct CfuInputs {
  bool command_valid = false;
  uint32_t function_id = 0;
  uint32_t input_0 = 0;
  uint32_t input_1 = 0;
  bool response_ready = true;
  // Of a CFU with a memory port.
  bool bus_acknowledge = false;
  uint32_t bus_data = 0;
};

struct CfuOutputs {
  bool command_ready = false;
  bool response_valid = false;
  uint32_t result = 0;
  // Of a CFU with a memory port: Wishbone's signals.
  bool bus_cycle = false;
  bool bus_strobe = false;
  bool bus_write = false;
  uint32_t bus_address = 0;  // of a word
  uint32_t bus_data = 0;
  uint8_t bus_select = 0;
  uint8_t bus_cti = 0;
  uint8_t bus_bte = 0;
};

class Cfu {
 public:
  Cfu();
  ~Cfu();

  // A clock cycle with these inputs, and what the outputs showed in it.
  CfuOutputs Tick(const CfuInputs& inputs);

  // The same; afterwards `is_settled` says whether the cycle left every register as it was.
  CfuOutputs TickAndLook(const CfuInputs& inputs);
  bool is_settled() const { return is_settled_; }

  // Clock cycles without a command. False if the CFU responded all the same.
  //
  // When a cycle leaves every register as it was, so do all that follow, and they are skipped.
  bool Idle(uint64_t cycles);

  // A clock cycle in reset.
  void Reset();

 private:
  struct Model;
  bool IsUnchangedByCycle();
  void Remember();
  bool IsAsRemembered() const;
  void Clock();

  std::unique_ptr<Model> model_;
  bool is_settled_ = false;
  uint64_t first_look_ = 2;  // cycles after a command until it is looked whether anything moves
};

#endif  // SIM_FAST_CFU_H_
