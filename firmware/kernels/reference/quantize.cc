#include "playground/quantize.h"

#include "tensorflow/lite/kernels/internal/reference/quantize.h"
#include "tensorflow/lite/kernels/internal/reference/requantize.h"

namespace playground::reference {

void quantize(const QuantizeLayer& layer) {
  if (layer.input_data_float != nullptr) {
    tflite::reference_ops::AffineQuantize(layer.params, layer.input_shape, layer.input_data_float,
                                          layer.output_shape, layer.output_data);
  } else {
    tflite::reference_ops::Requantize(
        layer.input_data, layer.input_shape.FlatSize(), layer.output_multiplier, layer.output_shift,
        layer.input_zero_point, layer.params.zero_point, layer.output_data);
  }
}

}  // namespace playground::reference
