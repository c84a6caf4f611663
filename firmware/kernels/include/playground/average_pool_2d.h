// AVERAGE_POOL_2D: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_AVERAGE_POOL_2D_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_AVERAGE_POOL_2D_H_

#include "playground/tflm.h"

namespace playground {

struct AveragePool2DLayer {
  tflite::PoolParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void average_pool_2d(const AveragePool2DLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool average_pool_2d(const AveragePool2DLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_AVERAGE_POOL_2D_H_
