#include "timeline.h"

#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace {

constexpr size_t kMostFrames = 256;          // deeper calls take over their caller's frame
constexpr uint64_t kWindowResolutions = 64;  // how long a window is

bool IsLink(uint8_t number) { return number == 1 || number == 5; }

template <typename Counts>
void WriteCounts(std::FILE* file, const Counts& counts) {
  for (const uint64_t count : counts) std::fprintf(file, " %" PRIu64, count);
  std::fprintf(file, "\n");
}

}  // namespace

std::vector<FunctionRange> ReadFunctions(const std::string& path) {
  std::ifstream file(path);
  std::vector<FunctionRange> functions;
  for (FunctionRange range{}; file >> range.begin >> range.end;) functions.push_back(range);
  if (functions.empty() || !file.eof()) {
    std::fprintf(stderr, "no functions in %s\n", path.c_str());
    std::exit(64);
  }
  return functions;
}

Timeline::Timeline(std::vector<FunctionRange> functions, uint64_t resolution, std::FILE* file)
    : functions_(std::move(functions)), resolution_(resolution), file_(file) {}

void Timeline::BeginLayer(uint64_t cycle) {
  records_ = true;
  layer_begin_ = window_begin_ = next_ = cycle;
  spent_ = {};
  spent_for_ = 0;
  for (Frame& frame : frames_) {
    frame.begin = cycle;
    frame.burst = Burst{};
  }
  for (auto& [function, begin] : commands_) begin = cycle;
}

void Timeline::EndLayer(uint32_t index, uint64_t cycle) {
  if (!records_ || frames_.empty()) return;
  Charge(frames_.back().node);
  for (size_t i = frames_.size(); i-- > 0;) {
    Close(frames_[i], i == 0 ? nullptr : &frames_[i - 1], cycle);
    frames_[i].begin = cycle;
  }
  WriteCommands();
  WriteWindow(cycle);
  std::fprintf(file_, "layer %u %" PRIu64 " %" PRIu64 "\n", index, layer_begin_, cycle);
  for (size_t i = 1; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (node.calls == 0 && node.cycles == Cycles{}) continue;
    std::fprintf(file_, "self %u %zu %" PRIu64, index, i, node.calls);
    WriteCounts(file_, node.cycles);
    node.calls = 0;
    node.cycles = {};
  }
  records_ = false;
}

void Timeline::Spend(uint64_t cycle, Cause cause) {
  const auto number = static_cast<uint32_t>(cause);
  ++spent_[number];
  spent_for_ |= 1u << number;
  if (!records_) return;
  ++window_[number];
  if (cycle + 1 - window_begin_ >= kWindowResolutions * resolution_) WriteWindow(cycle + 1);
}

void Timeline::Retire(uint64_t cycle, uint32_t pc, const Instruction& code) {
  // It was to end next from the cycle on in which the last one had ended.
  const uint32_t function = FunctionAt(pc);
  if (jump_ == Jump::kCall && frames_.size() < kMostFrames) {
    Push(function, return_address_, next_);
  } else if (jump_ == Jump::kReturn) {
    Return(pc, next_);
  }
  if (frames_.empty()) {
    Push(function, 0, next_);
  } else if (nodes_[frames_.back().node].function != function) {
    const uint32_t return_address = frames_.back().return_address;
    Pop(next_);
    Push(function, return_address, next_);
  }
  Charge(frames_.back().node);
  next_ = cycle + 1;
  jump_ = Jump::kNone;
  if (code.branch == Branch::kJal || code.branch == Branch::kJalr) {
    if (IsLink(code.rd)) {
      jump_ = Jump::kCall;
      return_address_ = pc + 4;
    } else if (code.branch == Branch::kJalr && code.rd == 0 && IsLink(code.rs1)) {
      jump_ = Jump::kReturn;
    }
  }
}

uint32_t Timeline::FunctionAt(uint32_t pc) {
  if (pc >= range_.begin && pc < range_.end) return function_;
  const auto after =
      std::upper_bound(functions_.begin(), functions_.end(), pc,
                       [](uint32_t at, const FunctionRange& range) { return at < range.begin; });
  if (after == functions_.begin() || pc >= (after - 1)->end) return 0;
  range_ = *(after - 1);
  function_ = static_cast<uint32_t>(after - functions_.begin());
  return function_;
}

