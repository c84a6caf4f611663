// Serves the host: takes inputs, runs the model layer by layer, reports what each layer cost.

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "counters.h"
#include "frame.h"
#include "marker.h"
#include "playground/model.h"
#include "soc.h"
#include "uart.h"

namespace playground {
namespace {

struct LayerRecord {
  uint64_t cycles;
  uint64_t instructions;
  uint32_t overridden;
};

LayerRecord records[soc::kLayerCount];
uint32_t running_layer = 0;
uint32_t input_bytes = 0;  // received since the last run

void Announce(MarkerEvent event, uint32_t layer) { WriteMarker(Marker(event, layer)); }

void Refuse(Refusal reason) {
  FrameWriter(FrameType::kRefused, sizeof(uint32_t)).Put(static_cast<uint32_t>(reason));
}

void SetInput(const Frame& frame) {
  uint32_t index = 0, offset = 0;
  constexpr uint32_t kHeaderBytes = sizeof(index) + sizeof(offset);
  if (frame.length < kHeaderBytes) return Refuse(Refusal::kBadInput);
  std::memcpy(&index, frame.payload, sizeof(index));
  std::memcpy(&offset, frame.payload + sizeof(index), sizeof(offset));
  const uint32_t bytes = frame.length - kHeaderBytes;
  if (index >= kInputCount || offset > kInputs[index].bytes ||
      bytes > kInputs[index].bytes - offset) {
    return Refuse(Refusal::kBadInput);
  }
  std::memcpy(static_cast<uint8_t*>(kInputs[index].data) + offset, frame.payload + kHeaderBytes,
              bytes);
  input_bytes += bytes;
}

// Nothing but the layer itself stands between the two readings of the counters.
void RunModel() {
  for (uint32_t layer = 0; layer < kLayerCount; ++layer) {
    running_layer = layer;
    Announce(MarkerEvent::kLayerBegin, layer);
    const uint64_t instructions = ReadInstructions();
    const uint64_t cycles = ReadCycles();
    const bool overridden = RunLayer(layer);
    const uint64_t cycles_after = ReadCycles();
    const uint64_t instructions_after = ReadInstructions();
    Announce(MarkerEvent::kLayerEnd, layer);
    records[layer] = {cycles_after - cycles, instructions_after - instructions, overridden};
  }
}

void SendResult() {
  FrameWriter result(FrameType::kResult, kLayerCount * 20);
  for (uint32_t layer = 0; layer < kLayerCount; ++layer) {
    result.Put(records[layer].cycles);
    result.Put(records[layer].instructions);
    result.Put(records[layer].overridden);
  }
}

void SendOutputs() {
  for (uint32_t i = 0; i < kOutputCount; ++i) {
    FrameWriter output(FrameType::kOutput, sizeof(i) + kOutputs[i].bytes);
    output.Put(i);
    output.Put(kOutputs[i].data, kOutputs[i].bytes);
  }
}

// Runs the model if none of its inputs was lost on the way.
void Run(const Frame& frame) {
  uint32_t expected = 0;
  std::memcpy(&expected, frame.payload, std::min(sizeof(expected), size_t{frame.length}));
  const bool complete = frame.length == sizeof(expected) && expected == input_bytes;
  input_bytes = 0;
  if (!complete) return Refuse(Refusal::kMissingInput);
  RunModel();
  SendResult();
  SendOutputs();
}

[[noreturn]] void Serve() {
  static Frame frame;
  for (;;) {
    Announce(MarkerEvent::kWaiting, 0);
    ReceiveFrame(frame);
    switch (frame.type) {
      case FrameType::kSetInput:
        SetInput(frame);
        break;
      case FrameType::kRun:
        Run(frame);
        break;
      case FrameType::kExit:
        Announce(MarkerEvent::kExit, 0);
        break;
      default:
        Refuse(Refusal::kUnknownType);
    }
  }
}

}  // namespace
}  // namespace playground

extern "C" [[noreturn]] void HandleTrap(uint32_t cause, uint32_t pc, uint32_t value, uint32_t ra,
                                        uint32_t sp) {
  using namespace playground;
  {
    FrameWriter trap(FrameType::kTrap, 5 * sizeof(uint32_t));
    for (const uint32_t word : {cause, pc, value, ra, sp}) trap.Put(word);
  }
  Announce(MarkerEvent::kTrap, running_layer);
  for (;;) {
  }
}

int main() {
  playground::PrepareLayers();
  {
    playground::FrameWriter ready(playground::FrameType::kReady, 2 * sizeof(uint32_t));
    ready.Put(playground::kProtocolVersion);
    ready.Put(playground::kLayerCount);
  }
  playground::Serve();
}
