#include "stimulus.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "mlperf_model.h"  // generated: the model's input and output
#include "playground/model.h"

namespace playground::mlperf {
namespace {

constexpr bool kIsFloat = kInputEncoding == InputEncoding::kFloat;
// Turns an unsigned byte into the int8 value that is 128 less, and back.
constexpr uint8_t kFlip = kInputEncoding == InputEncoding::kUnsigned ? 0x80 : 0;

// What was loaded. Unless it is to be quantized it is kept as the tensor's own bytes, so that there
// is one copy of it.
alignas(16) uint8_t loaded[kStimulusBytes];
alignas(16) InputElement quantized[kIsFloat ? kInputElements : 1];
uint32_t expected_bytes = 0;
uint32_t loaded_bytes = 0;

InputElement Quantize(float real) {
  if constexpr (std::is_floating_point_v<InputElement>) {
    return real;
  } else {
    using Limits = std::numeric_limits<InputElement>;
    const float value = roundf(real / kInputScale) + static_cast<float>(kInputZeroPoint);
    // Written so that NaN becomes a value of the type, too.
    if (!(value > static_cast<float>(Limits::min()))) return Limits::min();
    if (value >= static_cast<float>(Limits::max())) return Limits::max();
    return static_cast<InputElement>(value);
  }
}

}  // namespace

bool BeginLoad(uint64_t bytes) {
  loaded_bytes = 0;
  expected_bytes = bytes <= kStimulusBytes ? static_cast<uint32_t>(bytes) : 0;
  return expected_bytes != 0;
}

bool IsLoading() { return loaded_bytes < expected_bytes; }

void LoadByte(uint8_t byte) { loaded[loaded_bytes++] = byte ^ kFlip; }

uint32_t LoadedBytes() { return loaded_bytes; }

uint8_t LoadedByte(uint32_t index) { return loaded[index] ^ kFlip; }

bool IsLoaded() { return loaded_bytes == kStimulusBytes; }

void PrepareInput() {
  if (kIsFloat) {
    for (uint32_t i = 0; i < kInputElements; ++i) quantized[i] = Quantize(RealInput(i));
  }
}

void FillInput() {
  const void* source = kIsFloat ? static_cast<const void*>(quantized) : loaded;
  std::memcpy(kInputs[0].data, source, kInputs[0].bytes);
}

float RealInput(uint32_t index) {
  float real = 0;
  std::memcpy(&real, loaded + index * sizeof(real), sizeof(real));
  return real;
}

}  // namespace playground::mlperf
