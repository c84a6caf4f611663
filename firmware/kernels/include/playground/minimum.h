// MINIMUM: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MINIMUM_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MINIMUM_H_

#include "playground/tflm.h"

namespace playground {

struct MinimumLayer {
  RuntimeShape input1_shape;
  const int8_t* input1_data;
  RuntimeShape input2_shape;
  const int8_t* input2_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void minimum(const MinimumLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool minimum(const MinimumLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MINIMUM_H_
