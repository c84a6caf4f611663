#include "playground/transpose_conv.h"

#include <cstring>

#include "tensorflow/lite/kernels/internal/reference/integer_ops/transpose_conv.h"

namespace playground::reference {

void transpose_conv(const TransposeConvLayer& layer) {
  tflite::reference_integer_ops::TransposeConv(
      layer.params, layer.output_multiplier, layer.output_shift, layer.input_shape,
      layer.input_data, layer.filter_shape, layer.filter_data, layer.bias_shape, layer.bias_data,
      layer.output_shape, layer.output_data, /*im2col_shape=*/RuntimeShape(),
      /*im2col_data=*/nullptr, layer.scratch_buffer);
}

}  // namespace playground::reference
