#include "stepper.h"

#include <cinttypes>
#include <cstdlib>
#include <cstring>

void Stepper::RunUntil(uint64_t cycles) {
  while (cycle_ < cycles && machine_.ending == Ending::kNone && !machine_.wants_attention) {
    pipeline_.Cycle(state_, *this);
    ++cycle_;
  }
}

void Stepper::AddTo(Tally& tally) const {
  for (int i = 0; i < kCauses; ++i) tally.causes[i] += tally_.causes[i];
  for (int i = 0; i < kEvents; ++i) tally.events[i] += tally_.events[i];
  for (const auto& [function, count] : tally_.cfu) tally.cfu[function] += count;
  for (const auto& [pc, causes] : tally_.by_pc) {
    for (int i = 0; i < kCauses; ++i) tally.by_pc[pc][i] += causes[i];
  }
}

void Stepper::EndOfCycle(Cause cause, uint32_t pc, uint32_t, uint32_t retired_pc) {
  ++tally_.causes[static_cast<int>(cause)];
  ++tally_.by_pc[pc][static_cast<int>(cause)];
  if (timeline_ != nullptr) {
    if (responded_) timeline_->Response(cycle_);
    responded_ = false;
    timeline_->Spend(cycle_, cause);
    if (retired_pc != kNoPc) timeline_->Retire(cycle_, retired_pc, Code(retired_pc));
  }
  if (retired_pc != kNoPc && retired_ != nullptr) {
    unsigned char record[12];
    std::memcpy(record, &cycle_, 8);
    std::memcpy(record + 8, &retired_pc, 4);
    std::fwrite(record, 1, sizeof(record), retired_);
  }
}

void Stepper::Fail(const char* what) {
  std::fprintf(stderr, "the fast simulator is wrong about itself in cycle %" PRIu64 ": %s\n",
               cycle_, what);
  std::exit(70);
}
