#include "session.h"

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "firmware/runtime/marker.h"
#include "machine.h"
#include "pipeline.h"
#include "stepper.h"
#include "tally.h"
#include "timeline.h"
#include "tracer.h"
#include "why_file.h"

namespace {

using playground::MarkerEvent;

// Cycles between looks at limits.
constexpr uint64_t kCheckInterval = 1 << 16;

std::FILE* Open(const std::string& path) {
  return path.empty() ? nullptr : std::fopen(path.c_str(), "wb");
}

void Close(std::FILE* file) {
  if (file != nullptr && (std::ferror(file) || std::fclose(file) != 0)) {
    std::fprintf(stderr, "cannot write the results: no space left on the disk?\n");
    std::_Exit(74);
  }
}

class Session : public MarkerListener {
 public:
  Session(const System& system, const Options& options)
      : options_(options),
        uart_output_(Open(options.uart_output)),
        snapshot_output_(Open(options.snapshot_output)),
        retired_(Open(options.retired)),
        why_(Open(options.why)),
        timeline_file_(Open(options.timeline)),
        timeline_(MakeTimeline()),
        uart_(system.uart_fifo,
              options.uart_input.empty() ? std::vector<uint8_t>{} : ReadFile(options.uart_input),
              uart_output_),
        machine_(system, uart_, *this),
        engine_(MakeEngine(system)) {
    if (!options.snapshots.empty()) snapshots_ = ReadSnapshots(options.snapshots);
    for (const Content& content : options.contents) {
      const std::vector<uint8_t> bytes = ReadFile(content.file);
      if (!machine_.Write(content.address, bytes.data(), static_cast<uint32_t>(bytes.size()))) {
        std::fprintf(stderr, "%s does not fit the memory at 0x%08x\n", content.file.c_str(),
                     content.address);
        std::exit(64);
      }
    }
  }

  ~Session() override {
    Close(uart_output_);
    Close(snapshot_output_);
    Close(retired_);
    Close(why_);
    Close(timeline_file_);
  }

  void Run() {
    const char* exit = nullptr;
    // As the Verilated SoC's harness, which looks at its limits now and then: the same runs end
    // for the same reason after the same cycles.
    uint64_t instructions = 0, moved = 0, next_check = kCheckInterval;
    while (exit == nullptr) {
      engine_->RunUntil(next_check);
      if (machine_.wants_attention) AccountForLayer();
      ReportProgress();
      switch (machine_.ending) {
        case Ending::kFinished:
          exit = "finished";
          continue;
        case Ending::kTrapped:
          exit = "trapped";
          continue;
        case Ending::kFault:
          exit = "fault";
          end_cycles_ = engine_->cycles();
          continue;
        case Ending::kNone:
          break;
      }
      if (engine_->cycles() < next_check) continue;
      if (machine_.instructions != instructions) {
        instructions = machine_.instructions;
        moved = next_check;
      }
      if (next_check > inference_begin_ && next_check - inference_begin_ >= options_.max_cycles) {
        exit = "out_of_cycles";
        end_cycles_ = next_check;
      } else if (next_check - moved >= options_.stall_cycles) {
        exit = "stalled";
        end_cycles_ = moved + options_.stall_cycles;
      }
      next_check += kCheckInterval;
    }
    uart_.Finish(end_cycles_);
    Report(exit);
  }

  Ending OnMarker(Machine& machine, uint32_t marker, uint64_t cycles) override {
    marker_ = marker;
    end_cycles_ = cycles;
    const uint32_t layer = playground::MarkerLayerOf(marker);
    switch (playground::MarkerEventOf(marker)) {
      case MarkerEvent::kWaiting:
        inference_begin_ = cycles;
        return Ending::kNone;
      case MarkerEvent::kLayerBegin:
        machine.wants_attention = why_ != nullptr || timeline_ != nullptr;
        return Ending::kNone;
      case MarkerEvent::kLayerEnd:
        machine.wants_attention = why_ != nullptr || timeline_ != nullptr;
        CopyOutputs(machine, layer);
        std::fprintf(stderr, "layer %u %" PRIu64 "\n", layer, cycles);
        return Ending::kNone;
      case MarkerEvent::kExit:
        return Ending::kFinished;
      case MarkerEvent::kTrap:
        return Ending::kTrapped;
    }
    return Ending::kNone;
  }

