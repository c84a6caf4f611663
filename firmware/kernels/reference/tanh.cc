#include "playground/tanh.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/tanh.h"

namespace playground::reference {

void tanh(const TanhLayer& layer) {
  tflite::reference_integer_ops::Tanh(
      layer.params.input_zero_point, layer.params.input_range_radius, layer.params.input_multiplier,
      layer.params.input_left_shift, layer.input_shape, layer.input_data, layer.output_shape,
      layer.output_data);
}

}  // namespace playground::reference
