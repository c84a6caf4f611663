// Where cycles go: each cycle has one cause, told from what decode did in it.
//
// Whatever simulates VexRiscv says what its pipeline shows in a cycle; what that makes the cycle's
// cause is decided here.

#ifndef SIM_HARNESS_CAUSES_H_
#define SIM_HARNESS_CAUSES_H_

#include <cstdint>

enum class Cause : uint8_t {
  kIssued,           // an instruction left decode
  kInstructionMiss,  // decode is empty: the instruction cache fetches a line
  kDataMiss,         // the data cache fetches a line
  kStore,            // a store waits for the bus
  kUncached,         // an access past the data cache waits for the bus
  kContention,       // a line of instructions waits for the bus, which another master has
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
  kLoad,             // that ended
  kLoadMiss,         // lines of data fetched
  kStore,            // that ended
  kInstructionMiss,  // lines of instructions fetched
  kJump,             // that decode did not foresee
  kCfu,              // commands
};
constexpr int kEvents = 6;

// What the pipeline shows in a cycle, as far as the cycle's cause depends on it.
struct PipelineView {
  // Decode. Its instruction leaves it, or stays in it without being thrown away, or there is none.
  bool issues = false;
  bool stays = false;
  bool needs_loaded = false;   // an operand that is still being loaded
  bool awaits_return = false;  // from an exception
  // What keeps the instructions ahead of it.
  bool write_back_waits = false;
  bool write_back_uncached = false;  // its access goes past the data cache
  bool write_back_stores = false;
  bool memory_waits = false;
  bool memory_computes = false;  // a product or a quotient
  bool memory_awaits_cfu = false;
  bool data_refills = false;  // the data cache fetches a line
  bool execute_waits = false;
  bool execute_awaits_cfu = false;
  bool execute_shifts = false;
  // What throws away what is in decode, or keeps anything from coming there.
  bool retries = false;  // a load that has missed, and all behind it
  bool jumps = false;
  bool fetches = false;           // a line of instructions
  bool fetch_awaits_bus = false;  // which another master has
  // Why decode has been empty since before; `kOther` if it is not or for none of the others.
  Cause emptied_by = Cause::kOther;
};

constexpr Cause CauseOf(const PipelineView& view) {
  if (view.issues) return Cause::kIssued;
  if (view.stays) {
    if (view.write_back_waits) {
      if (view.write_back_uncached) return Cause::kUncached;
      return view.write_back_stores ? Cause::kStore : Cause::kDataMiss;
    }
    if (view.memory_waits) {
      if (view.memory_computes) return Cause::kArithmetic;
      return view.memory_awaits_cfu ? Cause::kCfu : Cause::kUncached;
    }
    if (view.data_refills) return Cause::kDataMiss;
    if (view.execute_awaits_cfu) return Cause::kCfu;
    if (view.execute_shifts) return Cause::kArithmetic;
    if (view.execute_waits || view.awaits_return) return Cause::kOther;
    return view.needs_loaded ? Cause::kLoadUse : Cause::kHazard;
  }
  if (view.retries) return Cause::kDataMiss;
  if (view.jumps) return Cause::kBranch;
  if (view.fetches) return view.fetch_awaits_bus ? Cause::kContention : Cause::kInstructionMiss;
  return view.emptied_by;
}

#endif  // SIM_HARNESS_CAUSES_H_
