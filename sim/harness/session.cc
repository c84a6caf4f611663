#include "session.h"

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "cycle_account.h"
#include "firmware/runtime/marker.h"
#include "why_file.h"

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

class Session {
 public:
  Session(Simulation& simulation, const Options& options)
      : simulation_(simulation), soc_(simulation.soc()), options_(options) {
    if (!options.uart_input.empty()) uart_input_ = ReadFile(options.uart_input);
    if (!options.snapshots.empty()) snapshots_ = ReadSnapshots(options.snapshots);
    uart_output_ = Open(options.uart_output);
    snapshot_output_ = Open(options.snapshot_output);
    retired_ = Open(options.retired);
    why_ = Open(options.why);
    simulation_.Record(options.trace_layers.empty());
  }

  ~Session() {
    Close(uart_output_);
    Close(snapshot_output_);
    Close(retired_);
    Close(why_);
  }

  Exit Run() {
    soc_.serial_source_ready = 1;
    soc_.serial_sink_valid = 0;
    Exit exit = Exit::kRunning;
    while (exit == Exit::kRunning) {
      soc_.serial_sink_valid =
          simulation_.cycles() >= kResetCycles && uart_position_ < uart_input_.size();
      if (soc_.serial_sink_valid) soc_.serial_sink_data = uart_input_[uart_position_];
      simulation_.FallingEdge();
      if (soc_.serial_source_valid && uart_output_ != nullptr) {
        std::fputc(soc_.serial_source_data, uart_output_);
      }
      uart_position_ += soc_.serial_sink_valid & soc_.serial_sink_ready;
      if (retired_ != nullptr && RetiresInstruction(soc_)) RecordRetired();
      if (kAccounts && why_ != nullptr) account_.Count(PipelineSignalsOf(soc_));
      simulation_.RisingEdge();
      if (soc_.marker != marker_) exit = OnMarker();
      if (exit == Exit::kRunning) exit = Check();
    }
    return exit;
  }

  void Report(Exit exit) const {
    std::printf("{\"exit\": \"%s\", \"cycles\": %" PRIu64 ", \"marker\": %u", NameOf(exit),
                simulation_.cycles(), soc_.marker);
    std::printf(", \"stages\": [");
    const char* separator = "";
    for (const Stage& stage : PipelineStages(soc_)) {
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

  Exit OnMarker() {
    marker_ = soc_.marker;
    const uint32_t layer = playground::MarkerLayerOf(marker_);
    const bool traced = options_.trace_layers.count(layer) != 0;
    switch (playground::MarkerEventOf(marker_)) {
      case MarkerEvent::kWaiting:
        inference_begin_ = simulation_.cycles();
        return Exit::kRunning;
      case MarkerEvent::kLayerBegin:
        if (traced) simulation_.Record(true);
        AccountForLayer();
        return Exit::kRunning;
      case MarkerEvent::kLayerEnd:
        if (traced) simulation_.Record(false);
        CopyOutputs(layer);
        if (why_ != nullptr) WriteWhy(why_, layer, layer_begin_, account_.tally());
        AccountForLayer();
        std::fprintf(stderr, "layer %u %" PRIu64 "\n", layer, simulation_.cycles());
        return Exit::kRunning;
      case MarkerEvent::kExit:
        return Exit::kFinished;
      case MarkerEvent::kTrap:
        return Exit::kTrapped;
    }
    return Exit::kRunning;
  }

  // When a layer begins or ends.
  void AccountForLayer() {
    if (why_ != nullptr) layer_begin_ = account_.tally();
  }

  void CopyOutputs(uint32_t layer) {
    for (const Snapshot& snapshot : snapshots_) {
      if (snapshot.layer != layer || snapshot_output_ == nullptr) continue;
      std::vector<uint8_t> copy(snapshot.bytes);
      if (simulation_.memories().Read(snapshot.address, copy.data(), snapshot.bytes)) {
        std::fwrite(copy.data(), 1, copy.size(), snapshot_output_);
      }
    }
  }

  void RecordRetired() {
    uint8_t record[12];
    const uint64_t cycle = simulation_.cycles();
    const uint32_t pc = PipelineStages(soc_).back().pc;
    for (int i = 0; i < 8; ++i) record[i] = static_cast<uint8_t>(cycle >> (8 * i));
    for (int i = 0; i < 4; ++i) record[8 + i] = static_cast<uint8_t>(pc >> (8 * i));
    std::fwrite(record, sizeof(record), 1, retired_);
  }

  // Every so often: the cycle limit, progress, and whether the CPU still retires instructions. It
  // is watched until the next one retires, mostly a few cycles.
  Exit Check() {
    const uint64_t cycles = simulation_.cycles();
    if (!watching_) {
      if (cycles < next_check_) return Exit::kRunning;
      if (cycles - inference_begin_ >= options_.max_cycles) return Exit::kOutOfCycles;
      ReportProgress();
      next_check_ = cycles + kCheckInterval;
      watching_ = true;
      watching_since_ = cycles;
    }
    watching_ = !RetiresInstruction(soc_);
    const bool stalled = watching_ && cycles - watching_since_ >= options_.stall_cycles;
    return stalled ? Exit::kStalled : Exit::kRunning;
  }

  void ReportProgress() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < std::chrono::milliseconds(500)) return;
    last_progress_ = now;
    std::fprintf(stderr, "cycles %" PRIu64 "\n", simulation_.cycles());
  }

  Simulation& simulation_;
  Vsoc& soc_;
  const Options& options_;
  std::vector<uint8_t> uart_input_;
  size_t uart_position_ = 0;
  std::vector<Snapshot> snapshots_;
  std::FILE* uart_output_ = nullptr;
  std::FILE* snapshot_output_ = nullptr;
  std::FILE* retired_ = nullptr;
  std::FILE* why_ = nullptr;
  CycleAccount account_;
  Tally layer_begin_;
  uint64_t inference_begin_ = 0;
  uint32_t marker_ = 0;
  uint64_t next_check_ = kCheckInterval;
  bool watching_ = false;
  uint64_t watching_since_ = 0;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace

void RunSession(Simulation& simulation, const Options& options) {
  Session session(simulation, options);
  session.Report(session.Run());
}
