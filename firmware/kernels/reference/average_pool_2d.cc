#include "playground/average_pool_2d.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h"

namespace playground::reference {

void average_pool_2d(const AveragePool2DLayer& layer) {
  tflite::reference_integer_ops::AveragePool(layer.params, layer.input_shape, layer.input_data,
                                             layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
