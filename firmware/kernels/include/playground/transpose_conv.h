// TRANSPOSE_CONV: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TRANSPOSE_CONV_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TRANSPOSE_CONV_H_

#include "playground/tflm.h"

namespace playground {

struct TransposeConvLayer {
  tflite::ConvParams params;
  const int32_t* output_multiplier;  // One for each output channel.
  const int32_t* output_shift;       // Likewise; positive shifts left.
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape filter_shape;
  const int8_t* filter_data;
  RuntimeShape bias_shape;
  const int32_t* bias_data;  // Null when there is no bias.
  RuntimeShape output_shape;
  int8_t* output_data;
  int32_t* scratch_buffer;  // One sum for each output.
};

namespace reference {

void transpose_conv(const TransposeConvLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool transpose_conv(const TransposeConvLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TRANSPOSE_CONV_H_
