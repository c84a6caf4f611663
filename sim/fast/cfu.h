// The CFU's own Verilog, compiled by Verilator, at the pace of the CPU's clock.

#ifndef SIM_FAST_CFU_H_
#define SIM_FAST_CFU_H_

#include <cstdint>
#include <memory>

struct CfuOutputs {
  bool command_ready;
  bool response_valid;
  uint32_t result;
};

class Cfu {
 public:
  Cfu();
  ~Cfu();

  // A clock cycle with these inputs, and what the outputs showed in it.
  CfuOutputs Tick(bool command_valid, uint32_t function_id, uint32_t input_0, uint32_t input_1,
                  bool response_ready);

  // Clock cycles without a command. False if the CFU responded all the same.
  //
  // When a cycle leaves every register as it was, so do all that follow, and they are skipped.
  bool Idle(uint64_t cycles);

  // A clock cycle in reset.
  void Reset();

 private:
  struct Model;
  bool IsUnchangedByCycle();
  void Clock();

  std::unique_ptr<Model> model_;
  bool is_settled_ = false;
};

#endif  // SIM_FAST_CFU_H_
