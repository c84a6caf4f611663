// MEAN: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MEAN_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MEAN_H_

#include "playground/tflm.h"

namespace playground {

struct MeanLayer {
  int32_t multiplier;
  int shift;
  int32_t input_zero_point;
  int32_t output_zero_point;
  int axis_count;
  int axis[RuntimeShape::kMaxSmallSize];
  bool keep_dims;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
  int32_t* scratch_buffer;  // One sum for each output.
};

namespace reference {

void mean(const MeanLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool mean(const MeanLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_MEAN_H_
