#include "playground/depthwise_conv_2d.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/depthwise_conv.h"

namespace playground::reference {

void depthwise_conv_2d(const DepthwiseConv2DLayer& layer) {
  tflite::reference_integer_ops::DepthwiseConvPerChannel(
      layer.params, layer.output_multiplier, layer.output_shift, layer.input_shape,
      layer.input_data, layer.filter_shape, layer.filter_data, layer.bias_shape, layer.bias_data,
      layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
