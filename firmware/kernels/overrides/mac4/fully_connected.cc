// FULLY_CONNECTED: each output is one row of weights times the inputs.

#include "playground/fully_connected.h"

#include <algorithm>

#include "mac4.h"

namespace playground {
namespace {

using namespace mac4;

constexpr int kChannels = 64;  // at a time

int32_t sums[kChannels];
int32_t multipliers[kChannels];
int32_t shifts[kChannels];

}  // namespace

bool fully_connected(const FullyConnectedLayer& layer) {
  const auto& params = layer.params;
  const int depth = layer.filter_shape.Dims(layer.filter_shape.DimensionsCount() - 1);
  const int outputs = layer.output_shape.Dims(1);
  if (depth % 4 != 0 || params.weights_offset != 0) return false;
  cfu::set_input_offset(params.input_offset);
  Requantization requantization = Requantization::Of(layer);
  const bool per_channel = layer.output_multiplier != nullptr;
  if (!per_channel) {
    std::fill_n(multipliers, kChannels, params.output_multiplier);
    std::fill_n(shifts, kChannels, params.output_shift);
    requantization.multiplier = multipliers;
    requantization.shift = shifts;
  }
  const int8_t* input = layer.input_data;
  int8_t* output = layer.output_data;
  for (int batch = layer.output_shape.Dims(0); batch > 0; --batch, input += depth) {
    for (int begin = 0; begin < outputs; begin += kChannels) {
      const int count = std::min(kChannels, outputs - begin);
      const int32_t* bias = layer.bias_data != nullptr ? layer.bias_data + begin : nullptr;
      Dots(Words(layer.filter_data + begin * depth), Words(input), depth / 4, bias, count, sums);
      requantization.Run(sums, per_channel ? begin : 0, count, output);
      output += count;
    }
  }
  return true;
}

}  // namespace playground
