// TRANSPOSE: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TRANSPOSE_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TRANSPOSE_H_

#include "playground/tflm.h"

namespace playground {

struct TransposeLayer {
  tflite::TransposeParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void transpose(const TransposeLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool transpose(const TransposeLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TRANSPOSE_H_