uint32_t Timeline::NodeOf(uint32_t parent, uint32_t function) {
  const uint64_t key = uint64_t{parent} << 32 | function;
  const auto [found, is_new] = node_of_.try_emplace(key, static_cast<uint32_t>(nodes_.size()));
  if (is_new) {
    nodes_.push_back({parent, function});
    std::fprintf(file_, "stack %u %u %u\n", found->second, parent, function);
  }
  return found->second;
}

void Timeline::Push(uint32_t function, uint32_t return_address, uint64_t cycle) {
  const uint32_t node = NodeOf(frames_.empty() ? 0 : frames_.back().node, function);
  if (records_) ++nodes_[node].calls;
  frames_.push_back({node, return_address, cycle, {}});
}

void Timeline::Pop(uint64_t cycle) {
  Frame& frame = frames_.back();
  if (records_) Close(frame, frames_.size() == 1 ? nullptr : &frame - 1, cycle);
  frames_.pop_back();
}

void Timeline::Return(uint32_t pc, uint64_t cycle) {
  size_t kept = frames_.size();
  while (kept > 0 && frames_[kept - 1].return_address != pc) --kept;
  if (kept == 0) return;  // from something that nobody called
  while (frames_.size() >= kept) Pop(cycle);
}

void Timeline::Close(Frame& frame, Frame* caller, uint64_t cycle) {
  if (cycle <= frame.begin) return;
  if (cycle - frame.begin >= resolution_ || caller == nullptr) {
    WriteBurst(frame);
    std::fprintf(file_, "slice %u %" PRIu64 " %" PRIu64 "\n", frame.node, frame.begin, cycle);
    return;
  }
  frame.burst = Burst{};
  Burst& burst = caller->burst;
  if (burst.functions.empty() || frame.begin - burst.end >= resolution_) {
    WriteBurst(*caller);
    burst.begin = frame.begin;
  }
  burst.end = cycle;
  Called& called = burst.functions[nodes_[frame.node].function];
  ++called.calls;
  called.cycles += cycle - frame.begin;
}

void Timeline::WriteBurst(Frame& frame) {
  const Burst& burst = frame.burst;
  if (burst.end - burst.begin >= resolution_) {
    std::fprintf(file_, "burst %u %" PRIu64 " %" PRIu64, frame.node, burst.begin, burst.end);
    for (const auto& [function, called] : burst.functions) {
      std::fprintf(file_, " %u %" PRIu64 " %" PRIu64, function, called.calls, called.cycles);
    }
    std::fprintf(file_, "\n");
  }
  frame.burst = Burst{};
}

void Timeline::Charge(uint32_t node) {
  for (uint32_t left = spent_for_; left != 0; left &= left - 1) {
    const int cause = __builtin_ctz(left);
    if (records_) nodes_[node].cycles[cause] += spent_[cause];
    spent_[cause] = 0;
  }
  spent_for_ = 0;
}

void Timeline::WriteWindow(uint64_t end) {
  if (end > window_begin_) {
    std::fprintf(file_, "window %" PRIu64 " %" PRIu64, window_begin_, end);
    WriteCounts(file_, window_);
  }
  window_ = {};
  window_begin_ = end;
}

void Timeline::Command(uint64_t cycle, uint16_t function) {
  commands_.emplace_back(function, cycle);
  if (!records_) return;
  if (!burst_commands_.empty() && cycle >= burst_end_ + resolution_ && commands_.size() == 1) {
    WriteCommands();
  }
  if (burst_commands_.empty()) burst_begin_ = burst_end_ = cycle;
  ++burst_commands_[function];
}

void Timeline::Response(uint64_t cycle) {
  if (commands_.empty()) return;
  const uint64_t begin = std::max(commands_.front().second, burst_end_);
  commands_.pop_front();
  if (!records_) return;
  burst_end_ = cycle + 1;
  burst_busy_ += burst_end_ - begin;
}

void Timeline::WriteCommands() {
  if (burst_commands_.empty()) return;
  std::fprintf(file_, "cfu %" PRIu64 " %" PRIu64 " %" PRIu64, burst_begin_, burst_end_,
               burst_busy_);
  for (const auto& [function, count] : burst_commands_) {
    std::fprintf(file_, " %u %" PRIu64, function, count);
  }
  std::fprintf(file_, "\n");
  burst_commands_.clear();
  burst_busy_ = 0;
}
