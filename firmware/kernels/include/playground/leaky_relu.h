// LEAKY_RELU: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LEAKY_RELU_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LEAKY_RELU_H_

#include "playground/tflm.h"

namespace playground {

struct LeakyReluLayer {
  tflite::LeakyReluParams params;  // The offsets are zero points, not their negatives.
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void leaky_relu(const LeakyReluLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool leaky_relu(const LeakyReluLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LEAKY_RELU_H_
