#include "tracer.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
// A trace without a question ends after so many cycles.
constexpr uint32_t kLongestTrace = 128;
// Before the traces take more than this, all are forgotten.
constexpr size_t kMostChunks = 1024;

// A load's or store's answer.
constexpr uint32_t AccessKey(const Executed& executed) {
  return static_cast<uint32_t>(executed.access) | uint32_t{executed.slave} << 8 |
         uint32_t{executed.overlaps} << 16;
}

Executed OfKey(uint32_t key) {
  Executed executed;
  executed.access = static_cast<Access>(key & 0xff);
  executed.slave = static_cast<uint8_t>(key >> 8);
  executed.overlaps = static_cast<uint8_t>(key >> 16);
  return executed;
}

constexpr uint32_t CfuKey(const CfuAnswer& cfu) {
  return uint32_t{cfu.command_ready} | uint32_t{cfu.response_valid} << 1 |
         uint32_t{cfu.at_rest} << 2 | uint32_t{cfu.bus_cycle} << 3 | uint32_t{cfu.bus_strobe} << 4 |
         uint32_t{cfu.bus_burst} << 5 | uint32_t{cfu.slave} << 8;
}

constexpr CfuAnswer CfuAnswerOf(uint32_t key) {
  CfuAnswer cfu;
  cfu.command_ready = key & 1;
  cfu.response_valid = key >> 1 & 1;
  cfu.at_rest = key >> 2 & 1;
  cfu.bus_cycle = key >> 3 & 1;
  cfu.bus_strobe = key >> 4 & 1;
  cfu.bus_burst = key >> 5 & 1;
  cfu.slave = static_cast<uint8_t>(key >> 8);
  return cfu;
}

}  // namespace

// In the order of `Operation`, as far as there is one for each.
enum class Tracer::Label : uint8_t {
  kAddi,
  kSlti,
  kSltiu,
  kXori,
  kOri,
  kAndi,
  kSlli,
  kSrli,
  kSrai,
  kAdd,
  kSub,
  kSll,
  kSlt,
  kSltu,
  kXor,
  kSrl,
  kSra,
  kOr,
  kAnd,
  kMul,
  kMulh,
  kMulhsu,
  kMulhu,
  kDiv,
  kDivu,
  kRem,
  kRemu,
  kSet,      // rd = immediate
  kExecute,  // by the machine: the instruction at `immediate`
  kAgain,    // the access `extra` ago counts as the latest again
  kUncachedLoad,
  kCfuResult,
  kFlushData,
  kInvalidate,
  kUpdateHistory,
  kJump,  // to where the trace goes on
  kGoto,  // a question with one answer
  // Questions.
  kJalr,
  kBeq,
  kBne,
  kBlt,
  kBge,
  kBltu,
  kBgeu,
  kLb,
  kLh,
  kLw,
  kLbu,
  kLhu,
  kSb,
  kSh,
  kSw,
  kShift,    // an iterative shifter's, by how much
  kOverlap,  // as kAgain, and which older stores it reads from
  kCsr,
  kCsrAccess,
  kCfuTick,
  kLookUp,
  kLookUpHistory,
  kInstall,
  kRare,        // has no answer that is written down
  kUnrecorded,  // the node that it names is not written down yet
  kCount,
};

struct Tracer::Op {
  const void* label;
  int32_t immediate;
  uint8_t rd;
  uint8_t rs1;
  uint8_t rs2;
  uint8_t extra;
};

// An answer: what it was, how far the clock has moved when the next node is there, and where the
// trace goes on.
struct Tracer::Edge {
  Op* target;
  Node* node;  // that it leads to; null within a cycle
  uint64_t count;
  uint32_t key;
  uint32_t cycles;
  int32_t instructions;
  uint32_t is_used;
};

struct Tracer::Question : Op {
  Edge edges[2];
  struct More {
    Edge edge;
    More* next;
  };
  More* more;
  Question* before;  // on the way from the node, and its answer
  uint32_t before_key;
  uint32_t offset;  // of its cycle from the node's first
  uint32_t pc;
  int32_t executed;  // instructions since the node's beginning
  Node* node;
};

struct Tracer::Node {
  Key key;
  uint64_t hash;
  Op* begin;      // null until it is recorded
  Question stub;  // of label kUnrecorded
};

