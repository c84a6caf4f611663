#include "playground/transpose.h"

#include "tensorflow/lite/kernels/internal/reference/transpose.h"

namespace playground::reference {

void transpose(const TransposeLayer& layer) {
  tflite::reference_ops::Transpose(layer.params, layer.input_shape, layer.input_data,
                                   layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
