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

constexpr size_t kBlockWords = 32;

// The memory port, of a CFU that has one.
template <typename Model>
void SetBus([[maybe_unused]] Model& cfu, [[maybe_unused]] const CfuInputs& inputs) {
  if constexpr (requires { cfu.mem_ack; }) {
    cfu.mem_ack = inputs.bus_acknowledge;
    cfu.mem_dat_r = inputs.bus_data;
    cfu.mem_err = 0;
  }
}

template <typename Model>
void GetBus([[maybe_unused]] const Model& cfu, [[maybe_unused]] CfuOutputs& outputs) {
  if constexpr (requires { cfu.mem_ack; }) {
    outputs.bus_cycle = cfu.mem_cyc != 0;
    outputs.bus_strobe = cfu.mem_stb != 0;
    outputs.bus_write = cfu.mem_we != 0;
    outputs.bus_address = cfu.mem_adr;
    outputs.bus_data = cfu.mem_dat_w;
    outputs.bus_select = cfu.mem_sel;
    outputs.bus_cti = cfu.mem_cti;
    outputs.bus_bte = cfu.mem_bte;
  }
}

}  // namespace

struct Cfu::Model {
  Model() { context.randReset(0); }

  VerilatedContext context;
  Vcfu cfu{&context};
  std::vector<uint64_t> before = std::vector<uint64_t>((sizeof(Vcfu___024root) + 7) / 8);
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

CfuOutputs Cfu::Tick(const CfuInputs& inputs) {
  Vcfu& cfu = model_->cfu;
  cfu.cmd_valid = inputs.command_valid;
  cfu.cmd_payload_function_id = inputs.function_id & 0x3ff;
  cfu.cmd_payload_inputs_0 = inputs.input_0;
  cfu.cmd_payload_inputs_1 = inputs.input_1;
  cfu.rsp_ready = inputs.response_ready;
  SetBus(cfu, inputs);
  cfu.clk = 0;
  Vcfu___024root___eval(cfu.rootp);
  CfuOutputs outputs;
  outputs.command_ready = cfu.cmd_ready != 0;
  outputs.response_valid = cfu.rsp_valid != 0;
  outputs.result = cfu.rsp_payload_outputs_0;
  GetBus(cfu, outputs);
  Clock();
  is_settled_ = false;
  return outputs;
}

void Cfu::Remember() {
  std::memcpy(model_->before.data(), model_->cfu.rootp, sizeof(Vcfu___024root));
}

bool Cfu::IsAsRemembered() const {
  // By blocks, so that most of the comparison is done with vectors.
  const uint64_t* before = model_->before.data();
  const auto* now = reinterpret_cast<const unsigned char*>(model_->cfu.rootp);
  size_t word = 0;
  for (; word + kBlockWords <= model_->before.size(); word += kBlockWords) {
    uint64_t block[kBlockWords];
    std::memcpy(block, now + word * 8, sizeof(block));
    uint64_t difference = 0;
    for (size_t i = 0; i < kBlockWords; ++i) difference |= block[i] ^ before[word + i];
    if (difference != 0) return false;
  }
  return std::memcmp(before + word, now + word * 8, sizeof(Vcfu___024root) - word * 8) == 0;
}

CfuOutputs Cfu::TickAndLook(const CfuInputs& inputs) {
  Remember();
  const CfuOutputs outputs = Tick(inputs);
  is_settled_ = IsAsRemembered();
  return outputs;
}

bool Cfu::IsUnchangedByCycle() {
  Remember();
  model_->cfu.clk = 0;
  Vcfu___024root___eval(model_->cfu.rootp);
  Clock();
  return IsAsRemembered();
}

bool Cfu::Idle(uint64_t cycles) {
  if (is_settled_) return true;
  Vcfu& cfu = model_->cfu;
  cfu.cmd_valid = 0;
  cfu.rsp_ready = 1;
  uint64_t next_look = first_look_;
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    if (cycle == next_look) {
      if (IsUnchangedByCycle()) {
        is_settled_ = true;
        // It may be at rest earlier next time.
        first_look_ = std::max<uint64_t>(next_look - 1, 1);
        return cfu.rsp_valid == 0;
      }
      first_look_ = next_look *= 2;
    } else {
      cfu.clk = 0;
      Vcfu___024root___eval(cfu.rootp);
      Clock();
    }
    if (cfu.rsp_valid) return false;
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
