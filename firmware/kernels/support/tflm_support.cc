// Functions that TensorFlow Lite Micro's headers declare and its libraries define.

#include "playground/tflm.h"

namespace tflite_micro {

// x * multiplier * 2^(shift - 31), rounded twice: first the product, then the right shift.
int32_t MultiplyByQuantizedMultiplier(int32_t x, int32_t quantized_multiplier, int shift) {
  const int left_shift = shift > 0 ? shift : 0;
  const int right_shift = shift > 0 ? 0 : -shift;
  return gemmlowp::RoundingDivideByPOT(
      gemmlowp::SaturatingRoundingDoublingHighMul(gemmlowp::ShiftLeft(x, left_shift),
                                                  quantized_multiplier),
      right_shift);
}

// The same for 48-bit values, with the multiplier rounded to 16 bits and ties rounded up.
int32_t MultiplyByQuantizedMultiplier(int64_t x, int32_t quantized_multiplier, int shift) {
  constexpr int32_t kLargest = 0x7FFF;
  const int32_t rounded =
      static_cast<int32_t>((static_cast<uint32_t>(quantized_multiplier) + (1u << 15)) >> 16);
  const int64_t multiplier = std::min(rounded, kLargest);
  const int fraction_bits = 15 - shift;
  const int64_t half = int64_t{1} << (fraction_bits - 1);
  return static_cast<int32_t>((x * multiplier + half) >> fraction_bits);
}

}  // namespace tflite_micro
