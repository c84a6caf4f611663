#include "playground/relu.h"

#include <algorithm>

namespace playground::reference {

void relu(const ReluLayer& layer) {
  const tflite::ReluParams& params = layer.params;
  const int size = MatchingFlatSize(layer.input_shape, layer.output_shape);
  for (int i = 0; i < size; ++i) {
    const int32_t rescaled =
        params.output_offset +
        tflite::MultiplyByQuantizedMultiplier(layer.input_data[i] - params.input_offset,
                                              params.output_multiplier, params.output_shift);
    layer.output_data[i] = static_cast<int8_t>(std::min(
        params.quantized_activation_max, std::max(params.quantized_activation_min, rescaled)));
  }
}

}  // namespace playground::reference
