#include "playground/minimum.h"

#include <algorithm>

#include "tensorflow/lite/kernels/internal/reference/maximum_minimum.h"

namespace playground::reference {

void minimum(const MinimumLayer& layer) {
  tflite::reference_ops::MaximumMinimumBroadcastSlow(
      layer.input1_shape, layer.input1_data, layer.input2_shape, layer.input2_data,
      layer.output_shape, layer.output_data, [](int8_t a, int8_t b) { return std::min(a, b); });
}

}  // namespace playground::reference
