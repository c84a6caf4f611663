// Which functions run when, called by which, and what the CFU does meanwhile.

#ifndef SIM_FAST_TIMELINE_H_
#define SIM_FAST_TIMELINE_H_

#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "causes.h"
#include "isa.h"

// The code of a function: addresses from `begin` on, without `end`.
struct FunctionRange {
  uint32_t begin;
  uint32_t end;
};

// Reads lines "begin end", decimal, in ascending order.
std::vector<FunctionRange> ReadFunctions(const std::string& path);

// Follows calls and returns, and writes what it sees in layers as lines of numbers:
//
// - "stack NODE PARENT FUNCTION": a way to call a function; numbered from 1 on, as are functions by
//   their lines in the file, where 0 stands for none;
// - "layer INDEX BEGIN END": in cycles;
// - "self INDEX NODE CALLS C0 ... C11": a node's cycles by cause in that layer, without those of
//   functions that it calls; all of a layer's add up to its cycles;
// - "slice NODE BEGIN END": the function was active or had called another one;
// - "burst NODE BEGIN END FUNCTION CALLS CYCLES ...": it called functions, each for a short time;
// - "cfu BEGIN END BUSY FUNCTION COMMANDS ...": the CFU had commands, with pauses that are short;
//   BUSY cycles are those in which it had any;
// - "window BEGIN END C0 ... C11": cycles by cause from time to time.
//
// A time is short if it is less than the resolution.
//
// A cycle belongs to the instruction that ends next. The call stack is followed by the link
// registers: an instruction that writes one is a call, a jump to one a return. A return drops all
// frames above the one that it returns from; code of another function that is reached in another
// way, as by a call that is a function's last deed, takes the frame over.
class Timeline {
 public:
  Timeline(std::vector<FunctionRange> functions, uint64_t resolution, std::FILE* file);

  // Layers begin and end after so many cycles.
  void BeginLayer(uint64_t cycle);
  void EndLayer(uint32_t index, uint64_t cycle);

  // In each cycle in this order. `cycle` have passed before.
  void Command(uint64_t cycle, uint16_t function);
  void Response(uint64_t cycle);
  void Spend(uint64_t cycle, Cause cause);
  void Retire(uint64_t cycle, uint32_t pc, const Instruction& code);

 private:
  using Cycles = std::array<uint64_t, kCauses>;
  struct Called {
    uint64_t calls = 0;
    uint64_t cycles = 0;
  };
  // Short calls without long pauses.
  struct Burst {
    uint64_t begin = 0;
    uint64_t end = 0;
    std::map<uint32_t, Called> functions;
  };
  struct Frame {
    uint32_t node;
    uint32_t return_address;
    uint64_t begin;
    Burst burst;
  };
  struct Node {
    uint32_t parent;
    uint32_t function;
    uint64_t calls = 0;
    Cycles cycles{};
  };
  enum class Jump { kNone, kCall, kReturn };

  uint32_t FunctionAt(uint32_t pc);
  uint32_t NodeOf(uint32_t parent, uint32_t function);
  void Push(uint32_t function, uint32_t return_address, uint64_t cycle);
  void Pop(uint64_t cycle);
  void Return(uint32_t pc, uint64_t cycle);
  // Writes a frame's slice up to now, or leaves it to the caller's burst.
  void Close(Frame& frame, Frame* caller, uint64_t cycle);
  void WriteBurst(Frame& frame);
  void WriteCommands();
  void Charge(uint32_t node);
  void WriteWindow(uint64_t end);

  std::vector<FunctionRange> functions_;
  uint64_t resolution_;
  std::FILE* file_;
  bool records_ = false;
  uint64_t layer_begin_ = 0;

  // Functions.
  std::vector<Frame> frames_;
  std::vector<Node> nodes_{Node{}};
  std::unordered_map<uint64_t, uint32_t> node_of_;
  FunctionRange range_{0, 0};  // of the function that was looked up last
  uint32_t function_ = 0;
  Jump jump_ = Jump::kNone;                // of the instruction that ended last
  uint32_t return_address_ = 0;            // of its call
  uint64_t next_ = 0;                      // the cycle after it
  std::array<uint32_t, kCauses> spent_{};  // since then
  uint32_t spent_for_ = 0;                 // a bit for each cause

  Cycles window_{};
  uint64_t window_begin_ = 0;

  // The CFU.
  std::deque<std::pair<uint16_t, uint64_t>> commands_;  // without response
  std::map<uint16_t, uint64_t> burst_commands_;
  uint64_t burst_begin_ = 0;
  uint64_t burst_end_ = 0;
  uint64_t burst_busy_ = 0;
};

#endif  // SIM_FAST_TIMELINE_H_
