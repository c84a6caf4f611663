#include "playground/dequantize.h"

#include "tensorflow/lite/kernels/internal/reference/dequantize.h"

namespace playground::reference {

void dequantize(const DequantizeLayer& layer) {
  tflite::reference_ops::Dequantize(layer.params, layer.input_shape, layer.input_data,
                                    layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
