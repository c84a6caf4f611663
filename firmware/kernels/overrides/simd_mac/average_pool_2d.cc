// AVERAGE_POOL_2D: plain C++, in the order in which the image is in memory, which the reference
// kernel's loops are not. Averages do not round as requantization does, so the CFU has no part.

#include "playground/average_pool_2d.h"

#include <algorithm>

namespace playground {
namespace {

constexpr int kMostChannels = 64;  // at a time

int32_t sums[kMostChannels];

int32_t RoundedAverage(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

}  // namespace

bool average_pool_2d(const AveragePool2DLayer& layer) {
  const auto& params = layer.params;
  const int height = layer.input_shape.Dims(1);
  const int width = layer.input_shape.Dims(2);
  const int depth = layer.input_shape.Dims(3);
  const int8_t* image = layer.input_data;
  int8_t* output = layer.output_data;
  for (int batch = layer.input_shape.Dims(0); batch > 0; --batch) {
    for (int y = 0; y < layer.output_shape.Dims(1); ++y) {
      const int top = y * params.stride_height - params.padding_values.height;
      const int first_y = std::max(0, top);
      const int last_y = std::min(height, top + params.filter_height);
      for (int x = 0; x < layer.output_shape.Dims(2); ++x) {
        const int left = x * params.stride_width - params.padding_values.width;
        const int first_x = std::max(0, left);
        const int last_x = std::min(width, left + params.filter_width);
        const int count = (last_y - first_y) * (last_x - first_x);
        for (int begin = 0; begin < depth; begin += kMostChannels) {
          const int channels = std::min(kMostChannels, depth - begin);
          std::fill_n(sums, channels, 0);
          for (int input_y = first_y; input_y < last_y; ++input_y) {
            for (int input_x = first_x; input_x < last_x; ++input_x) {
              const int8_t* input = image + (input_y * width + input_x) * depth + begin;
              for (int channel = 0; channel < channels; ++channel) sums[channel] += input[channel];
            }
          }
          for (int channel = 0; channel < channels; ++channel) {
            const int32_t average = RoundedAverage(sums[channel], count);
            *output++ = static_cast<int8_t>(std::clamp<int32_t>(
                average, params.quantized_activation_min, params.quantized_activation_max));
          }
        }
      }
    }
    image += height * width * depth;
  }
  return true;
}

}  // namespace playground
