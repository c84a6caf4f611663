#include "playground/mean.h"

#include "tensorflow/lite/kernels/internal/reference/reduce.h"

namespace playground::reference {

void mean(const MeanLayer& layer) {
  int index[RuntimeShape::kMaxSmallSize];
  int resolved_axis[RuntimeShape::kMaxSmallSize];
  // RuntimeShape counts in int32_t, which is another type than int on the target.
  int input_dims[RuntimeShape::kMaxSmallSize];
  int output_dims[RuntimeShape::kMaxSmallSize];
  for (int i = 0; i < layer.input_shape.DimensionsCount(); ++i) {
    input_dims[i] = layer.input_shape.Dims(i);
  }
  for (int i = 0; i < layer.output_shape.DimensionsCount(); ++i) {
    output_dims[i] = layer.output_shape.Dims(i);
  }
  tflite::reference_ops::QuantizedMeanOrSum(
      layer.input_data, layer.input_zero_point, input_dims, layer.input_shape.DimensionsCount(),
      layer.output_data, layer.multiplier, layer.shift, layer.output_zero_point, output_dims,
      layer.output_shape.DimensionsCount(), layer.axis, layer.axis_count, layer.keep_dims, index,
      resolved_axis, layer.scratch_buffer, /*compute_sum=*/false);
}

}  // namespace playground::reference
