// LOGISTIC: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LOGISTIC_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LOGISTIC_H_

#include "playground/tflm.h"

namespace playground {

struct LogisticLayer {
  tflite::LogisticParams params;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape output_shape;
  int8_t* output_data;
};

namespace reference {

void logistic(const LogisticLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool logistic(const LogisticLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_LOGISTIC_H_
