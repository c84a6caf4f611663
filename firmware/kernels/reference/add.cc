#include "playground/add.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/add.h"

namespace playground::reference {

void add(const AddLayer& layer) {
  if (layer.requires_broadcast) {
    tflite::reference_integer_ops::BroadcastAdd4DSlow(
        layer.params, layer.input1_shape, layer.input1_data, layer.input2_shape, layer.input2_data,
        layer.output_shape, layer.output_data);
  } else {
    tflite::reference_integer_ops::Add(layer.params, layer.input1_shape, layer.input1_data,
                                       layer.input2_shape, layer.input2_data, layer.output_shape,
                                       layer.output_data);
  }
}

}  // namespace playground::reference
