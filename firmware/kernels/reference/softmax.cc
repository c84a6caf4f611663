#include "playground/softmax.h"

#include "tensorflow/lite/kernels/internal/reference/softmax.h"

namespace playground::reference {

void softmax(const SoftmaxLayer& layer) {
  if (layer.output_data_int16 != nullptr) {
    tflite::reference_ops::Softmax(layer.params, layer.input_shape, layer.input_data,
                                   layer.output_shape, layer.output_data_int16);
  } else {
    tflite::reference_ops::Softmax(layer.params, layer.input_shape, layer.input_data,
                                   layer.output_shape, layer.output_data);
  }
}

}  // namespace playground::reference
