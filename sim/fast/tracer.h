// Runs a machine by replaying what the pipeline was seen to do before.
//
// The pipeline's next steps follow from its state and from what the data decide: which way a
// branch goes, whether a line is in a cache. `Tracer` steps through `Pipeline::Cycle` once for
// each state and outcome and writes down what it asked and did, as a trace: operations on the
// machine, and questions with the operations that followed each answer. When the pipeline comes
// to a state that it was in before, the trace is replayed, which takes a few host instructions for
// each simulated one, and moves the clock by what the pipeline took. A new answer makes the tracer
// go back to the state that the trace began with and take the pipeline through the known answers
// to the new one; what was executed is not executed again.
//
// So the counts are the pipeline's by construction, whatever the pipeline is.

#ifndef SIM_FAST_TRACER_H_
#define SIM_FAST_TRACER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "causes.h"
#include "engine.h"
#include "machine.h"
#include "pipeline.h"

class Tracer : public Engine {
 public:
  explicit Tracer(Machine& machine);

  void RunUntil(uint64_t cycles) override;
  uint64_t cycles() const override { return cycle_ + offset_; }
  const PipelineState& state() const override { return state_; }
  void AddTo(Tally& tally) const override;

 private:
  friend class Pipeline;

  enum class Label : uint8_t;
  struct Op;
  struct Edge;
  struct Question;
  struct Node;
  struct Path;

  // What was counted on the way from one node to the next.
  struct Way {
    std::array<uint16_t, kCauses> causes{};
    std::array<uint16_t, kEvents> events{};
    uint32_t pc = kNoPc;  // where it began
    uint32_t cfu_count = 0;
    std::array<uint16_t, 4> cfu{};
  };
  static void Add(const Way& way, uint64_t times, Tally& tally);

  // What a node is found by. Lines that are known to be in the instruction cache need no lookup.
  static constexpr uint32_t kKnownLines = 4;
  struct Key {
    PipelineState state;
    std::array<uint32_t, kKnownLines> known;
  };

  enum class Mode : uint8_t {
    kRecord,   // execute, and write down
    kCatchUp,  // neither: on the way to the question with the new answer
    kPlain,    // execute only: what is too rare to be written down
  };
  enum class Left : uint8_t { kPaused, kEnded, kUnrecorded, kNewAnswer };

  // The environment of `Pipeline::Cycle`.
  const Instruction& Code(uint32_t pc) const { return machine_.Code(pc); }
  CfuAnswer CfuTick(bool command, bool response_ready, bool granted, bool acknowledged);
  void CsrAccess(uint8_t distance);
  void UncachedLoad(const Instruction& code, uint8_t slave, uint8_t distance, bool keeps);
  void CfuResult(const Instruction& code, bool latched, bool keeps);
  void SetTrap(uint32_t cause, uint32_t pc, uint32_t value);
  void Uncount(uint32_t instructions) { executed_ -= static_cast<int32_t>(instructions); }
  void Misaligned(uint32_t pc, bool is_store, uint8_t distance);
  uint32_t EnterTrap();
  uint32_t Return();
  bool ExecuteCsr(const Instruction& code);
  void FlushData();
  Executed Execute(uint32_t pc, const Instruction& code, uint8_t in_memory, uint8_t in_write_back,
                   bool doomed, bool behind_cfu, bool is_first);
  uint8_t MemoryAgain(uint8_t distance, const Instruction& code, uint8_t in_memory,
                      uint8_t in_write_back, Access access);
  uint8_t InstructionSlave(uint32_t line) { return machine_.InstructionSlave(line); }
  bool LookUpInstruction(uint32_t pc);
  void InstallInstructions(uint32_t line);
  void InvalidateInstructions();
  uint8_t LookUpHistory(uint32_t pc);
  void UpdateHistory(uint32_t pc, uint8_t value, bool right);
  void Count(Event event) { ++way_.events[static_cast<int>(event)]; }
  void CountCfu(uint32_t word);
  void EndOfCycle(Cause cause, uint32_t pc, uint32_t, uint32_t) {
    ++way_.causes[static_cast<int>(cause)];
    if (way_.pc == kNoPc) way_.pc = pc;
  }
  [[noreturn]] void Fail(const char* what);

  // Recording.
  Op* Emit(Label label, int32_t immediate, uint8_t rd, uint8_t rs1, uint8_t rs2, uint8_t extra);
  template <typename Action>
  void Do(Label label, int32_t immediate, uint8_t rd, uint8_t rs1, uint8_t rs2, uint8_t extra,
          Action action);
  template <typename Evaluate>
  uint32_t Ask(Label label, uint32_t pc, int32_t immediate, uint8_t rd, uint8_t rs1, uint8_t rs2,
               uint8_t extra, Evaluate evaluate);
  void Leave();  // the trace, for a while: what comes is rare
  void Record(Node& node);
  void CatchUp();
  void FinishNode();
  void StepPlainly();
  bool IsRare() const;
  void Reserve(size_t bytes);
  Node& Intern();
  void Clear();
  void Grow();
  Edge& AddEdge(Question& question, uint32_t key);

  // Replaying, from an operation on.
  Left Replay(Op* op, uint64_t limit);
  static const void* const* labels_;

  Pipeline pipeline_;
  Machine& machine_;
  uint32_t line_log2_;

  PipelineState state_;
  std::array<uint32_t, kKnownLines> known_;
  uint64_t cycle_ = kResetCycles;  // at the current node's beginning
  uint32_t offset_ = 0;            // cycles since

  Mode mode_ = Mode::kPlain;
  Node* node_ = nullptr;      // being recorded, or replayed from
  Question* last_ = nullptr;  // asked on the way from it
  uint32_t last_key_ = 0;     // and answered
  Edge* edge_ = nullptr;      // that the answer made, or the way there
  Op* tail_begin_ = nullptr;  // what was written down behind it
  bool asked_ = false;        // in this cycle
  int32_t executed_ = 0;      // instructions since the node's beginning
  Way way_;
  std::vector<std::pair<Question*, uint32_t>> known_answers_;
  size_t known_answer_ = 0;
  Question* new_question_ = nullptr;
  uint32_t new_key_ = 0;

  std::vector<std::unique_ptr<unsigned char[]>> chunks_;
  unsigned char* free_ = nullptr;
  unsigned char* chunk_end_ = nullptr;
  std::vector<Node*> table_;
  size_t nodes_ = 0;
  std::vector<Path*> paths_;
  Tally tally_;  // of what is in no trace
  uint32_t code_version_ = 0;
};

#endif  // SIM_FAST_TRACER_H_
