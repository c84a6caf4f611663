// FULLY_CONNECTED: the inputs of one batch wait in the CFU's buffer while the weights go past them.

#include "playground/fully_connected.h"

#include "simd_mac.h"

namespace playground {
namespace {

using namespace simd_mac;

// Accumulates a row of weights whose length is a multiple of one word, not of two.
[[gnu::always_inline]] inline void AccumulateOddWords(const Word* filter, int words, int32_t bias) {
  const Word* last = Accumulate(filter, words - 1, bias);
  cfu::mac_buffered(*last, 0);
}

}  // namespace

bool fully_connected(const FullyConnectedLayer& layer) {
  const auto& params = layer.params;
  const int dimensions = layer.filter_shape.DimensionsCount();
  const int depth = layer.filter_shape.Dims(dimensions - 1);
  const int batches = layer.output_shape.Dims(0);
  const int outputs = layer.output_shape.Dims(1);
  if (depth % 4 != 0 || depth > kBufferBytes || params.weights_offset != 0) return false;
  cfu::set_offsets(params.input_offset, params.output_offset);
  cfu::set_activation(params.quantized_activation_min, params.quantized_activation_max);
  const bool per_channel = layer.output_multiplier != nullptr;
  const int words = depth / 4;
  const Word* input = Words(layer.input_data);
  int8_t* output = layer.output_data;
  for (int batch = 0; batch < batches; ++batch, input += words) {
    WriteInputs(input, words, 0);
    const Word* filter = Words(layer.filter_data);
    for (int channel = 0; channel < outputs;) {
      const int count = std::min(4, outputs - channel);
      for (int i = 0; i < count; ++i, ++channel, filter += words) {
        const int32_t bias = layer.bias_data != nullptr ? layer.bias_data[channel] : 0;
        const int32_t multiplier =
            per_channel ? layer.output_multiplier[channel] : params.output_multiplier;
        const int32_t shift = per_channel ? layer.output_shift[channel] : params.output_shift;
        if (words % 2 == 0) {
          Accumulate(filter, words, bias);
        } else {
          AccumulateOddWords(filter, words, bias);
        }
        cfu::requantize(multiplier, shift);
      }
      StoreResults(output, count);
      output += count;
    }
  }
  return true;
}

}  // namespace playground
