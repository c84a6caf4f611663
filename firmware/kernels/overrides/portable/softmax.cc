// SOFTMAX: each exponential is computed once a layer, for the differences that occur.

#include "playground/softmax.h"

#include <algorithm>
#include <limits>

#include "fixedpoint/fixedpoint.h"

namespace playground {
namespace {

constexpr int kDifferences = 256;
// As TFLM has them: bits left of the binary point of a scaled difference and of the sum.
constexpr int kDifferenceBits = 5;
constexpr int kSumBits = 12;

using Difference = gemmlowp::FixedPoint<int32_t, kDifferenceBits>;
using Fraction = gemmlowp::FixedPoint<int32_t, 0>;

Fraction exponentials[kDifferences];
bool is_known[kDifferences];

class Softmax {
 public:
  explicit Softmax(const tflite::SoftmaxParams& params) : params_(params) {
    std::fill_n(is_known, kDifferences, false);
  }

  template <typename Output>
  void Run(const int8_t* input, int depth, Output* output) const {
    const int32_t largest = *std::max_element(input, input + depth);
    int32_t sum = 0;
    for (int i = 0; i < depth; ++i) {
      if (!Counts(largest - input[i])) continue;
      sum += gemmlowp::Rescale<kSumBits>(Exponential(largest - input[i])).raw();
    }
    int bits_over_unit;
    const Fraction scale = Fraction::FromRaw(tflite::GetReciprocal(sum, kSumBits, &bits_over_unit));
    const int shift = bits_over_unit + 31 - 8 * static_cast<int>(sizeof(Output));
    constexpr int32_t kLeast = std::numeric_limits<Output>::min();
    constexpr int32_t kMost = std::numeric_limits<Output>::max();
    for (int i = 0; i < depth; ++i) {
      int32_t result = kLeast;
      if (Counts(largest - input[i])) {
        const Fraction product = scale * exponentials[largest - input[i]];
        result += gemmlowp::RoundingDivideByPOT(product.raw(), shift);
      }
      output[i] = static_cast<Output>(std::clamp(result, kLeast, kMost));
    }
  }

 private:
  bool Counts(int32_t below) const { return -below >= params_.diff_min; }

  // The exponential of so much less than the largest input.
  Fraction Exponential(int32_t below) const {
    if (!is_known[below]) {
      const int32_t scaled = tflite::MultiplyByQuantizedMultiplierGreaterThanOne(
          -below, params_.input_multiplier, params_.input_left_shift);
      exponentials[below] = gemmlowp::exp_on_negative_values(Difference::FromRaw(scaled));
      is_known[below] = true;
    }
    return exponentials[below];
  }

  const tflite::SoftmaxParams& params_;
};

}  // namespace

bool softmax(const SoftmaxLayer& layer) {
  const Softmax softmax(layer.params);
  const int depth = layer.input_shape.Dims(layer.input_shape.DimensionsCount() - 1);
  const int count = layer.input_shape.FlatSize();
  for (int begin = 0; begin < count; begin += depth) {
    if (layer.output_data_int16 != nullptr) {
      softmax.Run(layer.input_data + begin, depth, layer.output_data_int16 + begin);
    } else {
      softmax.Run(layer.input_data + begin, depth, layer.output_data + begin);
    }
  }
  return true;
}

}  // namespace playground
