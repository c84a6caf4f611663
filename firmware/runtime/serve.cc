// Serves the host: takes inputs, runs the model layer by layer, reports what each layer cost.

#include <cstring>
#include <initializer_list>

#include "counters.h"
#include "frame.h"
#include "inspect.h"
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
uint32_t input_bytes = 0;    // received since the last run
uint32_t next_step = 0;      // the layer that a step may run
uint32_t last_sequence = 0;  // of the last step

void Announce(MarkerEvent event, uint32_t layer) { WriteMarker(Marker(event, layer)); }

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
void Measure(uint32_t layer) {
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

constexpr uint32_t kRecordBytes = 20;

void Put(FrameWriter& frame, const LayerRecord& record) {
  frame.Put(record.cycles);
  frame.Put(record.instructions);
  frame.Put(record.overridden);
}

void SendResult() {
  FrameWriter result(FrameType::kResult, kLayerCount * kRecordBytes);
  for (uint32_t layer = 0; layer < kLayerCount; ++layer) Put(result, records[layer]);
}

void SendOutputs() {
  for (uint32_t i = 0; i < kOutputCount; ++i) {
    FrameWriter output(FrameType::kOutput, sizeof(i) + kOutputs[i].bytes);
    output.Put(i);
    output.Put(kOutputs[i].data, kOutputs[i].bytes);
  }
}

// Whether none of the inputs was lost on the way; they count for one run.
bool TakeInputs(uint32_t expected) {
  const bool complete = expected == input_bytes;
  input_bytes = 0;
  if (!complete) Refuse(Refusal::kMissingInput);
  return complete;
}

void Run(const Frame& frame) {
  uint32_t expected = 0;
  if (frame.length != sizeof(expected)) return Refuse(Refusal::kBadInput);
  std::memcpy(&expected, frame.payload, sizeof(expected));
  next_step = 0;
  if (!TakeInputs(expected)) return;
  for (uint32_t layer = 0; layer < kLayerCount; ++layer) Measure(layer);
  SendResult();
  SendOutputs();
}

// Runs one layer, so that the host can look at its outputs before the next one overwrites them. A
// step that comes twice, since its answer was lost, is answered again but not run again.
void Step(const Frame& frame) {
  struct {
    uint32_t sequence;
    uint32_t layer;
    uint32_t input_bytes;
  } step;
  if (frame.length != sizeof(step)) return Refuse(Refusal::kBadInput);
  std::memcpy(&step, frame.payload, sizeof(step));
  if (step.layer >= kLayerCount) return Refuse(Refusal::kBadStep);
  if (step.sequence != last_sequence) {
    if (step.layer != 0 && step.layer != next_step) return Refuse(Refusal::kBadStep);
    if (step.layer == 0 && !TakeInputs(step.input_bytes)) return;
    Measure(step.layer);
    last_sequence = step.sequence;
    next_step = step.layer + 1;
  }
  FrameWriter stepped(FrameType::kStepped, sizeof(step.sequence) + kRecordBytes);
  stepped.Put(step.sequence);
  Put(stepped, records[step.layer]);
}

void SendReady() {
  FrameWriter ready(FrameType::kReady, 2 * sizeof(uint32_t));
  ready.Put(kProtocolVersion);
  ready.Put(kLayerCount);
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
      case FrameType::kStep:
        Step(frame);
        break;
      case FrameType::kDigest:
        SendDigest(frame);
        break;
      case FrameType::kRead:
        SendContent(frame);
        break;
      case FrameType::kHello:
        SendReady();
        break;
      case FrameType::kReset:
        ResetSoc();
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
  static Frame frame;
  for (;;) {
    ReceiveFrame(frame);
    if (frame.type == FrameType::kReset) ResetSoc();
  }
}

int main() {
  playground::PrepareLayers();
  playground::SendReady();
  playground::Serve();
}
