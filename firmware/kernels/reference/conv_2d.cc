#include "playground/conv_2d.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/conv.h"

namespace playground::reference {

void conv_2d(const Conv2DLayer& layer) {
  tflite::reference_integer_ops::ConvPerChannel(
      layer.params, layer.output_multiplier, layer.output_shift, layer.input_shape,
      layer.input_data, layer.filter_shape, layer.filter_data, layer.bias_shape, layer.bias_data,
      layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
