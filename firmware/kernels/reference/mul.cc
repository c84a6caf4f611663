#include "playground/mul.h"

#include "tensorflow/lite/kernels/internal/reference/integer_ops/mul.h"

namespace playground::reference {

void mul(const MulLayer& layer) {
  if (layer.requires_broadcast) {
    tflite::reference_integer_ops::BroadcastMul4DSlow(
        layer.params, layer.input1_shape, layer.input1_data, layer.input2_shape, layer.input2_data,
        layer.output_shape, layer.output_data);
  } else {
    tflite::reference_integer_ops::Mul(layer.params, layer.input1_shape, layer.input1_data,
                                       layer.input2_shape, layer.input2_data, layer.output_shape,
                                       layer.output_data);
  }
}

}  // namespace playground::reference
