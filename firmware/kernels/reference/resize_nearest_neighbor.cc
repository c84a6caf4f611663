#include "playground/resize_nearest_neighbor.h"

#include <cstring>

#include "tensorflow/lite/kernels/internal/reference/resize_nearest_neighbor.h"

namespace playground::reference {

void resize_nearest_neighbor(const ResizeNearestNeighborLayer& layer) {
  tflite::reference_ops::ResizeNearestNeighbor(layer.params, layer.input_shape, layer.input_data,
                                               layer.size_shape, layer.size_data,
                                               layer.output_shape, layer.output_data);
}

}  // namespace playground::reference
