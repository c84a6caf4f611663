#include "playground/hard_swish.h"

#include "tensorflow/lite/kernels/internal/reference/hard_swish.h"

namespace playground::reference {

void hard_swish(const HardSwishLayer& layer) {
  tflite::reference_ops::HardSwish(layer.params, layer.input_shape, layer.input_data,
                                   layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
