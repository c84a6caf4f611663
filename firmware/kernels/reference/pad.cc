#include "playground/pad.h"

#include "tensorflow/lite/kernels/internal/reference/pad.h"

namespace playground::reference {

void pad(const PadLayer& layer) {
  const int8_t* value = layer.pad_value != nullptr ? layer.pad_value : &layer.zero_point;
  tflite::reference_ops::Pad(layer.params, layer.input_shape, layer.input_data, value,
                             layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
