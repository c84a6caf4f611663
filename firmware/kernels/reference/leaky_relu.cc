#include "playground/leaky_relu.h"

#include "tensorflow/lite/kernels/internal/reference/leaky_relu.h"

namespace playground::reference {

void leaky_relu(const LeakyReluLayer& layer) {
  tflite::reference_ops::QuantizeLeakyRelu(layer.params, layer.input_shape, layer.input_data,
                                           layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