// An edge that ends at a node, and the way there.
struct Tracer::Path {
  Edge* edge;
  Way way;
};

const void* const* Tracer::labels_ = nullptr;

Tracer::Tracer(Machine& machine)
    : pipeline_(machine.system()), machine_(machine), state_(pipeline_.Reset()) {
  line_log2_ = machine.line_log2();
  known_.fill(0xffffffff);
  Replay(nullptr, 0);
  table_.assign(1 << 12, nullptr);
}

void Tracer::Fail(const char* what) {
  std::fprintf(stderr, "the fast simulator is wrong about itself in cycle %" PRIu64 ": %s\n",
               cycles(), what);
  std::exit(70);
}

void Tracer::Add(const Way& way, uint64_t times, Tally& tally) {
  if (times == 0) return;
  auto& by_pc = tally.by_pc[way.pc];
  for (int i = 0; i < kCauses; ++i) {
    tally.causes[i] += times * way.causes[i];
    by_pc[i] += times * way.causes[i];
  }
  for (int i = 0; i < kEvents; ++i) tally.events[i] += times * way.events[i];
  for (uint32_t i = 0; i < way.cfu_count; ++i) tally.cfu[way.cfu[i]] += times;
}

void Tracer::AddTo(Tally& tally) const {
  for (const Path* path : paths_) Add(path->way, path->edge->count, tally);
  for (int i = 0; i < kCauses; ++i) tally.causes[i] += tally_.causes[i];
  for (int i = 0; i < kEvents; ++i) tally.events[i] += tally_.events[i];
  for (const auto& [function, count] : tally_.cfu) tally.cfu[function] += count;
  for (const auto& [pc, causes] : tally_.by_pc) {
    for (int i = 0; i < kCauses; ++i) tally.by_pc[pc][i] += causes[i];
  }
}

void Tracer::CountCfu(uint32_t word) {
  Count(Event::kCfu);
  if (way_.cfu_count == way_.cfu.size()) Fail("a trace with many commands");
  way_.cfu[way_.cfu_count++] = CfuFunction(word);
}

// ---- Memory. ----

void Tracer::Reserve(size_t bytes) {
  // Room for a jump to the next chunk stays.
  if (free_ != nullptr && free_ + bytes + sizeof(Op) <= chunk_end_) return;
  chunks_.push_back(std::make_unique<unsigned char[]>(kChunkBytes));
  unsigned char* next = chunks_.back().get();
  if (free_ != nullptr && mode_ == Mode::kRecord) {
    // The trace goes on there: an edge that has just been made leads here.
    Question* jump = reinterpret_cast<Question*>(free_);
    jump->label = labels_[static_cast<int>(Label::kJump)];
    std::memcpy(reinterpret_cast<unsigned char*>(jump) + sizeof(void*), &next, sizeof(next));
  }
  free_ = next;
  chunk_end_ = next + kChunkBytes;
}

Tracer::Op* Tracer::Emit(Label label, int32_t immediate, uint8_t rd, uint8_t rs1, uint8_t rs2,
                         uint8_t extra) {
  Reserve(sizeof(Op));
  Op* op = new (free_) Op{labels_[static_cast<int>(label)], immediate, rd, rs1, rs2, extra};
  free_ += sizeof(Op);
  return op;
}

Tracer::Edge& Tracer::AddEdge(Question& question, uint32_t key) {
  for (Edge& edge : question.edges) {
    if (edge.is_used) continue;
    edge = {nullptr, nullptr, 0, key, 0, 0, 1};
    return edge;
  }
  Reserve(sizeof(Question::More));
  auto* more = new (free_) Question::More{{nullptr, nullptr, 0, key, 0, 0, 1}, question.more};
  free_ += sizeof(Question::More);
  question.more = more;
  return more->edge;
}

void Tracer::Clear() {
  for (const Path* path : paths_) Add(path->way, path->edge->count, tally_);
  paths_.clear();
  chunks_.clear();
  free_ = chunk_end_ = nullptr;
  std::fill(table_.begin(), table_.end(), nullptr);
  nodes_ = 0;
  node_ = nullptr;
  code_version_ = machine_.code_version;
}

// ---- Nodes. ----

