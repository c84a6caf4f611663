// `Pipeline::Cycle`; see pipeline.h.

#ifndef SIM_FAST_PIPELINE_CYCLE_H_
#define SIM_FAST_PIPELINE_CYCLE_H_

#include "causes.h"

template <typename Environment>
void Pipeline::Cycle(PipelineState& s, Environment& environment) const {
  static const Instruction kNoInstruction{};
  const bool cached = data_lines_ != 0;
  const bool traps = system_.exceptions;
  const InFlight ex = s.execute, me = s.memory, wb = s.write_back;
  const auto code = [&](const InFlight& stage) -> const Instruction& {
    return stage.valid ? environment.Code(stage.pc) : kNoInstruction;
  };
  const Instruction& ex_code = code(ex);
  const Instruction& me_code = code(me);
  const Instruction& wb_code = code(wb);
  const auto access = [](const InFlight& stage) { return static_cast<Access>(stage.access); };

  // The bus answers whom it is granted to.
  const bool acknowledged = s.ram_acknowledges != 0 || s.csr_acknowledges;
  const bool instruction_request = (s.refill_valid && !s.refill_sent) || s.instruction_word != 0;
  const bool instruction_ack = acknowledged && s.grant == kInstructions;
  const bool data_ack = acknowledged && s.grant == kData;

  // Write-back.
  const bool wb_memory = wb.valid && wb_code.is_memory();
  const bool buffer_ready = !s.buffer.valid;
  DataCommand sent{};
  bool wb_stuck = false, redo = false, loader_begins = false, wb_exception = false;
  bool writes_cache = false;
  if (wb_memory && cached) {
    switch (access(wb)) {
      case Access::kUncached:
        sent.valid = !s.command_sent;
        wb_stuck = wb_code.is_load ? !s.data_response : !buffer_ready;
        break;
      case Access::kHit:
        if (wb_code.is_load) {
          redo = s.collision;
          break;
        }
        writes_cache = true;
        [[fallthrough]];
      case Access::kMiss:
        if (wb_code.is_store) {
          sent.valid = true;
          wb_stuck = !buffer_ready;
        } else {
          sent.valid = !s.command_sent;
          sent.line = sent.valid;
          loader_begins = buffer_ready;
          wb_stuck = true;
        }
        break;
      case Access::kMisaligned:
      case Access::kNone:
        break;
    }
    if (sent.valid) {
      sent.write = wb_code.is_store;
      sent.uncached = access(wb) == Access::kUncached;
      sent.slave = wb.slave;
      if (sent.uncached) sent.distance = wb.distance;
    }
    if (s.loader_valid && !s.loader_valid_before) redo = true;
  }
  if (wb_memory && traps && access(wb) == Access::kMisaligned) wb_exception = !redo;
  const bool trap_jump = s.had_exception;
  const bool return_jump = traps && wb.valid && wb_code.is_return;
  const bool wb_flushes = redo || wb_exception || trap_jump || return_jump;
  const bool wb_removed = wb_exception || redo;
  const bool wb_fires = wb.valid && !wb_stuck && !wb_removed;

  // The CFU's port: the command is of the instruction in execute, the response of one in memory.
  const bool cfu_wish = ex.valid && ex_code.is_cfu;
  const bool cfu_hazard =
      (wb.valid && wb_code.has_side_effect) || (me.valid && me_code.has_side_effect);
  const bool cfu_schedule = cfu_wish && !cfu_hazard;
  const bool cfu_command = (cfu_schedule || s.cfu_hold) && !s.cfu_fired;
  CfuAnswer cfu;
  if (cfu_command || s.cfu_outstanding || s.cfu_active) {
    cfu = environment.CfuTick(cfu_command, !s.cfu_latched, s.grant == kCfu,
                              acknowledged && s.grant == kCfu);
  }
  const bool cfu_response = cfu.response_valid || s.cfu_latched;

  // Memory.
  const bool me_removed = wb_flushes;
  const bool direct_request =
      !cached && me.valid && me_code.is_memory() && access(me) == Access::kUncached && !me_removed;
  const bool divides = me.valid && me_code.is_divide && system_.divider != Divider::kNone;
  const bool me_arithmetic =
      (divides && !s.divide_done) || (me.valid && me_code.is_multiply && s.multiply_left != 0);
  const bool me_cfu = s.cfu_in_flight && !cfu_response;
  const bool me_stuck = me_arithmetic || me_cfu || (direct_request && !data_ack) || wb_stuck;
  const bool me_fires = me.valid && !me_stuck && !me_removed;

  // Execute.
  const bool flush_ready = s.flusher_wait && s.flusher_counter == data_lines_;
  const bool ex_flushes_data = ex.valid && ex_code.flushes_data && cached;
  const bool ex_flush =
      (ex_flushes_data && !flush_ready) || (cached && s.flusher_counter != data_lines_);
  const bool ex_waits = traps && ex.valid && ex_code.is_wait;
  const bool ex_csr = ex.valid && ex_code.is_csr && (wb.valid || me.valid);
  const bool ex_cfu = (cfu_wish && cfu_hazard) || (cfu_command && !cfu.command_ready);
  const bool ex_shifts = system_.shifter == Shifter::kIterative && ex.valid && ex_code.is_shift &&
                         (!s.shift_begun || s.shift_left != 0);
  const bool ex_refill = s.loader_valid && ex.valid;
  const bool ex_stuck =
      ex_flush || ex_waits || ex_csr || ex_cfu || ex_shifts || ex_refill || me_stuck || wb_stuck;
  const bool csr_illegal = traps && ex.valid && ex_code.is_csr && !IsCsrLegal(ex_code);
  const bool ecall = traps && ex.valid && ex_code.is_ecall;
  bool jumps = false, jump_misaligned = false;
  uint32_t jump_target = 0;
  if (ex.valid && ex_code.branch != Branch::kNone) {
    if (ex_code.branch == Branch::kJalr) {
      jump_target = ex.target;
    } else if (ex.predicted) {
      jump_target = ex.pc + 4;
    } else {
      jump_target = ex.pc + static_cast<uint32_t>(ex_code.immediate);
    }
    jumps = ex.predicted != ex.taken ||
            (traps && ex.taken && (static_cast<uint32_t>(ex_code.immediate) & 2) != 0 &&
             ex_code.branch != Branch::kJalr);
    jump_misaligned = traps && jumps && (jump_target & 2) != 0;
  }
  const bool ex_exception = csr_illegal || ecall || jump_misaligned;
  const bool ex_flushes = jumps || ex_exception;
  const bool ex_flushed = wb_flushes;
  const bool ex_removed = ex_exception || ex_flushed;
  const bool ex_fires = ex.valid && !ex_stuck && !ex_removed;

  // Decode.
  const bool redo_fetch = s.decode_valid && !s.decode_hit;
  const bool de_valid = s.decode_valid && s.decode_hit;
  const Instruction& de_code = de_valid ? environment.Code(s.decode_pc) : kNoInstruction;
  const auto reads = [&](uint8_t rd) {
    return rd != 0 && (rd == de_code.rs1 || rd == de_code.rs2);
  };
  bool load_use = false, hazard = false;
  if (de_valid) {
    if (system_.bypass) {
      if (ex.valid && !ex_code.bypass_execute && reads(ex_code.rd)) {
        (ex_code.is_load ? load_use : hazard) = true;
      }
      if (me.valid && !me_code.bypass_memory && reads(me_code.rd)) {
        (me_code.is_load ? load_use : hazard) = true;
      }
    } else {
      hazard = (ex.valid && reads(ex_code.rd)) || (me.valid && reads(me_code.rd)) ||
               (wb.valid && reads(wb_code.rd)) ||
               (s.write_buffer_valid && reads(s.write_buffer_register));
    }
  }
  const bool returns =
      traps && ((ex.valid && ex_code.is_return) || (me.valid && me_code.is_return) || return_jump);
  const bool de_stuck = load_use || hazard || returns || ex_stuck || me_stuck || wb_stuck;
  const bool illegal =
      traps && de_valid && !(de_code.is_legal && (!de_code.is_cfu || s.cfu_enabled));
  const bool de_flushed = wb_flushes || ex_flushes;
  const bool de_removed = illegal || de_flushed;
  bool predicts = false;
  if (de_valid && system_.prediction != Prediction::kNone &&
      (de_code.branch == Branch::kJal || de_code.branch == Branch::kConditional) &&
      (static_cast<uint32_t>(de_code.immediate) & 2) == 0) {
    const bool backward = (de_code.word >> 31) != 0;
    predicts = de_code.branch == Branch::kJal || (system_.prediction == Prediction::kDynamic
                                                      ? backward == ((s.decode_history & 2) != 0)
                                                      : backward);
  }
  const bool de_fires = de_valid && !de_stuck && !de_removed;
  const bool flush_fetch = de_removed || ((predicts || illegal) && !de_stuck) || redo_fetch;

  // Fetch.
  const bool exception_decode = (s.exception_decode || illegal) && !de_flushed;
  const bool exception_execute = (s.exception_execute || ex_exception) && !ex_flushed;
  const bool exception_memory = s.exception_memory && !me_removed;
  const bool exception_write_back = (s.exception_write_back || wb_exception) && !redo;
  const bool fetcher_halts = exception_decode || exception_execute || exception_memory ||
                             exception_write_back || trap_jump || return_jump;
  const bool flush_done = s.flush_counter == instruction_lines_;
  const bool io_flush = de_valid && de_code.flushes_instructions;
  const bool cache_halts =
      s.refill_valid || s.flush_pending || !flush_done || !s.flush_done_before || io_flush;
  const bool fetch_ready = !de_stuck && !redo_fetch;
  const bool output_ready = fetch_ready && !cache_halts;
  const bool output_valid = !fetcher_halts && s.booted;

  // Accesses to LiteX's registers happen in the first of two cycles.
  const bool data_request = cached ? s.command.valid : direct_request;
  bool request = false;
  uint8_t slave = 0;
  switch (static_cast<Grant>(s.grant)) {
    case kInstructions:
      request = instruction_request;
      slave = s.refill_slave;
      break;
    case kData:
      request = data_request;
      slave = cached ? s.command.slave : me.slave;
      break;
    case kCfu:
      request = cfu.bus_cycle && cfu.bus_strobe;
      slave = cfu.slave;
      break;
  }
  const bool csr_access = request && slave == kCsrSlave && !s.csr_acknowledges;
  if (csr_access) environment.CsrAccess(cached ? s.command.distance : me.distance);

  // Results that come late.
  if (wb_fires && wb_memory && cached && access(wb) == Access::kUncached && wb_code.is_load) {
    environment.UncachedLoad(wb_code, wb.slave, wb.distance, !wb.cancelled);
  }
  if (me_fires && direct_request && me.slave == kCsrSlave && me_code.is_load) {
    environment.UncachedLoad(me_code, me.slave, me.distance, !me.cancelled);
  }
  if (me_fires && s.cfu_in_flight) {
    environment.CfuResult(me_code, s.cfu_latched, !me.cancelled);
  }

  // Exceptions, from younger to older instructions: the last one counts.
  if (illegal) environment.SetTrap(2, s.decode_pc, de_code.word);
  if (csr_illegal) environment.SetTrap(2, ex.pc, ex_code.word);
  if (ecall) environment.SetTrap(11, ex.pc, ex_code.word);
  if (jump_misaligned) environment.SetTrap(0, ex.pc, jump_target & ~1u);
  if (ex_exception && !ex_flushed) environment.Uncount(1);
  if (wb_exception) {
    environment.Misaligned(wb.pc, wb_code.is_store, wb.distance);
    environment.Uncount(1 + me.valid + ex.valid + s.replayed_count);
  }
  uint32_t csr_target = 0;
  if (trap_jump) csr_target = environment.EnterTrap();
  if (return_jump) csr_target = environment.Return();

  uint8_t cfu_enabled = s.cfu_enabled;
  if (ex_fires && ex_code.is_csr) {
    const bool enabled = environment.ExecuteCsr(ex_code);
    if (system_.cfu_enable) cfu_enabled = enabled;
  }
  if (ex_fires && ex_flushes_data) environment.FlushData();

  // What was executed and is thrown out comes again.
  uint32_t replayed_count = s.replayed_count;
  if (redo) {
    Replayed again[6] = {};
    uint32_t count = 0;
    for (const InFlight* stage : {&wb, &me, &ex}) {
      if (!stage->valid) continue;
      Replayed& one = again[count++];
      const Instruction& instruction = environment.Code(stage->pc);
      one.pc = stage->pc;
      // These are done in execute, where nothing younger has been executed yet.
      one.executed = !(instruction.is_csr || instruction.is_cfu);
      if (!one.executed) continue;
      one.target = stage->target;
      // The line that it missed is there by then.
      one.access = stage == &wb ? static_cast<uint8_t>(Access::kHit) : stage->access;
      one.slave = stage->slave;
      one.distance = stage->distance;
      one.taken = stage->taken;
      one.shift = stage->shift;
    }
    for (uint32_t i = 0; i < s.replayed_count && count < 6; ++i) again[count++] = s.replayed[i];
    if (count > 3) environment.Fail("more than three instructions to execute again");
    for (uint32_t i = 0; i < 3; ++i) s.replayed[i] = again[i];
    replayed_count = count;
  } else if (wb_exception) {
    for (Replayed& one : s.replayed) one = Replayed{};
    replayed_count = 0;
  }

  // The instruction that leaves decode is executed.
  InFlight entering{};
  InFlight moving = ex, leaving = me;  // into memory and write-back, as far as they move
  const auto age = [&](uint8_t by) {
    for (InFlight* stage : {&moving, &leaving}) {
      if (access(*stage) != Access::kNone) stage->distance += by;
    }
    if (s.buffer.uncached) s.buffer.distance += by;
    if (s.command.uncached) s.command.distance += by;
    if (sent.uncached) sent.distance += by;
    for (uint32_t i = 0; i < replayed_count; ++i) {
      if (s.replayed[i].access != 0) s.replayed[i].distance += by;
    }
  };
  if (de_fires) {
    entering.valid = 1;
    entering.pc = s.decode_pc;
    entering.predicted = predicts;
    const bool doomed = (ex.valid && access(ex) == Access::kMisaligned) ||
                        (me.valid && access(me) == Access::kMisaligned);
    // What may use memory itself is ahead of it, and is waited for in the memory stage.
    const bool behind_cfu = system_.memory_port && cfu_wish;
    // Older stores that the data cache may be writing when this load reads it.
    const auto writes = [&](const InFlight& stage, const Instruction& instruction) -> uint8_t {
      const bool does = stage.valid && instruction.is_store && access(stage) == Access::kHit;
      return does ? stage.distance + 1 : 0;
    };
    const uint8_t in_memory = cached && de_code.is_load ? writes(ex, ex_code) : 0;
    const uint8_t in_write_back = cached && de_code.is_load ? writes(me, me_code) : 0;
    Executed executed;
    if (replayed_count != 0) {
      Replayed again = s.replayed[0];
      if (again.pc != s.decode_pc) environment.Fail("another instruction came again");
      s.replayed[0] = s.replayed[1];
      s.replayed[1] = s.replayed[2];
      s.replayed[2] = Replayed{};
      --replayed_count;
      if (again.executed) {
        executed.taken = again.taken;
        executed.target = again.target;
        executed.access = static_cast<Access>(again.access);
        executed.slave = again.slave;
        executed.shift = again.shift;
        if (executed.access != Access::kNone) {
          executed.overlaps = environment.MemoryAgain(again.distance, de_code, in_memory,
                                                      in_write_back, executed.access);
        }
      } else {
        executed = environment.Execute(s.decode_pc, de_code, in_memory, in_write_back, doomed,
                                       behind_cfu, false);
      }
    } else {
      executed = environment.Execute(s.decode_pc, de_code, in_memory, in_write_back, doomed,
                                     behind_cfu, true);
    }
    if (executed.access != Access::kNone) age(1);
    entering.target = executed.target;
    entering.taken = executed.taken;
    entering.access = static_cast<uint8_t>(executed.access);
    entering.slave = executed.slave;
    entering.shift = executed.shift;
    entering.overlaps = executed.overlaps;
    // The result of a younger instruction stays, even if an older one's comes later.
    const bool traps_by_jump =
        traps && executed.taken &&
        ((de_code.branch == Branch::kJalr ? executed.target
                                          : static_cast<uint32_t>(de_code.immediate)) &
         2) != 0;
    const bool comes_at_once = !de_code.is_csr && !de_code.is_cfu && !traps_by_jump &&
                               !(de_code.is_load && executed.access == Access::kUncached &&
                                 (cached || executed.slave == kCsrSlave));
    const auto cancel = [&](InFlight& stage, const Instruction& instruction) {
      const bool late = instruction.is_cfu || access(stage) == Access::kUncached;
      if (stage.valid && late && instruction.rd == de_code.rd) stage.cancelled = 1;
    };
    if (de_code.rd != 0 && comes_at_once) {
      cancel(moving, ex_code);
      cancel(leaving, me_code);
    }
  }

  // Which cause this cycle has.
  PipelineView view;
  view.issues = de_fires;
  view.stays = de_valid && !de_removed;
  view.needs_loaded = load_use;
  view.awaits_return = returns;
  view.write_back_waits = wb_stuck;
  view.write_back_uncached = access(wb) == Access::kUncached;
  view.write_back_stores = wb_code.is_store;
  view.memory_waits = me_stuck;
  view.memory_computes = me_arithmetic;
  view.memory_awaits_cfu = me_cfu;
  view.data_refills = ex_refill;
  view.execute_waits = ex_stuck;
  view.execute_awaits_cfu = ex_cfu;
  view.execute_shifts = ex_shifts;
  view.retries = redo;
  view.jumps = jumps && !ex_exception;
  view.fetches = redo_fetch || s.refill_valid;
  view.fetch_awaits_bus = instruction_request && s.grant != kInstructions;
  if (!de_valid) {
    switch (static_cast<Bubble>(s.bubble)) {
      case Bubble::kBranch:
        view.emptied_by = Cause::kBranch;
        break;
      case Bubble::kInstructionMiss:
        view.emptied_by = Cause::kInstructionMiss;
        break;
      case Bubble::kDataMiss:
        view.emptied_by = Cause::kDataMiss;
        break;
      case Bubble::kStart:
      case Bubble::kTrap:
        break;
    }
  }
  const Cause cause = CauseOf(view);
  if (jumps && !ex_stuck && !ex_removed) environment.Count(Event::kJump);
  if (redo_fetch) environment.Count(Event::kInstructionMiss);
  if (loader_begins && !redo) environment.Count(Event::kLoadMiss);
  if (wb_fires && wb_code.is_load) environment.Count(Event::kLoad);
  if (wb_fires && wb_code.is_store) environment.Count(Event::kStore);
  if (cfu_command && cfu.command_ready) environment.CountCfu(ex_code.word);
  // What is behind a jump is often in another function, which does not run.
  const uint32_t waiting_pc = s.decode_valid ? s.decode_pc : s.fetch_pc;
  environment.EndOfCycle(cause, view.jumps ? ex.pc : waiting_pc, de_fires ? s.decode_pc : kNoPc,
                         wb_fires ? wb.pc : kNoPc);

  // ---- The rising edge. ----

  // Data cache: collisions of what is read with what is written.
  if (cached) {
    const bool early = writes_cache && ex.valid && (ex.overlaps & 2);
    const bool late = writes_cache && me.valid && (me.overlaps & 2);
    if (!wb_stuck) s.collision = s.collision_early || late;
    if (!me_stuck) s.collision_early = early;
    s.loader_valid_before = s.loader_valid;
    if (sent.valid && buffer_ready) s.command_sent = 1;
    if (!wb_stuck) s.command_sent = 0;
    const bool loader_done = s.loader_valid && s.data_response && s.loader_word == words_ - 1;
    if (s.loader_valid && s.data_response) s.loader_word = (s.loader_word + 1) % words_;
    if (loader_begins) s.loader_valid = 1;
    if (loader_done) s.loader_valid = 0;
    const bool start = s.flusher_start;
    const bool wait = s.flusher_wait;
    if (flush_ready) s.flusher_wait = 0;
    if (s.flusher_counter != data_lines_) ++s.flusher_counter;
    s.flusher_start = !wait && !start && ex_flushes_data && !(ex.valid && ex_code.is_memory()) &&
                      !(me.valid && me_code.is_memory()) && !wb_memory && !redo;
    if (start) {
      s.flusher_wait = 1;
      s.flusher_counter = 0;
    }
  }

  // The data side's buffers, and the bus.
  const bool instruction_response = s.instruction_response;
  if (cached) {
    const bool last = !s.command.line || s.data_word == words_ - 1;
    const bool taken = s.command.valid && data_ack && (s.command.write || last);
    s.data_response = s.command.valid && !s.command.write && data_ack;
    if (s.command.valid && data_ack) s.data_word = last ? 0 : s.data_word + 1;
    const DataCommand waiting = s.buffer;
    if (!waiting.valid && sent.valid) s.buffer = sent;
    if (!s.command.valid || taken) {
      s.buffer = DataCommand{};
      s.command = waiting.valid ? waiting : sent;
    }
  }
  s.instruction_response = instruction_request && instruction_ack;
  const bool refill_command = s.refill_valid && !s.refill_sent && instruction_ack;
  if (s.instruction_response) s.instruction_word = (s.instruction_word + 1) % words_;
  uint32_t ram_acknowledges = 0;
  if (request && slave != kCsrSlave) {
    const bool burst = s.grant == kCfu && cfu.bus_burst;
    ram_acknowledges = burst ? 1u << slave : 1u << slave & ~s.ram_acknowledges;
  }
  s.ram_acknowledges = ram_acknowledges;
  s.csr_acknowledges = csr_access;
  // Whoever has the bus keeps it; then it goes round.
  const bool requests[] = {instruction_request, data_request, cfu.bus_cycle};
  if (!requests[s.grant]) {
    const uint8_t first = (s.grant + 1) % 3, second = (s.grant + 2) % 3;
    if (requests[first]) {
      s.grant = first;
    } else if (requests[second]) {
      s.grant = second;
    }
  }

  // The CFU's port.
  const bool cfu_in_execute = cfu_schedule || s.cfu_hold || s.cfu_fired;
  const bool cfu_fire = cfu_command && cfu.command_ready;
  if (cfu_schedule && !s.cfu_fired) s.cfu_hold = 1;
  if (cfu_fire) s.cfu_hold = 0;
  if (cfu_fire) ++s.cfu_outstanding;
  if (cfu.response_valid && !s.cfu_latched) {
    if (s.cfu_outstanding == 0) environment.Fail("the CFU responds without a command");
    --s.cfu_outstanding;
  }
  const bool response_taken = s.cfu_in_flight && !wb_stuck;
  if (cfu.response_valid) s.cfu_latched = 1;
  if (response_taken) s.cfu_latched = 0;
  if (!me_stuck) s.cfu_in_flight = !ex_stuck && cfu_in_execute;
  if (cfu_fire) s.cfu_fired = 1;
  if (!ex_stuck) s.cfu_fired = 0;
  s.cfu_enabled = cfu_enabled;
  if (system_.memory_port) s.cfu_active = cfu_command || s.cfu_outstanding || !cfu.at_rest;

  // Units.
  if (divides && !s.divide_done) {
    const bool done = s.divide_counter == 32;
    s.divide_counter = s.divide_counter == 33 ? 0 : s.divide_counter + 1;
    if (done) s.divide_done = 1;
  }
  if (!me_stuck) {
    s.divide_counter = 0;
    s.divide_done = 0;
  }
  if (system_.multiplier == Multiplier::kIterative) {
    if (!me_stuck) {
      s.multiply_left = ex_fires && ex_code.is_multiply ? 32 : 0;
    } else if (me.valid && me_code.is_multiply && s.multiply_left != 0) {
      --s.multiply_left;
    }
  }
  if (system_.shifter == Shifter::kIterative) {
    const bool shifting = ex.valid && ex_code.is_shift;
    const uint8_t left = s.shift_left;
    if (!s.shift_begun) {
      s.shift_left = shifting ? ex.shift : 0;
    } else if (left != 0) {
      s.shift_left = left - 1;
    }
    s.shift_begun = shifting && ex_stuck && !ex_removed;
    if (!s.shift_begun) s.shift_left = 0;
  }
  if (!system_.bypass) {
    s.write_buffer_valid = wb_fires && wb_code.rd != 0;
    s.write_buffer_register = s.write_buffer_valid ? wb_code.rd : 0;
  }

  // Exceptions.
  s.had_exception = exception_write_back;
  s.exception_write_back = !wb_stuck && exception_memory && !me_stuck;
  s.exception_memory = me_stuck ? exception_memory : exception_execute && !ex_stuck;
  s.exception_execute = ex_stuck ? exception_execute : exception_decode && !de_stuck;
  s.exception_decode = de_stuck && exception_decode;

  // The stages move.
  if (!wb_stuck || wb_removed) s.write_back = InFlight{};
  if (!me_stuck && !me_removed)
    s.write_back = leaving.valid ? leaving : InFlight{};
  else if (!wb_stuck)
    s.write_back = InFlight{};
  if (!me_stuck || me_removed) s.memory = InFlight{};
  if (!ex_stuck && !ex_removed) s.memory = moving.valid ? moving : InFlight{};
  if (!ex_stuck || ex_removed) s.execute = InFlight{};
  if (de_fires) s.execute = entering;
  // What stays where it was has aged, and the stores before it moved on.
  s.replayed_count = replayed_count;
  if (s.memory.valid) {
    // What a replay needs stays: target, taken and shift.
    s.memory.predicted = 0;
    const bool came = !ex_stuck && !ex_removed;
    // Bits: 1 is the store in memory, 2 the one in write-back.
    if (came)
      s.memory.overlaps = ex.overlaps & 1 ? 2 : 0;
    else if (!wb_stuck)
      s.memory.overlaps = 0;
  }
  if (s.write_back.valid) {
    s.write_back.target = 0;
    s.write_back.taken = 0;
    s.write_back.overlaps = 0;
    s.write_back.shift = 0;
  }
  if (s.execute.valid && !de_fires) {
    if (!me_stuck)
      s.execute.overlaps = s.execute.overlaps & 1 ? 2 : 0;
    else if (!wb_stuck)
      s.execute.overlaps &= 1;
  }

  // Instruction cache.
  const bool flush_begins = s.flush_pending && !(s.refill_valid || s.fetch_valid);
  const bool refill_done = instruction_response && s.refill_word == words_ - 1;
  if (instruction_response) s.refill_word = (s.refill_word + 1) % words_;
  if (refill_done) {
    // While the tags are being invalidated, a line that comes is lost.
    if (flush_done) environment.InstallInstructions(s.refill_line);
    s.refill_valid = 0;
    s.refill_line = 0;
    s.refill_slave = 0;
  }
  if (refill_command) s.refill_sent = 1;
  if (refill_done) s.refill_sent = 0;
  if (redo_fetch) {
    s.refill_valid = 1;
    s.refill_line = s.decode_pc >> line_log2_ << line_log2_;
    s.refill_slave = environment.InstructionSlave(s.refill_line);
  }
  s.flush_done_before = flush_done;
  if (!flush_done) ++s.flush_counter;
  if (io_flush) s.flush_pending = 1;
  if (flush_begins) {
    s.flush_pending = 0;
    s.flush_counter = 0;
    environment.InvalidateInstructions();
  }

  // Fetch.
  const bool csr_jump = trap_jump || return_jump;
  const bool jump = redo || csr_jump || jumps || predicts;
  const bool correction = redo_fetch || jump;
  uint32_t pc = s.fetch_pc + (s.increment ? 4 : 0);
  if (redo_fetch) pc = s.decode_pc;
  if (jump) {
    pc = redo       ? wb.pc
         : csr_jump ? csr_target
         : jumps    ? jump_target
                    : s.decode_pc + static_cast<uint32_t>(de_code.immediate);
  }
  pc &= ~3u;
  const uint8_t decode_history = s.decode_history;
  if (flush_fetch && !fetch_ready) s.decode_valid = 0;
  if (fetch_ready) {
    s.decode_valid = s.fetch_valid && !flush_fetch;
    s.decode_pc = s.fetch_pc;
    s.decode_hit = s.fetch_hit;
    s.decode_history = s.fetch_history;
  }
  if (!s.decode_valid) {
    s.decode_pc = 0;
    s.decode_hit = 0;
    s.decode_history = 0;
  }
  if (flush_fetch) s.fetch_valid = 0;
  if (fetch_ready) s.fetch_valid = output_valid && !cache_halts;
  if (fetch_ready || !s.fetch_valid) s.fetch_hit = s.fetch_history = 0;
  if (fetch_ready && s.fetch_valid) {
    s.fetch_hit = environment.LookUpInstruction(pc);
    if (s.fetch_hit && system_.prediction == Prediction::kDynamic &&
        environment.Code(pc).branch == Branch::kConditional) {
      s.fetch_history = environment.LookUpHistory(pc);
    }
  }
  if (s.booted && (output_ready || correction || fetch_ready)) s.fetch_pc = pc;
  if (correction || fetch_ready) s.increment = 0;
  if (output_ready) s.increment = output_valid;
  s.booted = 1;
  if (system_.prediction == Prediction::kDynamic) {
    if (ex_fires && ex_code.branch == Branch::kConditional) {
      const bool backward = (ex_code.word >> 31) != 0;
      environment.UpdateHistory(ex.pc, s.execute_history, backward == (ex.taken != 0));
    }
    if (!ex_stuck) {
      s.execute_history = de_fires && de_code.branch == Branch::kConditional ? decode_history : 0;
    }
  }
  if (redo) {
    s.bubble = static_cast<uint8_t>(Bubble::kDataMiss);
  } else if (csr_jump || illegal || ex_exception || wb_exception) {
    s.bubble = static_cast<uint8_t>(Bubble::kTrap);
  } else if (jumps || (predicts && !de_stuck)) {
    s.bubble = static_cast<uint8_t>(Bubble::kBranch);
  } else if (redo_fetch) {
    s.bubble = static_cast<uint8_t>(Bubble::kInstructionMiss);
  } else if (s.decode_valid) {
    s.bubble = static_cast<uint8_t>(Bubble::kStart);
  }
}

#endif  // SIM_FAST_PIPELINE_CYCLE_H_
