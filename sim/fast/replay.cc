// Replaying of traces, as threaded code.

#include <cstdint>
#include <cstring>

#include "trace.h"
#include "tracer.h"

const void* const* Tracer::labels_ = nullptr;

#pragma clang diagnostic ignored "-Wgnu-label-as-value"

Tracer::Left Tracer::Replay(Op* op, uint64_t limit) {
  static const void* const kLabels[] = {
      &&addi,
      &&slti,
      &&sltiu,
      &&xori,
      &&ori,
      &&andi,
      &&slli,
      &&srli,
      &&srai,
      &&add,
      &&sub,
      &&sll,
      &&slt,
      &&sltu,
      &&xor_,
      &&srl,
      &&sra,
      &&or_,
      &&and_,
      &&mul,
      &&mulh,
      &&mulhsu,
      &&mulhu,
      &&div,
      &&divu,
      &&rem,
      &&remu,
      &&set,
      &&execute,
      &&again,
      &&uncached_load,
      &&cfu_result,
      &&flush_data,
      &&invalidate,
      &&update_history,
      &&jump,
      &&goto_,
      &&jalr,
      &&beq,
      &&bne,
      &&blt,
      &&bge,
      &&bltu,
      &&bgeu,
      &&lb,
      &&lh,
      &&lw,
      &&lbu,
      &&lhu,
      &&sb,
      &&sh,
      &&sw,
      &&shift,
      &&overlap,
      &&csr,
      &&csr_access,
      &&cfu_tick,
      &&look_up,
      &&look_up_history,
      &&install,
      &&rare,
      &&unrecorded,
  };
  static_assert(sizeof(kLabels) / sizeof(kLabels[0]) == static_cast<size_t>(Label::kCount));
  if (op == nullptr) {
    labels_ = kLabels;
    return Left::kPaused;
  }
  Machine& machine = machine_;
  uint32_t* const x = machine.x.data();
  const uint32_t* const tags = machine.data_tags();
  const bool cached = machine.system().data_cache != 0;
  const uint32_t tag_mask = cached ? machine.data_mask() : 0;
  const uint32_t line_log2 = line_log2_;
  const uint32_t slave = machine.largest_ram();
  // The rest is left to the machine: all accesses if the cache's bytes may differ from memory's.
  const Region region = machine.system().memory_port ? Region{} : machine.system().rams[slave];
  uint8_t* const ram = machine.ram(slave);
  const uint32_t hit_key =
      static_cast<uint32_t>(cached ? Access::kHit : Access::kUncached) | slave << 8;
  const uint32_t miss_key =
      static_cast<uint32_t>(cached ? Access::kMiss : Access::kUncached) | slave << 8;
  const uint32_t first_uncached = cached ? 0x80000000u : 0xffffffffu;
  Instruction a_load;
  a_load.is_load = true;
  const Instruction no_load;

  uint64_t now = cycle_;
  Question* question = nullptr;
  Edge* edge = nullptr;
  uint32_t key = 0;
  int32_t executed = 0;
  uint32_t offset = 0;

#define NEXT goto * op->label
#define SIMPLE(value)  \
  x[op->rd] = (value); \
  ++op;                \
  NEXT
#define A x[op->rs1]
#define B x[op->rs2]
#define I static_cast<uint32_t>(op->immediate)
#define SIGNED(value) static_cast<int32_t>(value)
#define ANSWER(value)                    \
  question = static_cast<Question*>(op); \
  key = (value);                         \
  goto answer

  NEXT;

addi:
  SIMPLE(A + I);
slti:
  SIMPLE(SIGNED(A) < op->immediate);
sltiu:
  SIMPLE(A < I);
xori:
  SIMPLE(A ^ I);
ori:
  SIMPLE(A | I);
andi:
  SIMPLE(A & I);
slli:
  SIMPLE(A << (I & 31));
srli:
  SIMPLE(A >> (I & 31));
srai:
  SIMPLE(static_cast<uint32_t>(SIGNED(A) >> (I & 31)));
add:
  SIMPLE(A + B);
sub:
  SIMPLE(A - B);
sll:
  SIMPLE(A << (B & 31));
slt:
  SIMPLE(SIGNED(A) < SIGNED(B));
sltu:
  SIMPLE(A < B);
xor_:
  SIMPLE(A ^ B);
srl:
  SIMPLE(A >> (B & 31));
sra:
  SIMPLE(static_cast<uint32_t>(SIGNED(A) >> (B & 31)));
or_:
  SIMPLE(A | B);
and_:
  SIMPLE(A & B);
mul:
  SIMPLE(A * B);
mulh:
  SIMPLE(Compute(Operation::kMulh, A, B));
mulhsu:
  SIMPLE(Compute(Operation::kMulhsu, A, B));
mulhu:
  SIMPLE(Compute(Operation::kMulhu, A, B));
div:
  SIMPLE(Compute(Operation::kDiv, A, B));
divu:
  SIMPLE(Compute(Operation::kDivu, A, B));
rem:
  SIMPLE(Compute(Operation::kRem, A, B));
remu:
  SIMPLE(Compute(Operation::kRemu, A, B));
set:
  SIMPLE(I);

execute:
  machine.Execute(I, machine.Code(I), 0, 0, false, false);
  if (__builtin_expect(machine.ending != Ending::kNone, 0)) goto ended;
  ++op;
  NEXT;
again:
  machine.MemoryAgain(op->extra, no_load, 0, 0, Access::kNone);
  ++op;
  NEXT;
uncached_load:
  {
    Instruction load;
    load.operation = static_cast<Operation>(op->immediate);
    load.rd = op->rd;
    machine.UncachedLoad(load, op->rs1, op->extra, op->rs2 != 0);
    ++op;
    NEXT;
  }
cfu_result:
  machine.CfuResult(op->rd, op->rs1 != 0, op->rs2 != 0);
  ++op;
  NEXT;
flush_data:
  machine.FlushData();
  ++op;
  NEXT;
invalidate:
  machine.InvalidateInstructions();
  ++op;
  NEXT;
update_history:
  machine.UpdateHistory(I, op->rd, op->rs1 != 0);
  ++op;
  NEXT;
jump:
  {
    Op* target;
    std::memcpy(&target, reinterpret_cast<unsigned char*>(op) + sizeof(void*), sizeof(target));
    op = target;
    NEXT;
  }

goto_:
  ANSWER(0);
jalr:
  {
    const uint32_t target = (A + I) & ~1u;
    if (!machine.JumpTraps(target)) x[op->rd] = static_cast<Question*>(op)->pc + 4;
    ANSWER(target);
  }
beq:
  ANSWER(A == B);
bne:
  ANSWER(A != B);
blt:
  ANSWER(SIGNED(A) < SIGNED(B));
bge:
  ANSWER(SIGNED(A) >= SIGNED(B));
bltu:
  ANSWER(A < B);
bgeu:
  ANSWER(A >= B);

// A load that hits, with no store of the same moment, or any without a data cache.
#define LOAD(type)                                                                    \
  {                                                                                   \
    const uint32_t address = A + I;                                                   \
    const uint32_t line = address >> line_log2;                                       \
    if (__builtin_expect((tags[line & tag_mask] != line && cached) ||                 \
                             (address & (sizeof(type) - 1)) != 0 ||                   \
                             address - region.origin >= region.bytes ||               \
                             address >= first_uncached || (op->rs2 | op->extra) != 0, \
                         0)) {                                                        \
      goto access;                                                                    \
    }                                                                                 \
    type value;                                                                       \
    std::memcpy(&value, ram + (address - region.origin), sizeof(type));               \
    machine.recent[machine.recent_count++ & 15] = {address, 0, false, sizeof(type)};  \
    x[op->rd] = static_cast<uint32_t>(static_cast<int32_t>(value));                   \
    ANSWER(hit_key);                                                                  \
  }
#define STORE(type)                                                                                \
  {                                                                                                \
    const uint32_t address = A + I;                                                                \
    const uint32_t line = address >> line_log2;                                                    \
    if (__builtin_expect((address & (sizeof(type) - 1)) != 0 ||                                    \
                             address - region.origin >= region.bytes || address >= first_uncached, \
                         0)) {                                                                     \
      goto access;                                                                                 \
    }                                                                                              \
    const type value = static_cast<type>(B);                                                       \
    std::memcpy(ram + (address - region.origin), &value, sizeof(type));                            \
    machine.recent[machine.recent_count++ & 15] = {address, 0, true, sizeof(type)};                \
    ANSWER(tags[line & tag_mask] == line ? hit_key : miss_key);                                    \
  }
lb:
  LOAD(int8_t)
lh:
  LOAD(int16_t)
lw:
  LOAD(int32_t)
lbu:
  LOAD(uint8_t)
lhu:
  LOAD(uint16_t)
sb:
  STORE(uint8_t)
sh:
  STORE(uint16_t)
sw:
  STORE(uint32_t)
access:
  {
    question = static_cast<Question*>(op);
    const Instruction& code = machine.Code(question->pc);
    key = AccessKey(machine.Execute(question->pc, code, code.is_load ? op->rs2 : 0,
                                    op->extra & ~kBehindCfu, false, (op->extra & kBehindCfu) != 0));
    if (__builtin_expect(machine.ending != Ending::kNone, 0)) goto ended_at_question;
    goto answer;
  }

shift:
  question = static_cast<Question*>(op);
  key = machine.Execute(question->pc, machine.Code(question->pc), 0, 0, false, false).shift;
  goto answer;
overlap:
  ANSWER(machine.MemoryAgain(op->extra, a_load, op->rs1, op->rs2, Access::kHit));
csr:
  question = static_cast<Question*>(op);
  key = machine.ExecuteCsr(now + question->offset, machine.instructions + question->executed - 1,
                           machine.Code(question->pc));
  if (__builtin_expect(machine.ending != Ending::kNone, 0)) goto ended_at_question;
  goto answer;
csr_access:
  question = static_cast<Question*>(op);
  machine.CsrAccess(now + question->offset, op->extra);
  if (__builtin_expect(machine.ending != Ending::kNone, 0)) goto ended_at_question;
  if (machine.wants_attention) limit = 0;
  key = 0;
  goto answer;
cfu_tick:
  {
    question = static_cast<Question*>(op);
    key = CfuKey(machine.CfuTick(now + question->offset, op->rs1 != 0, op->rs2 != 0,
                                 (op->extra & 1) != 0, (op->extra & 2) != 0));
    if (__builtin_expect(machine.ending != Ending::kNone, 0)) goto ended_at_question;
    goto answer;
  }
look_up:
  ANSWER(machine.LookUpInstruction(static_cast<Question*>(op)->pc));
look_up_history:
  ANSWER(machine.LookUpHistory(static_cast<Question*>(op)->pc));
install:
  machine.InstallInstructions(static_cast<Question*>(op)->pc);
  ANSWER(machine.code_version);
rare:
  question = static_cast<Question*>(op);
  goto unknown;

answer:
  if (__builtin_expect(question->edges[0].key == key && question->edges[0].is_used, 1)) {
    edge = &question->edges[0];
  } else if (question->edges[1].key == key && question->edges[1].is_used) {
    edge = &question->edges[1];
  } else {
    Question::More* more = question->more;
    while (more != nullptr && more->edge.key != key) more = more->next;
    if (more == nullptr) goto unknown;
    edge = &more->edge;
  }
  ++edge->count;
  now += edge->cycles;
  machine.instructions += static_cast<int64_t>(edge->instructions);
  op = edge->target;
  if (__builtin_expect(now >= limit && edge->node != nullptr, 0)) {
    cycle_ = now;
    node_ = edge->node;
    return Left::kPaused;
  }
  NEXT;

unrecorded:
  node_ = static_cast<Question*>(op)->node;
  if (node_->begin == nullptr) {
    cycle_ = now;
    return Left::kUnrecorded;
  }
  op = edge->target = node_->begin;
  NEXT;

unknown:
  cycle_ = now;
  new_question_ = question;
  new_key_ = key;
  return Left::kNewAnswer;

ended_at_question:
  offset = question->offset;
  executed = question->executed;
ended:
  cycle_ = now;
  offset_ = offset + 1;
  machine.instructions += static_cast<int64_t>(executed);
  return Left::kEnded;
}
