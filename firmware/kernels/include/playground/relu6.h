// RELU6: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RELU6_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RELU6_H_

#include "playground/tflm.h"

namespace playground {

struct Relu6Layer {
  int8_t zero;
  int8_t six;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void relu6(const Relu6Layer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool relu6(const Relu6Layer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RELU6_H_
