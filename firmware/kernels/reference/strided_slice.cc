#include "playground/strided_slice.h"

#include <cstring>

#include "tensorflow/lite/kernels/internal/reference/strided_slice.h"

namespace playground::reference {

void strided_slice(const StridedSliceLayer& layer) {
  tflite::reference_ops::StridedSlice(layer.params, layer.input_shape, layer.input_data,
                                      layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
