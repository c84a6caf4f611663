#include "cfu.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "Vcfu.h"
#include "Vcfu___024root.h"
#include "verilated.h"

// Verilator's function inside `Vcfu::eval`, which wraps it in locks that one thread does not need.
void Vcfu___024root___eval(Vcfu___024root* root);

namespace {

// Cycles after a command until it is first looked whether anything still moves.
constexpr uint64_t kFirstLook = 16;

}  // namespace

struct Cfu::Model {
  Model() { context.randReset(0); }

  VerilatedContext context;
  Vcfu cfu{&context};
  std::vector<unsigned char> before;
};

Cfu::Cfu() : model_(std::make_unique<Model>()) {
  Vcfu& cfu = model_->cfu;
  cfu.cmd_valid = 0;
  cfu.rsp_ready = 1;
  cfu.reset = 0;
  cfu.clk = 0;
  cfu.eval();  // initial values
}

Cfu::~Cfu() { model_->cfu.final(); }

void Cfu::Clock() {
  Vcfu& cfu = model_->cfu;
  cfu.clk = 1;
  Vcfu___024root___eval(cfu.rootp);
}

CfuOutputs Cfu::Tick(bool command_valid, uint32_t function_id, uint32_t input_0, uint32_t input_1,
                     bool response_ready) {
  Vcfu& cfu = model_->cfu;
  cfu.cmd_valid = command_valid;
  cfu.cmd_payload_function_id = function_id & 0x3ff;
  cfu.cmd_payload_inputs_0 = input_0;
  cfu.cmd_payload_inputs_1 = input_1;
  cfu.rsp_ready = response_ready;
  cfu.clk = 0;
  Vcfu___024root___eval(cfu.rootp);
  const CfuOutputs outputs{cfu.cmd_ready != 0, cfu.rsp_valid != 0, cfu.rsp_payload_outputs_0};
  Clock();
  is_settled_ = false;
  return outputs;
}

bool Cfu::IsUnchangedByCycle() {
  const auto* state = reinterpret_cast<const unsigned char*>(model_->cfu.rootp);
  model_->before.assign(state, state + sizeof(Vcfu___024root));
  model_->cfu.clk = 0;
  Vcfu___024root___eval(model_->cfu.rootp);
  Clock();
  return std::memcmp(model_->before.data(), state, sizeof(Vcfu___024root)) == 0;
}

bool Cfu::Idle(uint64_t cycles) {
  if (is_settled_) return true;
  Vcfu& cfu = model_->cfu;
  cfu.cmd_valid = 0;
  cfu.rsp_ready = 1;
  uint64_t next_look = kFirstLook;
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (cycle == next_look) {
      next_look *= 2;
      if (IsUnchangedByCycle()) {
        is_settled_ = true;
        return true;
      }
      if (cfu.rsp_valid) return false;
      continue;
    }
    cfu.clk = 0;
    Vcfu___024root___eval(cfu.rootp);
    if (cfu.rsp_valid) return false;
    Clock();
  }
  return true;
}

void Cfu::Reset() {
  Vcfu& cfu = model_->cfu;
  cfu.reset = 1;
  cfu.clk = 0;
  cfu.eval();
  Clock();
  cfu.reset = 0;
}