Tracer::Node& Tracer::Intern() {
  Key key{state_, known_};
  static_assert(sizeof(Key) % 8 == 0, "hashed by words");
  uint64_t words[sizeof(Key) / 8];
  std::memcpy(words, &key, sizeof(Key));
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (const uint64_t word : words) hash = (hash ^ word) * 0xff51afd7ed558ccd ^ (hash >> 29);
  hash ^= hash >> 32;
  size_t slot = hash & (table_.size() - 1);
  while (table_[slot] != nullptr) {
    Node& node = *table_[slot];
    if (node.hash == hash && std::memcmp(&node.key, &key, sizeof(Key)) == 0) return node;
    slot = (slot + 1) & (table_.size() - 1);
  }
  Reserve(sizeof(Node));
  Node* node = new (free_) Node{};
  free_ += sizeof(Node);
  node->key = key;
  node->hash = hash;
  node->stub.label = labels_[static_cast<int>(Label::kUnrecorded)];
  node->stub.node = node;
  table_[slot] = node;
  if (++nodes_ * 2 > table_.size()) Grow();
  return *node;
}

void Tracer::Grow() {
  std::vector<Node*> old(table_.size() * 2, nullptr);
  old.swap(table_);
  for (Node* node : old) {
    if (node == nullptr) continue;
    size_t slot = node->hash & (table_.size() - 1);
    while (table_[slot] != nullptr) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = node;
  }
}

// ---- Recording. ----

template <typename Action>
void Tracer::Do(Label label, int32_t immediate, uint8_t rd, uint8_t rs1, uint8_t rs2, uint8_t extra,
                Action action) {
  if (mode_ == Mode::kCatchUp) return;
  if (mode_ == Mode::kRecord) Emit(label, immediate, rd, rs1, rs2, extra);
  action();
}

template <typename Evaluate>
uint32_t Tracer::Ask(Label label, uint32_t pc, int32_t immediate, uint8_t rd, uint8_t rs1,
                     uint8_t rs2, uint8_t extra, Evaluate evaluate) {
  if (mode_ == Mode::kPlain) return evaluate();
  asked_ = true;
  if (mode_ == Mode::kCatchUp) {
    if (known_answer_ != known_answers_.size()) {
      const auto& [question, key] = known_answers_[known_answer_++];
      last_ = question;
      last_key_ = key;
      return key;
    }
    mode_ = Mode::kRecord;
    last_ = new_question_;
    last_key_ = new_key_;
  } else {
    Reserve(sizeof(Question));
    auto* question = new (free_) Question{};
    free_ += sizeof(Question);
    static_cast<Op&>(*question) =
        Op{labels_[static_cast<int>(label)], immediate, rd, rs1, rs2, extra};
    question->before = last_;
    question->before_key = last_key_;
    question->offset = offset_;
    question->pc = pc;
    question->executed = executed_;
    question->node = node_;
    last_ = question;
    last_key_ = evaluate();
  }
  edge_ = &AddEdge(*last_, last_key_);
  Reserve(sizeof(Question));
  tail_begin_ = reinterpret_cast<Op*>(free_);
  edge_->target = tail_begin_;
  return last_key_;
}

void Tracer::Leave() {
  if (mode_ == Mode::kPlain) return;
  asked_ = true;
  if (mode_ == Mode::kCatchUp) {
    // The question that the replay stopped at is this one.
    mode_ = Mode::kPlain;
    return;
  }
  Reserve(sizeof(Question));
  auto* question = new (free_) Question{};
  free_ += sizeof(Question);
  question->label = labels_[static_cast<int>(Label::kRare)];
  question->before = last_;
  question->before_key = last_key_;
  question->offset = offset_;
  question->node = node_;
  mode_ = Mode::kPlain;
}

bool Tracer::IsRare() const {
  const auto misaligned = [](const InFlight& stage) {
    return stage.valid && static_cast<Access>(stage.access) == Access::kMisaligned;
  };
  return state_.exception_decode || state_.exception_execute || state_.exception_memory ||
         state_.exception_write_back || state_.had_exception || misaligned(state_.execute) ||
         misaligned(state_.memory) || misaligned(state_.write_back);
}

void Tracer::StepPlainly() {
  mode_ = Mode::kPlain;
  offset_ = 0;
  while (IsRare() && machine_.ending == Ending::kNone && !machine_.wants_attention) {
    executed_ = 0;
    way_ = Way{};
    pipeline_.Cycle(state_, *this);
    ++cycle_;
    machine_.instructions += static_cast<int64_t>(executed_);
    Add(way_, 1, tally_);
  }
}

