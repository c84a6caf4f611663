// RELU: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RELU_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RELU_H_

#include "playground/tflm.h"

namespace playground {

struct ReluLayer {
  tflite::ReluParams params;  // The offsets are zero points, not their negatives.
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void relu(const ReluLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool relu(const ReluLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RELU_H_
