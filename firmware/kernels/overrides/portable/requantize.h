// TensorFlow Lite Micro's rescaling of sums to int8, in fewer instructions: the product of a sum
// and a doubled multiplier has the rounded result in its upper word, and both ties are settled by
// adding before shifting.

#ifndef FIRMWARE_KERNELS_OVERRIDES_PORTABLE_REQUANTIZE_H_
#define FIRMWARE_KERNELS_OVERRIDES_PORTABLE_REQUANTIZE_H_

#include <algorithm>
#include <cstdint>

#include "playground/tflm.h"

namespace playground::portable {

// x * multiplier / 2^31, to nearest, ties up. `doubled` is twice the multiplier, which is not
// negative.
[[gnu::always_inline]] inline int32_t RoundedHigh(int32_t x, uint32_t doubled) {
  const int64_t product = int64_t{x} * int64_t{doubled};
  const uint32_t low = static_cast<uint32_t>(product);
  return static_cast<int32_t>(product >> 32) + static_cast<int32_t>(low >> 31);
}

// A quantized multiplier below a half, for sums of up to 2^30: TFLM's
// MultiplyByQuantizedMultiplier.
class Reduction {
 public:
  Reduction(int32_t multiplier, int32_t shift)
      : doubled_(2 * static_cast<uint32_t>(multiplier)),
        shift_(-shift),
        half_(int32_t{1} << (-shift - 1)) {}

  static constexpr bool Takes(int32_t shift) { return shift < 0 && shift >= -31; }

  [[gnu::always_inline]] int32_t operator()(int32_t x) const {
    return (RoundedHigh(x, doubled_) + half_ + (x >> 31)) >> shift_;
  }

 private:
  uint32_t doubled_;
  int32_t shift_;
  int32_t half_;
};

// Any other quantized multiplier.
class Rescaling {
 public:
  Rescaling(int32_t multiplier, int32_t shift) : multiplier_(multiplier), shift_(shift) {}

  int32_t operator()(int32_t x) const {
    return tflite::MultiplyByQuantizedMultiplier(x, multiplier_, shift_);
  }

 private:
  int32_t multiplier_;
  int32_t shift_;
};

// Whether Reduction computes a layer of sums of up to `terms` products of an input, its offset
// added, and a weight. Without shifts, they are not looked at, nor without biases those.
inline bool AllReduce(const int32_t* shift, const int32_t* bias, int channels, int terms) {
  constexpr int kMostTerms = 1 << 14;
  constexpr int32_t kLargestBias = 1 << 29;
  if (terms > kMostTerms) return false;
  for (int channel = 0; channel < channels; ++channel) {
    if (shift != nullptr && !Reduction::Takes(shift[channel])) return false;
    if (bias != nullptr && (bias[channel] > kLargestBias || bias[channel] < -kLargestBias)) {
      return false;
    }
  }
  return true;
}

// What follows the rescaling: the output's zero point and its limits.
class Activation {
 public:
  template <typename Params>
  explicit Activation(const Params& params)
      : offset_(params.output_offset - params.quantized_activation_min),
        least_(params.quantized_activation_min),
        range_(static_cast<uint32_t>(params.quantized_activation_max - least_)) {}

  [[gnu::always_inline]] int8_t operator()(int32_t x) const {
    int32_t above = x + offset_;
    if (__builtin_expect(static_cast<uint32_t>(above) > range_, 0)) {
      above = above < 0 ? 0 : static_cast<int32_t>(range_);
    }
    return static_cast<int8_t>(above + least_);
  }

 private:
  int32_t offset_;
  int32_t least_;
  uint32_t range_;
};

}  // namespace playground::portable

#endif  // FIRMWARE_KERNELS_OVERRIDES_PORTABLE_REQUANTIZE_H_
