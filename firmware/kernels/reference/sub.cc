#include "playground/sub.h"

#include "tensorflow/lite/kernels/internal/reference/sub.h"

namespace playground::reference {

void sub(const SubLayer& layer) {
  if (layer.requires_broadcast) {
    tflite::reference_ops::BroadcastQuantSubSlow(
        layer.params, layer.input1_shape, layer.input1_data, layer.input2_shape, layer.input2_data,
        layer.output_shape, layer.output_data);
  } else {
    tflite::reference_ops::Sub(layer.params, layer.input1_shape, layer.input1_data,
                               layer.input2_shape, layer.input2_data, layer.output_shape,
                               layer.output_data);
  }
}

}  // namespace playground::reference
