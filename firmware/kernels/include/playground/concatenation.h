// CONCATENATION: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_CONCATENATION_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_CONCATENATION_H_

#include "playground/tflm.h"

namespace playground {

struct ConcatenationLayer {
  static constexpr int kMaxInputs = 10;  // As in TensorFlow Lite Micro.

  tflite::ConcatenationParams params;
  RuntimeShape input_shapes[kMaxInputs];
  const int8_t* input_data[kMaxInputs];
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void concatenation(const ConcatenationLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool concatenation(const ConcatenationLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_CONCATENATION_H_
