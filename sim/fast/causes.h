// Where cycles go: each cycle has one cause, told from what decode did in it.

#ifndef SIM_FAST_CAUSES_H_
#define SIM_FAST_CAUSES_H_

#include <cstdint>

enum class Cause : uint8_t {
  kIssued,           // an instruction left decode
  kInstructionMiss,  // decode is empty: the instruction cache fetches a line
  kDataMiss,         // the data cache fetches a line
  kStore,            // a store waits for the bus
  kUncached,         // an access past the data cache waits for the bus
  kContention,       // a line of instructions waits for the bus, which data has
  kLoadUse,          // an operand is still being loaded
  kHazard,           // an operand is still being computed
  kBranch,           // decode is empty, or thrown away, after a jump
  kArithmetic,       // multiplier, divider or shifter at work
  kCfu,              // the CFU is waited for, or a command may not be sent yet
  kOther,            // start, exceptions, CSR instructions, flushes of caches
};
constexpr int kCauses = 12;

// What is counted besides.
enum class Event : uint8_t {
  kLoad,             // that asks the data cache, counted again when it is tried again
  kLoadMiss,
  kStore,
  kInstructionMiss,  // lines fetched
  kJump,             // that decode did not foresee
  kCfu,              // commands
};
constexpr int kEvents = 6;

#endif  // SIM_FAST_CAUSES_H_
