// SOFTMAX: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_SOFTMAX_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_SOFTMAX_H_

#include "playground/tflm.h"

namespace playground {

struct SoftmaxLayer {
  tflite::SoftmaxParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;         // Null when the output is int16.
  int16_t* output_data_int16;  // Null when the output is int8.
};

namespace reference {

void softmax(const SoftmaxLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool softmax(const SoftmaxLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_SOFTMAX_H_
