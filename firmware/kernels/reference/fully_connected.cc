#include "playground/fully_connected.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h"

namespace playground::reference {

void fully_connected(const FullyConnectedLayer& layer) {
  if (layer.output_multiplier != nullptr) {
    tflite::reference_integer_ops::FullyConnectedPerChannel(
        layer.params, layer.output_multiplier, layer.output_shift, layer.input_shape,
        layer.input_data, layer.filter_shape, layer.filter_data, layer.bias_shape, layer.bias_data,
        layer.output_shape, layer.output_data);
  } else {
    tflite::reference_integer_ops::FullyConnected(
        layer.params, layer.input_shape, layer.input_data, layer.filter_shape, layer.filter_data,
        layer.bias_shape, layer.bias_data, layer.output_shape, layer.output_data);
  }
}

}  // namespace playground::reference