 private:
  std::unique_ptr<Engine> MakeEngine(const System& system) {
    if (retired_ != nullptr || timeline_ != nullptr) {
      return std::make_unique<Stepper>(system, machine_, retired_, timeline_.get());
    }
    return std::make_unique<Tracer>(machine_);
  }

  std::unique_ptr<Timeline> MakeTimeline() const {
    if (timeline_file_ == nullptr) return nullptr;
    return std::make_unique<Timeline>(ReadFunctions(options_.functions), options_.resolution,
                                      timeline_file_);
  }

  void CopyOutputs(const Machine& machine, uint32_t layer) {
    for (const Snapshot& snapshot : snapshots_) {
      if (snapshot.layer != layer || snapshot_output_ == nullptr) continue;
      std::vector<uint8_t> copy(snapshot.bytes);
      if (machine.Read(snapshot.address, copy.data(), snapshot.bytes)) {
        std::fwrite(copy.data(), 1, copy.size(), snapshot_output_);
      }
    }
  }

  // At the end of the cycle in which a layer began or ended.
  void AccountForLayer() {
    machine_.wants_attention = false;
    const uint32_t layer = playground::MarkerLayerOf(marker_);
    const bool ends = playground::MarkerEventOf(marker_) == MarkerEvent::kLayerEnd;
    const bool drawn = options_.trace_layers.empty() || options_.trace_layers.count(layer) != 0;
    if (timeline_ != nullptr && drawn) {
      if (ends) {
        timeline_->EndLayer(layer, engine_->cycles());
      } else {
        timeline_->BeginLayer(engine_->cycles());
      }
    }
    if (why_ == nullptr) return;
    Tally now;
    engine_->AddTo(now);
    if (ends) WriteWhy(why_, layer, layer_begin_, now);
    layer_begin_ = std::move(now);
  }

  void ReportProgress() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < std::chrono::milliseconds(500)) return;
    last_progress_ = now;
    std::fprintf(stderr, "cycles %" PRIu64 "\n", engine_->cycles());
  }

  void Report(const char* exit) const {
    std::printf("{\"exit\": \"%s\", \"cycles\": %" PRIu64 ", \"instructions\": %" PRIu64
                ", \"marker\": %u",
                exit, end_cycles_, machine_.instructions, marker_);
    if (machine_.ending == Ending::kFault) {
      std::printf(
          ", \"fault\": {\"kind\": \"%s\", \"pc\": %u, \"address\": %u, "
          "\"return_address\": %u}",
          machine_.fault.kind, machine_.fault.pc, machine_.fault.address, machine_.x[1]);
    }
    const PipelineState& state = engine_->state();
    const std::pair<const char*, const InFlight*> stages[] = {
        {"execute", &state.execute}, {"memory", &state.memory}, {"writeBack", &state.write_back}};
    const bool decodes = state.decode_valid && state.decode_hit;
    std::printf(
        ", \"stages\": [{\"name\": \"decode\", \"valid\": %s, \"pc\": %u, "
        "\"instruction\": %u}",
        decodes ? "true" : "false", state.decode_pc,
        decodes ? machine_.Code(state.decode_pc).word : 0);
    for (const auto& [name, stage] : stages) {
      std::printf(", {\"name\": \"%s\", \"valid\": %s, \"pc\": %u, \"instruction\": %u}", name,
                  stage->valid ? "true" : "false", stage->pc,
                  stage->valid ? machine_.Code(stage->pc).word : 0);
    }
    std::printf("]}\n");
  }

  const Options& options_;
  std::FILE* uart_output_;
  std::FILE* snapshot_output_;
  std::FILE* retired_;
  std::FILE* why_;
  std::FILE* timeline_file_;
  std::unique_ptr<Timeline> timeline_;
  Uart uart_;
  Machine machine_;
  std::unique_ptr<Engine> engine_;
  std::vector<Snapshot> snapshots_;
  Tally layer_begin_;
  uint32_t marker_ = 0;
  uint64_t end_cycles_ = 0;
  uint64_t inference_begin_ = 0;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace

void RunSession(const System& system, const Options& options) {
  Session session(system, options);
  session.Run();
}
