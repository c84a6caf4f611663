// AVERAGE_POOL_2D: sixteen channels at a time, four to a word, two to the sum of a word's halves.

#include "playground/average_pool_2d.h"

#include <algorithm>
#include <cstring>

namespace playground {
namespace {

constexpr int kWords = 4;
constexpr int kLanes = 4 * kWords;  // channels at a time
// Sums of so many values from 0 to 255 fit half a word.
constexpr int kMostValues = 257;

constexpr uint32_t kEven = 0x00FF00FF;
constexpr uint32_t kSigns = 0x80808080;

// The part of a window that is over the image.
struct Area {
  const int8_t* first;  // value of its first channel
  int row;              // from a row to the next one
  int column;
  int height;
  int width;

  int Count() const { return height * width; }
};

class Average {
 public:
  Average(int count, const tflite::PoolParams& params)
      : count_(count),
        least_(params.quantized_activation_min),
        most_(params.quantized_activation_max) {}

  int8_t operator()(int32_t sum) const {
    const int32_t half = sum > 0 ? count_ / 2 : -(count_ / 2);
    return static_cast<int8_t>(std::clamp((sum + half) / count_, least_, most_));
  }

 private:
  int32_t count_;
  int32_t least_;
  int32_t most_;
};

void AverageLanes(const Area& area, const Average& average, int8_t* output) {
  uint32_t even[kWords] = {}, odd[kWords] = {};
  const int8_t* row = area.first;
  for (int y = area.height; y > 0; --y, row += area.row) {
    const int8_t* value = row;
    for (int x = area.width; x > 0; --x, value += area.column) {
      uint32_t words[kWords];
      std::memcpy(words, __builtin_assume_aligned(value, 4), sizeof(words));
      for (int i = 0; i < kWords; ++i) {
        words[i] ^= kSigns;
        even[i] += words[i] & kEven;
        odd[i] += words[i] >> 8 & kEven;
      }
    }
  }
  // Values were 128 too large each, so that they were not negative.
  const int32_t excess = 128 * area.Count();
  for (int i = 0; i < kWords; ++i) {
    *output++ = average(static_cast<int32_t>(even[i] & 0xFFFF) - excess);
    *output++ = average(static_cast<int32_t>(odd[i] & 0xFFFF) - excess);
    *output++ = average(static_cast<int32_t>(even[i] >> 16) - excess);
    *output++ = average(static_cast<int32_t>(odd[i] >> 16) - excess);
  }
}

void AverageChannel(const Area& area, const Average& average, int8_t* output) {
  int32_t sum = 0;
  const int8_t* row = area.first;
  for (int y = area.height; y > 0; --y, row += area.row) {
    const int8_t* value = row;
    for (int x = area.width; x > 0; --x, value += area.column) sum += *value;
  }
  *output = average(sum);
}

}  // namespace

bool average_pool_2d(const AveragePool2DLayer& layer) {
  const auto& params = layer.params;
  const int input_height = layer.input_shape.Dims(1), input_width = layer.input_shape.Dims(2);
  const int depth = layer.input_shape.Dims(3);
  const bool has_words = depth % 4 == 0 && reinterpret_cast<uintptr_t>(layer.input_data) % 4 == 0;
  const int8_t* image = layer.input_data;
  int8_t* output = layer.output_data;
  for (int batch = layer.input_shape.Dims(0); batch > 0; --batch) {
    for (int y = 0; y < layer.output_shape.Dims(1); ++y) {
      const int top = y * params.stride_height - params.padding_values.height;
      const int first_row = std::max(top, 0);
      for (int x = 0; x < layer.output_shape.Dims(2); ++x, output += depth) {
        const int left = x * params.stride_width - params.padding_values.width;
        const int first_column = std::max(left, 0);
        Area area = {image + (first_row * input_width + first_column) * depth, input_width * depth,
                     depth, std::min(top + params.filter_height, input_height) - first_row,
                     std::min(left + params.filter_width, input_width) - first_column};
        const Average average(area.Count(), params);
        int channel = 0;
        if (has_words && area.Count() <= kMostValues) {
          for (; channel <= depth - kLanes; channel += kLanes, area.first += kLanes) {
            AverageLanes(area, average, output + channel);
          }
        }
        for (; channel < depth; ++channel, ++area.first) {
          AverageChannel(area, average, output + channel);
        }
      }
    }
    image += input_height * input_width * depth;
  }
  return true;
}

}  // namespace playground
