#include "cycle_account.h"

namespace {

// Fields of an instruction.
constexpr uint32_t Opcode(uint32_t word) { return word & 0x7f; }
constexpr uint32_t Rd(uint32_t word) { return word >> 7 & 31; }
constexpr uint32_t Rs1(uint32_t word) { return word >> 15 & 31; }
constexpr uint32_t Rs2(uint32_t word) { return word >> 20 & 31; }
constexpr uint32_t kLoad = 0x03;

// Whether decode needs what a load further on brings.
bool NeedsLoadOf(const PipelineSignals& s, bool writes_register, uint32_t instruction) {
  if (!writes_register || Opcode(instruction) != kLoad) return false;
  const uint32_t rd = Rd(instruction);
  return (s.decode_uses_rs1 && Rs1(s.decode_instruction) == rd) ||
         (s.decode_uses_rs2 && Rs2(s.decode_instruction) == rd);
}

}  // namespace

void CycleAccount::Count(const PipelineSignals& signals) {
  if (nothing_happened_ && signals.fetched) emptied_by_ = Cause::kOther;
  const PipelineView view = ViewOf(signals);
  const Cause cause = CauseOf(view);
  ++tally_.causes[static_cast<int>(cause)];
  const uint32_t waiting_pc = signals.fetched ? signals.decode_pc : signals.fetch_pc;
  // What is behind a jump is often in another function, which does not run.
  ++tally_.by_pc[view.jumps ? issued_pc_ : waiting_pc][static_cast<int>(cause)];
  if (signals.decode_fires) issued_pc_ = signals.decode_pc;
  CountEvents(signals);
  Remember(signals);
}

PipelineView CycleAccount::ViewOf(const PipelineSignals& s) const {
  PipelineView view;
  view.issues = s.decode_fires;
  view.stays = s.decode_valid && !s.decode_removed;
  view.needs_loaded =
      s.bypasses &&
      (NeedsLoadOf(s, s.execute_valid && s.execute_writes_register, s.execute_instruction) ||
       NeedsLoadOf(s, s.memory_valid && s.memory_writes_register, s.memory_instruction));
  view.awaits_return = s.decode_awaits_return || s.decode_liberates;
  view.write_back_waits = s.write_back_stuck;
  view.write_back_uncached = s.write_back_uncached;
  view.write_back_stores = s.write_back_stores;
  view.memory_waits = s.memory_stuck;
  view.memory_awaits_cfu = s.memory_awaits_cfu && s.memory_lacks_response;
  view.memory_computes = s.memory_stuck && !view.memory_awaits_cfu && !s.memory_accesses;
  view.data_refills = s.execute_refills;
  view.execute_waits = s.execute_stuck;
  view.execute_awaits_cfu = s.cfu_hazard || (s.cfu_command && !s.cfu_ready);
  view.execute_shifts = s.execute_shifts;
  view.retries = s.write_back_retries;
  view.jumps = s.execute_jumps && !s.execute_misjumps && !s.execute_traps;
  view.fetches = s.fetch_misses || s.fetch_refills;
  view.fetch_awaits_bus = s.fetch_requests && s.bus_grant != 0;
  if (!s.decode_valid) view.emptied_by = emptied_by_;
  return view;
}

void CycleAccount::CountEvents(const PipelineSignals& s) {
  if (s.execute_jumps && s.execute_fires) Count(Event::kJump);
  if (s.fetch_misses) Count(Event::kInstructionMiss);
  if (s.write_back_refills && !s.write_back_retries) Count(Event::kLoadMiss);
  if (s.write_back_fires && s.write_back_accesses) {
    Count(s.write_back_stores ? Event::kStore : Event::kLoad);
  }
  if (s.cfu_command && s.cfu_ready) {
    Count(Event::kCfu);
    ++tally_.cfu[CfuFunction(s.execute_instruction)];
  }
}

void CycleAccount::Remember(const PipelineSignals& s) {
  nothing_happened_ = false;
  if (s.write_back_retries) {
    emptied_by_ = Cause::kDataMiss;
  } else if (s.trap_jumps || s.decode_illegal || s.execute_misjumps || s.execute_traps ||
             s.write_back_traps) {
    emptied_by_ = Cause::kOther;
  } else if (s.execute_jumps || (s.decode_predicts && !s.decode_stuck)) {
    emptied_by_ = Cause::kBranch;
  } else if (s.fetch_misses) {
    emptied_by_ = Cause::kInstructionMiss;
  } else {
    nothing_happened_ = true;
  }
}
