#include "playground/logistic.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h"

namespace playground::reference {

void logistic(const LogisticLayer& layer) {
  tflite::reference_integer_ops::Logistic(
      layer.params.input_zero_point, layer.params.input_range_radius, layer.params.input_multiplier,
      layer.params.input_left_shift, layer.input_shape.FlatSize(), layer.input_data,
      layer.output_data);
}

}  // namespace playground::reference
