// DEQUANTIZE: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_DEQUANTIZE_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_DEQUANTIZE_H_

#include "playground/tflm.h"

namespace playground {

struct DequantizeLayer {
  tflite::DequantizationParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  float* output_data;
};

namespace reference {

void dequantize(const DequantizeLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool dequantize(const DequantizeLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_DEQUANTIZE_H_