// Goes on from a node whose trace is not written down, or, in mode kCatchUp, from one whose trace
// has come to a new answer, to the next node.
void Tracer::Record(Node& node) {
  if (mode_ != Mode::kCatchUp) {
    mode_ = Mode::kRecord;
    Reserve(sizeof(Question));
    node.begin = reinterpret_cast<Op*>(free_);
    edge_ = nullptr;
    tail_begin_ = node.begin;
  }
  node_ = &node;
  state_ = node.key.state;
  known_ = node.key.known;
  last_ = nullptr;
  last_key_ = 0;
  offset_ = 0;
  executed_ = 0;
  asked_ = false;
  way_ = Way{};
  do {
    pipeline_.Cycle(state_, *this);
    ++offset_;
  } while (!asked_ && offset_ < kLongestTrace && machine_.ending == Ending::kNone);
  FinishNode();
}

void Tracer::FinishNode() {
  const uint32_t cycles = offset_;
  const int32_t executed = executed_;
  cycle_ += cycles;
  machine_.instructions += static_cast<int64_t>(executed);
  offset_ = 0;
  if (mode_ == Mode::kPlain) {
    Add(way_, 1, tally_);
    node_ = nullptr;
    return;
  }
  Reserve(sizeof(Question));
  if (machine_.ending != Ending::kNone) {
    // Nothing comes after it, and nothing leads here.
    Add(way_, 1, tally_);
    return;
  }
  Edge* last = edge_;
  if (last == nullptr || reinterpret_cast<unsigned char*>(last->target) != free_) {
    // There are operations behind the answer, or there was no question.
    auto* jump = new (free_) Question{};
    free_ += sizeof(Question);
    jump->label = labels_[static_cast<int>(Label::kGoto)];
    jump->before = last_;
    jump->before_key = last_key_;
    jump->node = node_;
    last = &AddEdge(*jump, 0);
  }
  Node& next = Intern();
  last->cycles = cycles;
  last->instructions = executed;
  last->target = next.begin != nullptr ? next.begin : &next.stub;
  last->node = &next;
  last->count = 1;
  Reserve(sizeof(Path));
  auto* path = new (free_) Path{last, way_};
  free_ += (sizeof(Path) + 15) & ~size_t{15};
  paths_.push_back(path);
  node_ = &next;
}

void Tracer::CatchUp() {
  known_answers_.clear();
  known_answer_ = 0;
  for (Question* at = new_question_; at->before != nullptr; at = at->before) {
    known_answers_.emplace_back(at->before, at->before_key);
  }
  std::reverse(known_answers_.begin(), known_answers_.end());
  mode_ = Mode::kCatchUp;
  Record(*new_question_->node);
}

void Tracer::RunUntil(uint64_t limit) {
  while (cycle_ < limit && machine_.ending == Ending::kNone && !machine_.wants_attention) {
    if (node_ == nullptr) {
      StepPlainly();
      if (machine_.ending != Ending::kNone || machine_.wants_attention) return;
      if (machine_.code_version != code_version_) {
        Clear();
        known_.fill(0xffffffff);
      }
      mode_ = Mode::kPlain;
      node_ = &Intern();
    }
    if (chunks_.size() > kMostChunks) {
      state_ = node_->key.state;
      known_ = node_->key.known;
      Clear();
      continue;
    }
    if (node_->begin == nullptr) {
      mode_ = Mode::kPlain;
      Record(*node_);
      continue;
    }
    switch (Replay(node_->begin, limit)) {
      case Left::kPaused:
      case Left::kUnrecorded:
        break;
      case Left::kEnded:
        return;
      case Left::kNewAnswer:
        CatchUp();
        break;
    }
  }
  if (node_ != nullptr) state_ = node_->key.state;
}

// ---- The environment. ----

CfuAnswer Tracer::CfuTick(bool command, bool response_ready, bool granted, bool acknowledged) {
  const auto bus = static_cast<uint8_t>(granted | acknowledged << 1);
  return CfuAnswerOf(Ask(Label::kCfuTick, 0, 0, 0, command, response_ready, bus, [&] {
    return CfuKey(machine_.CfuTick(cycles(), command, response_ready, granted, acknowledged));
  }));
}

