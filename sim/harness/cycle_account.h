// Tells of each cycle of the Verilated SoC what it went to.

#ifndef SIM_HARNESS_CYCLE_ACCOUNT_H_
#define SIM_HARNESS_CYCLE_ACCOUNT_H_

#include <cstdint>

#include "causes.h"
#include "tally.h"

// What VexRiscv's signals are before a rising edge; sim/pipeline_signals.py has their names. What a
// core does not have is 0.
struct PipelineSignals {
  uint32_t decode_valid;  // there is an instruction
  uint32_t decode_fires;
  uint32_t decode_stuck;
  uint32_t decode_removed;
  uint32_t decode_illegal;
  uint32_t decode_predicts;       // a jump, and goes on at its target
  uint32_t decode_awaits_return;  // from an exception
  uint32_t decode_liberates;      // lets the pipeline run empty for an interrupt
  uint32_t decode_pc;
  uint32_t decode_instruction;
  uint32_t decode_uses_rs1;
  uint32_t decode_uses_rs2;

  uint32_t execute_valid;
  uint32_t execute_fires;
  uint32_t execute_stuck;
  uint32_t execute_refills;  // waits for the data cache, which fetches a line
  uint32_t execute_jumps;
  uint32_t execute_misjumps;  // to a misaligned address
  uint32_t execute_traps;
  uint32_t execute_shifts;
  uint32_t execute_instruction;
  uint32_t execute_writes_register;

  uint32_t memory_valid;
  uint32_t memory_stuck;
  uint32_t memory_accesses;
  uint32_t memory_awaits_cfu;  // if its response is not there
  uint32_t memory_lacks_response;
  uint32_t memory_instruction;
  uint32_t memory_writes_register;

  uint32_t write_back_fires;
  uint32_t write_back_stuck;
  uint32_t write_back_accesses;
  uint32_t write_back_stores;
  uint32_t write_back_uncached;
  uint32_t write_back_retries;
  uint32_t write_back_traps;
  uint32_t write_back_refills;  // the data cache begins to fetch a line

  uint32_t fetched;       // decode has been given something, even if it is in no cache
  uint32_t fetch_misses;  // that is so, and the instruction cache begins to fetch the line
  uint32_t fetch_pc;
  uint32_t fetch_refills;
  uint32_t fetch_requests;  // the bus
  uint32_t bus_grant;       // 0 for instructions
  uint32_t trap_jumps;      // to the handler or back

  uint32_t cfu_hazard;  // a command may not be sent yet
  uint32_t cfu_command;
  uint32_t cfu_ready;

  uint32_t bypasses;  // whether the core has operands before they are in the registers
};

class CycleAccount {
 public:
  // Accounts for one cycle after the other.
  void Count(const PipelineSignals& signals);
  const Tally& tally() const { return tally_; }

 private:
  PipelineView ViewOf(const PipelineSignals& signals) const;
  void CountEvents(const PipelineSignals& signals);
  void Remember(const PipelineSignals& signals);
  void Count(Event event) { ++tally_.events[static_cast<int>(event)]; }

  Tally tally_;
  uint32_t issued_pc_ = 0;            // of the last instruction that was
  Cause emptied_by_ = Cause::kOther;  // if decode is empty
  bool nothing_happened_ = false;     // in the cycle before that empties decode
};

#endif  // SIM_HARNESS_CYCLE_ACCOUNT_H_
