// Runs firmware on the Verilated SoC: loads it into memory, serves the UART, copies layers' outputs
// out of memory as they are made, and ends by itself whatever the firmware does.
//
// Standard error carries progress, a line each: "layer INDEX CYCLES" when a layer ends and
// "cycles CYCLES" twice a second. Standard output carries one JSON object at the end.

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <memory>

#include "Vsoc.h"
#include "firmware/runtime/marker.h"
#include "memories.h"
#include "options.h"
#include "soc_config.h"  // generated: EvaluateDesign, AddMemories, the CPU's signals
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

namespace {

using playground::MarkerEvent;

enum class Exit { kRunning, kFinished, kTrapped, kOutOfCycles, kStalled };

const char* NameOf(Exit exit) {
  switch (exit) {
    case Exit::kRunning:
      return "running";
    case Exit::kFinished:
      return "finished";
    case Exit::kTrapped:
      return "trapped";
    case Exit::kOutOfCycles:
      return "out_of_cycles";
    case Exit::kStalled:
      return "stalled";
  }
  return "";
}

// Cycles for which the SoC keeps itself in reset, and some more.
constexpr uint64_t kResetCycles = 16;
// Cycles between looks at what needs no look every cycle.
constexpr uint64_t kCheckInterval = 1 << 16;

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {
    context_.randReset(0);
#if VM_TRACE
    context_.traceEverOn(true);
#endif
    soc_ = std::make_unique<Vsoc>(&context_);
    AddMemories(*soc_, memories_);
    if (!options.uart_input.empty()) uart_input_ = ReadFile(options.uart_input);
    if (!options.snapshots.empty()) snapshots_ = ReadSnapshots(options.snapshots);
    uart_output_ = Open(options.uart_output);
    snapshot_output_ = Open(options.snapshot_output);
#if VM_TRACE
    if (!options.trace.empty()) {
      trace_ = std::make_unique<VerilatedFstC>();
      soc_->trace(trace_.get(), 99);
      trace_->open(options.trace.c_str());
      tracing_ = options.trace_layers.empty();
    }
#endif
    Load();
  }

  ~Bench() {
#if VM_TRACE
    if (trace_) trace_->close();
#endif
    soc_->final();
    Close(uart_output_);
    Close(snapshot_output_);
  }

  Exit Run() {
    soc_->serial_source_ready = 1;
    soc_->serial_sink_valid = 0;
    Exit exit = Exit::kRunning;
    while (exit == Exit::kRunning) {
      soc_->serial_sink_valid = cycles_ >= kResetCycles && uart_position_ < uart_input_.size();
      if (soc_->serial_sink_valid) soc_->serial_sink_data = uart_input_[uart_position_];
      Tick();
      if (soc_->marker != marker_) exit = OnMarker();
      if (exit == Exit::kRunning) exit = Check();
    }
    return exit;
  }

  void Report(Exit exit) const {
    std::printf("{\"exit\": \"%s\", \"cycles\": %" PRIu64 ", \"marker\": %u", NameOf(exit), cycles_,
                soc_->marker);
    std::printf(", \"stages\": [");
    const char* separator = "";
    for (const Stage& stage : PipelineStages(*soc_)) {
      std::printf("%s{\"name\": \"%s\", \"valid\": %s, \"pc\": %u, \"instruction\": %u}", separator,
                  stage.name, stage.valid ? "true" : "false", stage.pc, stage.instruction);
      separator = ", ";
    }
    std::printf("]}\n");
  }

 private:
  static std::FILE* Open(const std::string& path) {
    return path.empty() ? nullptr : std::fopen(path.c_str(), "wb");
  }
  static void Close(std::FILE* file) {
    if (file != nullptr && (std::ferror(file) || std::fclose(file) != 0)) {
      std::fprintf(stderr, "cannot write the results: no space left on the disk?\n");
      std::_Exit(74);
    }
  }

  void Load() {
    for (const Content& content : options_.contents) {
      const std::vector<uint8_t> bytes = ReadFile(content.file);
      if (!memories_.Write(content.address, bytes.data(), static_cast<uint32_t>(bytes.size()))) {
        std::fprintf(stderr, "%s does not fit the memory at 0x%08x\n", content.file.c_str(),
                     content.address);
        std::exit(64);
      }
    }
  }