void Tracer::CsrAccess(uint8_t distance) {
  // A question without a choice, for the trace to end with this cycle: the session may want to
  // know what was counted until then.
  Ask(Label::kCsrAccess, 0, 0, 0, 0, 0, distance, [&]() -> uint32_t {
    machine_.CsrAccess(cycles(), distance);
    return 0;
  });
}

void Tracer::UncachedLoad(const Instruction& code, uint8_t slave, uint8_t distance, bool keeps) {
  // `code` is where the machine keeps it for good.
  const auto number = static_cast<int32_t>(static_cast<uint8_t>(code.operation));
  Do(Label::kUncachedLoad, number, code.rd, slave, keeps, distance,
     [&] { machine_.UncachedLoad(code, slave, distance, keeps); });
}

void Tracer::CfuResult(const Instruction& code, bool latched, bool keeps) {
  Do(Label::kCfuResult, 0, code.rd, latched, keeps, 0,
     [&] { machine_.CfuResult(code.rd, latched, keeps); });
}

void Tracer::SetTrap(uint32_t cause, uint32_t pc, uint32_t value) {
  Leave();
  machine_.SetTrap(cause, pc, value);
}

void Tracer::Misaligned(uint32_t pc, bool is_store, uint8_t distance) {
  Leave();
  machine_.Misaligned(pc, is_store, distance);
}

uint32_t Tracer::EnterTrap() {
  Leave();
  return machine_.EnterTrap();
}

uint32_t Tracer::Return() {
  Leave();
  return machine_.Return();
}

bool Tracer::ExecuteCsr(const Instruction& code) {
  const auto before = static_cast<int64_t>(executed_) - 1;
  return Ask(Label::kCsr, state_.execute.pc, 0, 0, 0, 0, 0, [&]() -> uint32_t {
    return machine_.ExecuteCsr(cycles(), machine_.instructions + before, code);
  });
}

void Tracer::FlushData() {
  Do(Label::kFlushData, 0, 0, 0, 0, 0, [&] { machine_.FlushData(); });
}

Executed Tracer::Execute(uint32_t pc, const Instruction& code, uint8_t in_memory,
                         uint8_t in_write_back, bool doomed, bool is_first) {
  executed_ += is_first;
  if (doomed) Leave();
  const auto execute = [&] { return machine_.Execute(pc, code, in_memory, in_write_back, doomed); };
  if (mode_ == Mode::kPlain) return execute();
  Executed executed;
  const uint8_t rd = code.rd != 0 ? code.rd : 32;
  const auto as_instruction = static_cast<int32_t>(pc);
  switch (code.operation) {
    case Operation::kUnknown:
    case Operation::kNothing:
    case Operation::kCsr:
      return executed;
    case Operation::kLui:
    case Operation::kAuipc:
    case Operation::kJal: {
      executed.taken = code.operation == Operation::kJal;
      if (code.rd == 0) return executed;
      if (executed.taken && machine_.JumpTraps(static_cast<uint32_t>(code.immediate))) {
        return executed;
      }
      const uint32_t value = code.operation == Operation::kJal   ? 4
                             : code.operation == Operation::kLui ? code.immediate - pc
                                                                 : code.immediate;
      Do(Label::kSet, static_cast<int32_t>(pc + value), rd, 0, 0, 0, execute);
      return executed;
    }
    case Operation::kJalr:
      executed.taken = true;
      executed.target = Ask(Label::kJalr, pc, code.immediate, rd, code.rs1, 0, 0,
                            [&] { return execute().target; });
      return executed;
    case Operation::kBeq:
    case Operation::kBne:
    case Operation::kBlt:
    case Operation::kBge:
    case Operation::kBltu:
    case Operation::kBgeu: {
      const auto label =
          static_cast<Label>(static_cast<int>(Label::kBeq) + static_cast<int>(code.operation) -
                             static_cast<int>(Operation::kBeq));
      executed.taken = Ask(label, pc, 0, 0, code.rs1, code.rs2, 0,
                           [&]() -> uint32_t { return execute().taken; });
      return executed;
    }
    case Operation::kLb:
    case Operation::kLh:
    case Operation::kLw:
    case Operation::kLbu:
    case Operation::kLhu:
    case Operation::kSb:
    case Operation::kSh:
    case Operation::kSw: {
      const auto label =
          static_cast<Label>(static_cast<int>(Label::kLb) + static_cast<int>(code.operation) -
                             static_cast<int>(Operation::kLb));
      // A load has no second operand.
      const uint32_t key =
          Ask(label, pc, code.immediate, rd, code.rs1, code.is_load ? in_memory : code.rs2,
              code.is_load ? in_write_back : 0, [&] { return AccessKey(execute()); });
      executed = OfKey(key);
      if (executed.access == Access::kMisaligned) {
        // What follows is not written down; the answer that was, leads there.
        Leave();
      }
      return executed;
    }
    case Operation::kCfu:
      Do(Label::kExecute, as_instruction, 0, 0, 0, 0, execute);
      return executed;
    default:
      break;
  }
  if (code.is_shift && machine_.system().shifter == Shifter::kIterative) {
    executed.shift = static_cast<uint8_t>(
        Ask(Label::kShift, pc, 0, 0, 0, 0, 0, [&]() -> uint32_t { return execute().shift; }));
    return executed;
  }
  if (code.rd == 0) return executed;
  if (code.rd == 2) {
    Do(Label::kExecute, as_instruction, 0, 0, 0, 0, execute);
    return executed;
  }
  const auto label =
      static_cast<Label>(static_cast<int>(code.operation) - static_cast<int>(Operation::kAddi));
  Do(label, code.immediate, rd, code.rs1, code.rs2, 0, execute);
  return executed;
}

