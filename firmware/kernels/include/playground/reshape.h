// RESHAPE: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RESHAPE_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RESHAPE_H_

#include "playground/tflm.h"

namespace playground {

struct ReshapeLayer {
  const void* input_data;
  void* output_data;
  uint32_t bytes;
};

namespace reference {

void reshape(const ReshapeLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool reshape(const ReshapeLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_RESHAPE_H_
