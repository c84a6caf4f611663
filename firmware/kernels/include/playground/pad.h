// PAD and PADV2: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_PAD_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_PAD_H_

#include "playground/tflm.h"

namespace playground {

struct PadLayer {
  tflite::PadParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  const int8_t* pad_value;  // Null for the output's zero point, which is below.
  int8_t zero_point;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void pad(const PadLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool pad(const PadLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_PAD_H_
