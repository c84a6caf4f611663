// RESIZE_NEAREST_NEIGHBOR: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RESIZE_NEAREST_NEIGHBOR_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RESIZE_NEAREST_NEIGHBOR_H_

#include "playground/tflm.h"

namespace playground {

struct ResizeNearestNeighborLayer {
  tflite::ResizeNearestNeighborParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape size_shape;
  const int32_t* size_data;  // Height and width of the output.
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void resize_nearest_neighbor(const ResizeNearestNeighborLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool resize_nearest_neighbor(const ResizeNearestNeighborLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RESIZE_NEAREST_NEIGHBOR_H_
