// FULLY_CONNECTED: the kernel's argument, its reference and its override.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_FULLY_CONNECTED_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_FULLY_CONNECTED_H_

#include "playground/tflm.h"

namespace playground {

struct FullyConnectedLayer {
  tflite::FullyConnectedParams params;
  // One for each output channel, or null when params has one for all.
  const int32_t* output_multiplier;
  const int32_t* output_shift;
  RuntimeShape input_shape;
  const int8_t* input_data;
  RuntimeShape filter_shape;
  const int8_t* filter_data;
  RuntimeShape bias_shape;
  const int32_t* bias_data;   // Null when there is no bias.
  RuntimeShape output_shape;  // Two-dimensional: batches, output channels.
  int8_t* output_data;
};

namespace reference {

void fully_connected(const FullyConnectedLayer& layer);

}  // namespace reference

// An override, if there is one. Returns false to leave the layer to the reference.
bool fully_connected(const FullyConnectedLayer& layer);

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_FULLY_CONNECTED_H_
