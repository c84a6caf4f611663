// Runs a machine cycle by cycle through the pipeline.

#ifndef SIM_FAST_STEPPER_H_
#define SIM_FAST_STEPPER_H_

#include <array>
#include <cstdint>
#include <cstdio>

#include "causes.h"
#include "engine.h"
#include "machine.h"
#include "pipeline.h"
#include "timeline.h"

class Stepper : public Engine {
 public:
  // `retired` gets the cycle and address of each instruction that ends, `timeline` is told of all
  // that happens; each may be null.
  Stepper(const System& system, Machine& machine, std::FILE* retired, Timeline* timeline)
      : pipeline_(system),
        machine_(machine),
        retired_(retired),
        timeline_(timeline),
        state_(pipeline_.Reset()) {}

  void RunUntil(uint64_t cycles) override;
  uint64_t cycles() const override { return cycle_; }
  const PipelineState& state() const override { return state_; }
  void AddTo(Tally& tally) const override;

 private:
  friend class Pipeline;

  // The environment of `Pipeline::Cycle`.
  const Instruction& Code(uint32_t pc) const { return machine_.Code(pc); }
  CfuAnswer CfuTick(bool command, bool response_ready, bool granted, bool acknowledged) {
    const CfuAnswer answer =
        machine_.CfuTick(cycle_, command, response_ready, granted, acknowledged);
    responded_ = answer.response_valid && response_ready;
    return answer;
  }
  void CsrAccess(uint8_t distance) { machine_.CsrAccess(cycle_, distance); }
  void UncachedLoad(const Instruction& code, uint8_t slave, uint8_t distance, bool keeps) {
    machine_.UncachedLoad(code, slave, distance, keeps);
  }
  void CfuResult(const Instruction& code, bool latched, bool keeps) {
    machine_.CfuResult(code.rd, latched, keeps);
  }
  void SetTrap(uint32_t cause, uint32_t pc, uint32_t value) { machine_.SetTrap(cause, pc, value); }
  void Uncount(uint32_t instructions) { machine_.instructions -= instructions; }
  void Misaligned(uint32_t pc, bool is_store, uint8_t distance) {
    machine_.Misaligned(pc, is_store, distance);
  }
  uint32_t EnterTrap() { return machine_.EnterTrap(); }
  uint32_t Return() { return machine_.Return(); }
  bool ExecuteCsr(const Instruction& code) {
    return machine_.ExecuteCsr(cycle_, machine_.instructions - 1, code);
  }
  void FlushData() { machine_.FlushData(); }
  Executed Execute(uint32_t pc, const Instruction& code, uint8_t in_memory, uint8_t in_write_back,
                   bool doomed, bool behind_cfu, bool is_first) {
    machine_.instructions += is_first;
    return machine_.Execute(pc, code, in_memory, in_write_back, doomed, behind_cfu);
  }
  uint8_t MemoryAgain(uint8_t distance, const Instruction& code, uint8_t in_memory,
                      uint8_t in_write_back, Access access) {
    return machine_.MemoryAgain(distance, code, in_memory, in_write_back, access);
  }
  uint8_t InstructionSlave(uint32_t line) { return machine_.InstructionSlave(line); }
  bool LookUpInstruction(uint32_t pc) { return machine_.LookUpInstruction(pc); }
  void InstallInstructions(uint32_t line) { machine_.InstallInstructions(line); }
  void InvalidateInstructions() { machine_.InvalidateInstructions(); }
  uint8_t LookUpHistory(uint32_t pc) { return machine_.LookUpHistory(pc); }
  void UpdateHistory(uint32_t pc, uint8_t value, bool right) {
    machine_.UpdateHistory(pc, value, right);
  }
  void Count(Event event) { ++tally_.events[static_cast<int>(event)]; }
  void CountCfu(uint32_t word) {
    Count(Event::kCfu);
    ++tally_.cfu[CfuFunction(word)];
    if (timeline_ != nullptr) timeline_->Command(cycle_, CfuFunction(word));
  }
  void EndOfCycle(Cause cause, uint32_t pc, uint32_t issued_pc, uint32_t retired_pc);
  void Fail(const char* what);

  Pipeline pipeline_;
  Machine& machine_;
  std::FILE* retired_;
  Timeline* timeline_;
  PipelineState state_;
  uint64_t cycle_ = kResetCycles;
  bool responded_ = false;  // the CFU, in this cycle
  Tally tally_;
};

#endif  // SIM_FAST_STEPPER_H_
