// The Verilated SoC with its clock, memories and waveform, whatever it is used for.

#ifndef SIM_HARNESS_SIMULATION_H_
#define SIM_HARNESS_SIMULATION_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "Vsoc.h"
#include "memories.h"
#include "options.h"
#include "soc_config.h"  // generated: EvaluateDesign, AddMemories, the CPU's signals
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

// Cycles for which the SoC keeps itself in reset, and some more.
constexpr uint64_t kResetCycles = 16;
// Cycles between looks at what needs no look every cycle.
constexpr uint64_t kCheckInterval = 1 << 16;

class Simulation {
 public:
  Simulation() {
    context_.randReset(0);
#if VM_TRACE
    context_.traceEverOn(true);
#endif
    soc_ = std::make_unique<Vsoc>(&context_);
    AddMemories(*soc_, memories_);
  }

  ~Simulation() {
#if VM_TRACE
    if (trace_) trace_->close();
#endif
    soc_->final();
  }

  Vsoc& soc() { return *soc_; }
  const Vsoc& soc() const { return *soc_; }
  const Memories& memories() const { return memories_; }
  uint64_t cycles() const { return cycles_; }

  // Puts files into memory, before the first cycle; exits with status 64 where they do not fit.
  void Load(const std::vector<Content>& contents) {
    for (const Content& content : contents) {
      const std::vector<uint8_t> bytes = ReadFile(content.file);
      if (!memories_.Write(content.address, bytes.data(), static_cast<uint32_t>(bytes.size()))) {
        std::fprintf(stderr, "%s does not fit the memory at 0x%08x\n", content.file.c_str(),
                     content.address);
        std::exit(64);
      }
    }
  }

  // Begins a waveform, into which cycles are written while it is recorded.
  void OpenTrace([[maybe_unused]] const std::string& file) {
#if VM_TRACE
    trace_ = std::make_unique<VerilatedFstC>();
    soc_->trace(trace_.get(), 99);
    trace_->open(file.c_str());
#endif
  }
  void Record([[maybe_unused]] bool on) {
#if VM_TRACE
    recording_ = on && trace_;
#endif
  }

  // The two halves of a cycle: between them stands what the rising edge is about to take.
  void FallingEdge() {
    soc_->sys_clk = 0;
    Evaluate();
    Dump(0);
  }
  void RisingEdge() {
    soc_->sys_clk = 1;
    Evaluate();
    Dump(1);
    ++cycles_;
  }

 private:
  // What surrounds a cycle's evaluation in `eval` (locks, tidying up) would take a tenth of the
  // time; it is done now and then, first of all for the initial values. Waveforms need all of it.
  void Evaluate() {
    if (VM_TRACE || cycles_ % kCheckInterval == 0) {
      soc_->eval();
    } else {
      EvaluateDesign(*soc_);
    }
  }

  void Dump([[maybe_unused]] int half) {
#if VM_TRACE
    if (recording_) trace_->dump((cycles_ * 2 + half) * kHalfPeriodPicoseconds);
#endif
  }

  VerilatedContext context_;
  std::unique_ptr<Vsoc> soc_;
  Memories memories_;
  uint64_t cycles_ = 0;
#if VM_TRACE
  std::unique_ptr<VerilatedFstC> trace_;
  bool recording_ = false;
#endif
};

#endif  // SIM_HARNESS_SIMULATION_H_
