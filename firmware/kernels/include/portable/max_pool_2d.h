// MAX_POOL_2D: four channels at a time, whose largest values stay in registers. For every set of
// kernels whose CFU has no part in it.

#ifndef FIRMWARE_KERNELS_INCLUDE_PORTABLE_MAX_POOL_2D_H_
#define FIRMWARE_KERNELS_INCLUDE_PORTABLE_MAX_POOL_2D_H_

#include <algorithm>

#include "playground/max_pool_2d.h"

namespace playground::portable {

constexpr int kPoolLanes = 4;

// The part of a window that is over the image.
struct PoolArea {
  const int8_t* first;  // value of its first channel
  int row;              // from a row to the next one
  int column;
  int height;
  int width;
};

template <int kCount>
[[gnu::noinline]] inline void Largest(const PoolArea& area, int32_t least, int32_t most,
                                      int8_t* output) {
  // Nothing is less than the least output.
  int32_t largest[kCount];
  for (int32_t& value : largest) value = least;
  const int8_t* row = area.first;
  for (int y = area.height; y > 0; --y, row += area.row) {
    const int8_t* values = row;
    for (int x = area.width; x > 0; --x, values += area.column) {
      int32_t loaded[kCount];
      for (int i = 0; i < kCount; ++i) loaded[i] = values[i];
      for (int i = 0; i < kCount; ++i) largest[i] = std::max(largest[i], loaded[i]);
    }
  }
  for (int i = 0; i < kCount; ++i) output[i] = static_cast<int8_t>(std::min(largest[i], most));
}

inline void MaxPool2D(const MaxPool2DLayer& layer) {
  const auto& params = layer.params;
  const int32_t least = params.quantized_activation_min, most = params.quantized_activation_max;
  const int input_height = layer.input_shape.Dims(1), input_width = layer.input_shape.Dims(2);
  const int depth = layer.input_shape.Dims(3);
  const int8_t* image = layer.input_data;
  int8_t* output = layer.output_data;
  for (int batch = layer.input_shape.Dims(0); batch > 0; --batch) {
    for (int y = 0; y < layer.output_shape.Dims(1); ++y) {
      const int top = y * params.stride_height - params.padding_values.height;
      const int first_row = std::max(top, 0);
      for (int x = 0; x < layer.output_shape.Dims(2); ++x, output += depth) {
        const int left = x * params.stride_width - params.padding_values.width;
        const int first_column = std::max(left, 0);
        PoolArea area = {image + (first_row * input_width + first_column) * depth,
                         input_width * depth, depth,
                         std::min(top + params.filter_height, input_height) - first_row,
                         std::min(left + params.filter_width, input_width) - first_column};
        int channel = 0;
        for (; channel <= depth - kPoolLanes; channel += kPoolLanes, area.first += kPoolLanes) {
          Largest<kPoolLanes>(area, least, most, output + channel);
        }
        for (; channel < depth; ++channel, ++area.first) {
          Largest<1>(area, least, most, output + channel);
        }
      }
    }
    image += input_height * input_width * depth;
  }
}

}  // namespace playground::portable

#endif  // FIRMWARE_KERNELS_INCLUDE_PORTABLE_MAX_POOL_2D_H_
