// CONV_2D with the instruction of my_cfu.py. The file's name says which operator it is for.
//
// Returning false leaves a layer to TensorFlow Lite Micro's own kernel, so it is enough to handle
// the layers that matter: here convolutions of 1x1 over a multiple of four channels.

#include "playground/conv_2d.h"

#include <algorithm>
#include <cstring>

#include "cfu.h"  // Generated: cfu::dot4 and whatever else my_cfu.py has.

namespace playground {
namespace {

uint32_t LoadWord(const int8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, __builtin_assume_aligned(bytes, 4), sizeof(word));
  return word;
}

}  // namespace

bool conv_2d(const Conv2DLayer& layer) {
  const tflite::ConvParams& params = layer.params;
  const int input_depth = layer.input_shape.Dims(3);
  const int output_depth = layer.output_shape.Dims(3);
  const bool is_pointwise = layer.filter_shape.Dims(1) == 1 && layer.filter_shape.Dims(2) == 1 &&
                            params.stride_width == 1 && params.stride_height == 1;
  const bool is_grouped = layer.filter_shape.Dims(3) != input_depth;
  if (!is_pointwise || is_grouped || input_depth % 4 != 0 || params.input_offset != 128) {
    return false;
  }

  const int pixels = layer.output_shape.FlatSize() / output_depth;
  const int8_t* input = layer.input_data;
  int8_t* output = layer.output_data;
  for (int pixel = 0; pixel < pixels; ++pixel, input += input_depth) {
    const int8_t* filter = layer.filter_data;
    for (int channel = 0; channel < output_depth; ++channel, filter += input_depth) {
      int32_t sum = layer.bias_data != nullptr ? layer.bias_data[channel] : 0;
      for (int depth = 0; depth < input_depth; depth += 4) {
        sum += static_cast<int32_t>(cfu::dot4(LoadWord(input + depth), LoadWord(filter + depth)));
      }
      sum = tflite::MultiplyByQuantizedMultiplier(sum, layer.output_multiplier[channel],
                                                  layer.output_shift[channel]);
      sum += params.output_offset;
      sum = std::max(sum, params.quantized_activation_min);
      sum = std::min(sum, params.quantized_activation_max);
      *output++ = static_cast<int8_t>(sum);
    }
  }
  return true;
}

}  // namespace playground
