#include "tracer.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "trace.h"

namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
// A trace without a question ends after so many cycles.
constexpr uint32_t kLongestTrace = 128;
// Before the traces take more than this, all are forgotten.
constexpr size_t kMostChunks = 1024;

}  // namespace

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
                         uint8_t in_write_back, bool doomed, bool behind_cfu, bool is_first) {
  executed_ += is_first;
  if (doomed) Leave();
  const auto execute = [&] {
    return machine_.Execute(pc, code, in_memory, in_write_back, doomed, behind_cfu);
  };
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
              (code.is_load ? in_write_back : 0) | (behind_cfu ? kBehindCfu : 0),
              [&] { return AccessKey(execute()); });
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
