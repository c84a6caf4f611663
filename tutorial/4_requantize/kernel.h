// What the kernels beside this file share.

#ifndef KERNEL_H_
#define KERNEL_H_

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "cfu.h"  // Generated: cfu::mac and whatever else my_cfu.py has.
#include "playground/tflm.h"

namespace playground {

// Four int8 values, the first in the lowest byte.
using Word = uint32_t __attribute__((may_alias));

inline const Word* Words(const int8_t* bytes) { return reinterpret_cast<const Word*>(bytes); }

constexpr int kWindowBytes = 2048;

// The inputs under the filter, side by side: row by row, all channels of a tap together, as the
// filters are in memory. What lies outside of the image is the input's zero point, which counts
// for nothing.
template <typename Layer>
inline void CopyWindow(const Layer& layer, const int8_t* image, int y, int x, int8_t* target) {
  const auto& params = layer.params;
  const int height = layer.input_shape.Dims(1);
  const int width = layer.input_shape.Dims(2);
  const int depth = layer.input_shape.Dims(3);
  const int top = y * params.stride_height - params.padding_values.height;
  const int left = x * params.stride_width - params.padding_values.width;
  const int columns = layer.filter_shape.Dims(2);
  const bool is_inside = params.dilation_width_factor == 1 && left >= 0 && left + columns <= width;
  for (int row = 0; row < layer.filter_shape.Dims(1); ++row) {
    const int input_y = top + row * params.dilation_height_factor;
    const bool is_row = input_y >= 0 && input_y < height;
    const int8_t* const line = image + input_y * width * depth;
    if (is_row && is_inside) {
      std::memcpy(target, line + left * depth, columns * depth);
      target += columns * depth;
      continue;
    }
    for (int column = 0; column < columns; ++column, target += depth) {
      const int input_x = left + column * params.dilation_width_factor;
      if (is_row && input_x >= 0 && input_x < width) {
        std::memcpy(target, line + input_x * depth, depth);
      } else {
        std::memset(target, -params.input_offset, depth);
      }
    }
  }
}

// What makes outputs of sums. Its members are copies of what the layer says: an int8_t that is
// stored may alias the layer, for all the compiler knows, but not a local object.
class Outputs {
 public:
  template <typename Layer>
  explicit Outputs(const Layer& layer)
      : bias_(layer.bias_data), multiplier_(layer.output_multiplier), shift_(layer.output_shift) {
    cfu::set_output_offset(layer.params.output_offset);
    cfu::set_minimum(layer.params.quantized_activation_min);
    cfu::set_maximum(layer.params.quantized_activation_max);
  }

  // Whether the CFU can do it: it only shifts to the right.
  template <typename Layer>
  static bool Fits(const Layer& layer) {
    const int channels = layer.output_shape.Dims(3);
    return std::all_of(layer.output_shift, layer.output_shift + channels,
                       [](int32_t shift) { return shift <= 0; });
  }

  int32_t Bias(int channel) const { return bias_ != nullptr ? bias_[channel] : 0; }

  int8_t Requantize(int channel, int32_t sum) const {
    const int32_t multiplier = multiplier_[channel], right_shift = -shift_[channel];
    cfu::set_multiplier(multiplier);
    return static_cast<int8_t>(cfu::requantize(sum, right_shift));
  }

 private:
  const int32_t* const bias_;
  const int32_t* const multiplier_;
  const int32_t* const shift_;
};

}  // namespace playground

#endif  // KERNEL_H_