  void Tick() {
    soc_->sys_clk = 0;
    Evaluate();
    Dump(0);
    // What the rising edge is about to take.
    if (soc_->serial_source_valid && uart_output_ != nullptr) {
      std::fputc(soc_->serial_source_data, uart_output_);
    }
    uart_position_ += soc_->serial_sink_valid & soc_->serial_sink_ready;
    soc_->sys_clk = 1;
    Evaluate();
    Dump(1);
    ++cycles_;
  }

  // What surrounds a cycle's evaluation in `eval` (locks, tidying up) would take a tenth of the
  // time; it is done now and then, first of all for the initial values. Waveforms need all of it.
  void Evaluate() {
    if (VM_TRACE || cycles_ % kCheckInterval == 0) {
      soc_->eval();
    } else {
      EvaluateDesign(*soc_);
    }
  }

  void Dump([[maybe_unused]] int half) {
#if VM_TRACE
    if (tracing_) trace_->dump((cycles_ * 2 + half) * kHalfPeriodPicoseconds);
#endif
  }

  Exit OnMarker() {
    marker_ = soc_->marker;
    const uint32_t layer = playground::MarkerLayerOf(marker_);
    const bool traced = options_.trace_layers.count(layer) != 0;
    switch (playground::MarkerEventOf(marker_)) {
      case MarkerEvent::kWaiting:
        inference_begin_ = cycles_;
        return Exit::kRunning;
      case MarkerEvent::kLayerBegin:
        if (traced) tracing_ = !options_.trace.empty();
        return Exit::kRunning;
      case MarkerEvent::kLayerEnd:
        if (traced) tracing_ = false;
        CopyOutputs(layer);
        std::fprintf(stderr, "layer %u %" PRIu64 "\n", layer, cycles_);
        return Exit::kRunning;
      case MarkerEvent::kExit:
        return Exit::kFinished;
      case MarkerEvent::kTrap:
        return Exit::kTrapped;
    }
    return Exit::kRunning;
  }

  void CopyOutputs(uint32_t layer) {
    for (const Snapshot& snapshot : snapshots_) {
      if (snapshot.layer != layer || snapshot_output_ == nullptr) continue;
      std::vector<uint8_t> copy(snapshot.bytes);
      if (memories_.Read(snapshot.address, copy.data(), snapshot.bytes)) {
        std::fwrite(copy.data(), 1, copy.size(), snapshot_output_);
      }
    }
  }

  // Every so often: the cycle limit, progress, and whether the CPU still retires instructions. It
  // is watched until the next one retires, mostly a few cycles.
  Exit Check() {
    if (!watching_) {
      if (cycles_ < next_check_) return Exit::kRunning;
      if (cycles_ - inference_begin_ >= options_.max_cycles) return Exit::kOutOfCycles;
      ReportProgress();
      next_check_ = cycles_ + kCheckInterval;
      watching_ = true;
      watching_since_ = cycles_;
    }
    watching_ = !RetiresInstruction(*soc_);
    const bool stalled = watching_ && cycles_ - watching_since_ >= options_.stall_cycles;
    return stalled ? Exit::kStalled : Exit::kRunning;
  }

  void ReportProgress() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < std::chrono::milliseconds(500)) return;
    last_progress_ = now;
    std::fprintf(stderr, "cycles %" PRIu64 "\n", cycles_);
  }

  const Options& options_;
  VerilatedContext context_;
  std::unique_ptr<Vsoc> soc_;
#if VM_TRACE
  std::unique_ptr<VerilatedFstC> trace_;
#endif
  bool tracing_ = false;
  Memories memories_;
  std::vector<uint8_t> uart_input_;
  size_t uart_position_ = 0;
  std::vector<Snapshot> snapshots_;
  std::FILE* uart_output_ = nullptr;
  std::FILE* snapshot_output_ = nullptr;
  uint64_t cycles_ = 0;
  uint64_t inference_begin_ = 0;
  uint32_t marker_ = 0;
  uint64_t next_check_ = kCheckInterval;
  bool watching_ = false;
  uint64_t watching_since_ = 0;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  Bench bench(options);
  const Exit exit = bench.Run();
  bench.Report(exit);
  return 0;
}
