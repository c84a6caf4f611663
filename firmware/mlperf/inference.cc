#include "inference.h"

#include <cstring>
#include <type_traits>

#include "counters.h"
#include "marker.h"
#include "mlperf_model.h"  // generated: the model's input and output
#include "playground/model.h"
#include "soc.h"  // generated: the clock
#include "stimulus.h"
#include "text.h"
#include "uart.h"

namespace playground::mlperf {
namespace {

constexpr uint64_t kMicrosecondsPerSecond = 1'000'000;

uint32_t running_layer = 0;
bool have_results = false;
float reconstruction_error = 0;

float RealOutput(uint32_t index) {
  OutputElement value;
  std::memcpy(&value, static_cast<const uint8_t*>(kOutputs[0].data) + index * sizeof(value),
              sizeof(value));
  if constexpr (std::is_floating_point_v<OutputElement>) {
    return value;
  } else {
    return static_cast<float>(static_cast<int32_t>(value) - kOutputZeroPoint) * kOutputScale;
  }
}

float ReconstructionError() {
  float sum = 0;
  for (uint32_t i = 0; i < kOutputElements; ++i) {
    const float difference = RealOutput(i) - RealInput(i);
    sum += difference * difference;
  }
  return sum / static_cast<float>(kOutputElements);
}

}  // namespace

void Infer(uint32_t count) {
  for (; count != 0; --count) {
    FillInput();
    for (uint32_t layer = 0; layer < kLayerCount; ++layer) {
      running_layer = layer;
      WriteMarker(Marker(MarkerEvent::kLayerBegin, layer));
      RunLayer(layer);
      WriteMarker(Marker(MarkerEvent::kLayerEnd, layer));
    }
  }
}

uint32_t RunningLayer() { return running_layer; }

// Outputs stay where they are until the next inference, but the input may be replaced before that.
void ComputeResults() {
  if (kScoring == Scoring::kReconstructionError) {
    reconstruction_error = ReconstructionError();
  }
  have_results = true;
}

bool HaveResults() { return have_results; }

void PutResults() {
  Put("m-results-[");
  if (kScoring == Scoring::kReconstructionError) {
    Put(Fixed{reconstruction_error});
  } else {
    for (uint32_t i = 0; i < kOutputElements; ++i) {
      if (i != 0) Put(",");
      Put(Fixed{RealOutput(i)});
    }
  }
  PutLine("]");
}

uint64_t Microseconds() {
  const uint64_t cycles = ReadCycles();
  const uint64_t whole = cycles / soc::kClockHz, rest = cycles % soc::kClockHz;
  return whole * kMicrosecondsPerSecond + rest * kMicrosecondsPerSecond / soc::kClockHz;
}

}  // namespace playground::mlperf
