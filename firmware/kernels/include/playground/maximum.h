// MAXIMUM: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MAXIMUM_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MAXIMUM_H_

#include "playground/tflm.h"

namespace playground {

struct MaximumLayer {
  RuntimeShape input1_shape;
  const int8_t* input1_data;
  RuntimeShape input2_shape;
  const int8_t* input2_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void maximum(const MaximumLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool maximum(const MaximumLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MAXIMUM_H_
