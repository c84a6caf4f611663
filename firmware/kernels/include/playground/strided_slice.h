// STRIDED_SLICE: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_STRIDED_SLICE_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_STRIDED_SLICE_H_

#include "playground/tflm.h"

namespace playground {

struct StridedSliceLayer {
  tflite::StridedSliceParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void strided_slice(const StridedSliceLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool strided_slice(const StridedSliceLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_STRIDED_SLICE_H_
