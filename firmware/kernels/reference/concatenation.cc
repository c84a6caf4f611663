#include "playground/concatenation.h"

#include <cstring>

#include "tensorflow/lite/kernels/internal/reference/concatenation.h"

namespace playground::reference {

void concatenation(const ConcatenationLayer& layer) {
  const RuntimeShape* shapes[ConcatenationLayer::kMaxInputs];
  for (int i = 0; i < layer.params.inputs_count; ++i) {
    shapes[i] = &layer.input_shapes[i];
  }
  tflite::reference_ops::Concatenation(layer.params, shapes, layer.input_data, layer.output_shape,
                                       layer.output_data);
}

}  // namespace playground::reference
