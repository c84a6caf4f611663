// QUANTIZE: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_QUANTIZE_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_QUANTIZE_H_

#include "playground/tflm.h"

namespace playground {

struct QuantizeLayer {
  tflite::QuantizationParams params;  // Of the output.
  int32_t output_multiplier;          // From the input's scale to the output's, for int8.
  int output_shift;
  int32_t input_zero_point;
  RuntimeShape input_shape;
  const float* input_data_float;  // Null when the input is int8.
  const int8_t* input_data;       // Null when the input is float32.
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void quantize(const QuantizeLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool quantize(const QuantizeLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_QUANTIZE_H_
