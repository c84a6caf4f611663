#include "stepper.h"

#include <cinttypes>
#include <cstdlib>
#include <cstring>

void Stepper::RunUntil(uint64_t cycles) {
  while (cycle_ < cycles && machine_.ending == Ending::kNone) {
    pipeline_.Cycle(state_, *this);
    ++cycle_;
  }
}

void Stepper::EndOfCycle(Cause cause, uint32_t, bool retires, uint32_t retired_pc) {
  ++causes_[static_cast<int>(cause)];
  if (retires && retired_ != nullptr) {
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
