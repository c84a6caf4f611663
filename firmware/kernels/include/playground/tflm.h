// TensorFlow Lite Micro's types, as kernels and overrides name them.

#ifndef FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TFLM_H_
#define FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TFLM_H_

#include <cassert>  // TFLM's headers use assert without it.
#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/kernels/internal/common.h"
#include "tensorflow/lite/kernels/internal/types.h"

// The packaged headers live in a namespace of their own; TFLM's texts say `tflite`.
namespace tflite = tflite_micro;

namespace playground {

using tflite::RuntimeShape;

}  // namespace playground

#endif  // FIRMWARE_KERNELS_INCLUDE_PLAYGROUND_TFLM_H_
