// FULLY_CONNECTED: four channels at a time, so that each input that is loaded meets four weights.

#include "playground/fully_connected.h"

#include <algorithm>

#include "requantize.h"

namespace playground {
namespace {

using namespace portable;

constexpr int kChannels = 8;

// Rows of weights that are this far apart want the same lines of the data cache.
constexpr int kCollidingBytes = 2048;

// Multiplies an input, an offset added to each of its values, with kCount rows of weights.
template <int kCount>
[[gnu::noinline]] void Multiply(const int8_t* input, int32_t offset, const int8_t* filter,
                                int depth, int32_t* sums) {
  int32_t sum[kCount] = {};
  const int8_t* rows[kCount];
  for (int i = 0; i < kCount; ++i) rows[i] = filter + i * depth;
  const int8_t* const end = input + depth;
  const int8_t* const end_of_fours = input + (depth & ~3);
  for (; input != end_of_fours; input += 4) {
    const int32_t a = input[0] + offset, b = input[1] + offset;
    const int32_t c = input[2] + offset, d = input[3] + offset;
    for (int i = 0; i < kCount; ++i) {
      sum[i] += a * rows[i][0] + b * rows[i][1] + c * rows[i][2] + d * rows[i][3];
      rows[i] += 4;
    }
  }
  for (; input != end; ++input) {
    for (int i = 0; i < kCount; ++i) sum[i] += (*input + offset) * *rows[i]++;
  }
  for (int i = 0; i < kCount; ++i) sums[i] = sum[i];
}

template <typename Scale>
void Run(const FullyConnectedLayer& layer, int depth) {
  const auto& params = layer.params;
  const int channels = layer.output_shape.Dims(1);
  const bool is_per_channel = layer.output_multiplier != nullptr;
  const int most = depth % kCollidingBytes == 0 ? 1 : kChannels;
  const Activation activation(params);
  const int8_t* input = layer.input_data;
  int8_t* output = layer.output_data;
  for (int batch = layer.output_shape.Dims(0); batch > 0; --batch, input += depth) {
    for (int channel = 0; channel < channels;) {
      const int8_t* filter = layer.filter_data + channel * depth;
      int32_t sums[kChannels];
      int count = 1;
      if (channels - channel >= most && most == kChannels) {
        Multiply<kChannels>(input, params.input_offset, filter, depth, sums);
        count = kChannels;
      } else {
        Multiply<1>(input, params.input_offset, filter, depth, sums);
      }
      for (int i = 0; i < count; ++i, ++channel) {
        const int32_t bias = layer.bias_data != nullptr ? layer.bias_data[channel] : 0;
        const Scale scale(
            is_per_channel ? layer.output_multiplier[channel] : params.output_multiplier,
            is_per_channel ? layer.output_shift[channel] : params.output_shift);
        *output++ = activation(scale(sums[i] + bias));
      }
    }
  }
}

}  // namespace

bool fully_connected(const FullyConnectedLayer& layer) {
  const int depth = layer.filter_shape.Dims(layer.filter_shape.DimensionsCount() - 1);
  const int channels = layer.output_shape.Dims(1);
  if (layer.params.weights_offset != 0) return false;
  const bool is_per_channel = layer.output_shift != nullptr;
  const int32_t shift = layer.params.output_shift;
  if (AllReduce(is_per_channel ? layer.output_shift : nullptr, layer.bias_data, channels, depth) &&
      (is_per_channel || Reduction::Takes(shift))) {
    Run<Reduction>(layer, depth);
  } else {
    Run<Rescaling>(layer, depth);
  }
  return true;
}

}  // namespace playground
