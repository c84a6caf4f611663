// What traces are made of: operations on the machine, and questions with their answers.

#ifndef SIM_FAST_TRACE_H_
#define SIM_FAST_TRACE_H_

#include <cstdint>

#include "tracer.h"

// In `extra` of a load or store, beside the older store in write-back; see `Machine::Execute`.
constexpr uint8_t kBehindCfu = 0x80;

// A load's or store's answer.
constexpr uint32_t AccessKey(const Executed& executed) {
  return static_cast<uint32_t>(executed.access) | uint32_t{executed.slave} << 8 |
         uint32_t{executed.overlaps} << 16;
}

inline Executed OfKey(uint32_t key) {
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

#endif  // SIM_FAST_TRACE_H_