uint8_t Tracer::MemoryAgain(uint8_t distance, const Instruction& code, uint8_t in_memory,
                            uint8_t in_write_back, Access access) {
  const auto again = [&] {
    return machine_.MemoryAgain(distance, code, in_memory, in_write_back, access);
  };
  if (code.is_load && access == Access::kHit && (in_memory != 0 || in_write_back != 0)) {
    return static_cast<uint8_t>(Ask(Label::kOverlap, 0, 0, 0, in_memory, in_write_back, distance,
                                    [&]() -> uint32_t { return again(); }));
  }
  Do(Label::kAgain, 0, 0, 0, 0, distance, again);
  return 0;
}

bool Tracer::LookUpInstruction(uint32_t pc) {
  const uint32_t line = pc >> line_log2_;
  if (mode_ != Mode::kPlain && known_[line % kKnownLines] == line) return true;
  const bool hit = Ask(Label::kLookUp, pc, 0, 0, 0, 0, 0,
                       [&]() -> uint32_t { return machine_.LookUpInstruction(pc); });
  if (hit) known_[line % kKnownLines] = line;
  return hit;
}

void Tracer::InstallInstructions(uint32_t line_address) {
  const uint32_t line = line_address >> line_log2_;
  // Whatever was known to be where it goes is there no longer. Which that is depends on the
  // cache's size; all the others are dropped as well.
  known_.fill(0xffffffff);
  known_[line % kKnownLines] = line;
  Ask(Label::kInstall, line_address, 0, 0, 0, 0, 0, [&]() -> uint32_t {
    machine_.InstallInstructions(line_address);
    return machine_.code_version;
  });
  if (machine_.code_version != code_version_) Leave();
}

void Tracer::InvalidateInstructions() {
  known_.fill(0xffffffff);
  Do(Label::kInvalidate, 0, 0, 0, 0, 0, [&] { machine_.InvalidateInstructions(); });
}

uint8_t Tracer::LookUpHistory(uint32_t pc) {
  return static_cast<uint8_t>(Ask(Label::kLookUpHistory, pc, 0, 0, 0, 0, 0,
                                  [&]() -> uint32_t { return machine_.LookUpHistory(pc); }));
}

void Tracer::UpdateHistory(uint32_t pc, uint8_t value, bool right) {
  Do(Label::kUpdateHistory, static_cast<int32_t>(pc), value, right, 0, 0,
     [&] { machine_.UpdateHistory(pc, value, right); });
}

// ---- Replaying. ----

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
  machine.Execute(I, machine.Code(I), 0, 0, false);
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
    key = AccessKey(
        machine.Execute(question->pc, code, code.is_load ? op->rs2 : 0, op->extra, false));
    if (__builtin_expect(machine.ending != Ending::kNone, 0)) goto ended_at_question;
    goto answer;
  }

shift:
  question = static_cast<Question*>(op);
  key = machine.Execute(question->pc, machine.Code(question->pc), 0, 0, false).shift;
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
