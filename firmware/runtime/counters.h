// The CPU's cycle and instruction counters.

#ifndef FIRMWARE_RUNTIME_COUNTERS_H_
#define FIRMWARE_RUNTIME_COUNTERS_H_

#include <cstdint>

#include "soc.h"  // generated

namespace playground {

// Reads a 64-bit counter in halves, again when the low half wrapped in between.
#define PLAYGROUND_READ_COUNTER(name, low_csr, high_csr)                                 \
  inline uint64_t name() {                                                               \
    uint32_t low, high, high_again;                                                      \
    do {                                                                                 \
      asm volatile("csrr %0, " high_csr "\n\tcsrr %1, " low_csr "\n\tcsrr %2, " high_csr \
                   : "=r"(high), "=r"(low), "=r"(high_again)::"memory");                 \
    } while (high != high_again);                                                        \
    return static_cast<uint64_t>(high) << 32 | low;                                      \
  }

PLAYGROUND_READ_COUNTER(ReadCycles, "mcycle", "mcycleh")
PLAYGROUND_READ_COUNTER(ReadRetired, "minstret", "minstreth")

#undef PLAYGROUND_READ_COUNTER

// Zero on a CPU that does not count instructions.
inline uint64_t ReadInstructions() {
  if constexpr (soc::kCountsInstructions) return ReadRetired();
  return 0;
}

}  // namespace playground

#endif  // FIRMWARE_RUNTIME_COUNTERS_H_
